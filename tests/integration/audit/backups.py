"""Exporting a scene and restoring it elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from creditbank.services.exporting import export_bank
from creditbank.services.restoring import Restored, Source, restore_bank
from creditbank.storage.database import Database
from creditbank.storage.sealed_files import new_identity
from creditbank.storage.tables import TokenRow, table_of
from tests.banks import TestBank, open_test_bank
from tests.integration.audit.scene import Scene

IDENTITY = new_identity()
KEYS_IDENTITY = new_identity()
ON_SQLITE = pytest.mark.parametrize("stock", ["sqlite"], indirect=True)
"""For tests of what no engine has a part in."""


def export(scene: Scene, folder: Path, **given: Any) -> Source:
    export_bank(scene.bank.database, folder, IDENTITY.recipient, **given)
    return Source(folder, IDENTITY)


def restore(source: Source, target: Database, scene: Scene) -> tuple[Restored, TestBank]:
    restored = restore_bank(source, target, scene.bank.bank.keyring)
    bank = open_test_bank(target, scene.keys)
    bank.tokens.update(scene.bank.tokens)
    return restored, bank


def all_rows(bank: TestBank) -> dict[str, Any]:
    """Return every row but learners' tokens and one-time codes, which end by themselves."""
    rows = bank.rows()
    place = [column.name for column in table_of(TokenRow).columns].index("account")
    rows["tokens"] = [row for row in rows["tokens"] if row[place] is None]
    del rows["one_time_codes"]
    return rows
