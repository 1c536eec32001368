"""Replay = live: views folded anew from the entries are what was written with them."""

from __future__ import annotations

import pytest

from creditbank.services.rebuilding import rebuild
from creditbank.storage import replaying
from creditbank.storage.tables import (
    AccountRow,
    BatchItemRow,
    GrantRow,
    OutcomeRow,
    Views,
    table_of,
)
from tests.banks import TestBank
from tests.factories import completion
from tests.histories import Told

VIEWS = [table_of(row).name for row in Views.ALL]


def test_views_rebuilt_after_a_rich_history_are_the_live_ones(told: Told) -> None:
    bank = told.bank
    before, everything = bank.rows(*Views.ALL), bank.rows()
    assert all(before[name] for name in VIEWS)  # no view is equal for being empty
    report = bank.require_clean()
    progress: list[tuple[int, int]] = []
    count = rebuild(bank.database, bank.bank.keyring, lambda *done: progress.append(done))
    assert count == bank.size == progress[-1][0] == progress[-1][1]
    assert bank.rows(*Views.ALL) == before
    assert bank.rows() == everything  # and nothing else was touched
    assert bank.require_clean().root == report.root


@pytest.mark.parametrize("chunk", [1, 7])
def test_it_does_not_matter_where_a_rebuild_pauses(
    told: Told, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revocation may fall into another chunk than what it revokes."""
    bank = told.bank
    before = bank.rows(*Views.ALL)
    monkeypatch.setattr(replaying, "CHUNK_ENTRIES", chunk)
    rebuild(bank.database, bank.bank.keyring)
    assert bank.rows(*Views.ALL) == before
    bank.require_clean()


def test_damaged_views_are_named_by_the_audit_and_mended_by_a_rebuild(told: Told) -> None:
    bank = told.bank
    before = bank.rows(*Views.ALL)
    for row in (OutcomeRow, GrantRow, BatchItemRow, AccountRow):
        bank.write(f"DELETE FROM {table_of(row).name}")
    assert {finding.check for finding in bank.audit().findings} >= {"views"}
    rebuild(bank.database, bank.bank.keyring)
    assert bank.rows(*Views.ALL) == before
    bank.require_clean()


def test_the_ledger_goes_on_after_a_rebuild(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    rebuild(bank.database, bank.bank.keyring)
    assert bank.post(completion("s-1", 1)).replayed
    bank.revoke("r-1", posted.index)
    assert bank.post(completion("s-2", 1)).awarded is not None
    bank.require_clean()
