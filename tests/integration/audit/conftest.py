"""The banks that the tests of this folder work on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.banks import Stock, bank, postgres_stock, sqlite_stock, stock
from tests.histories import told
from tests.integration.audit.scene import Scene, make_scene, scene_of

__all__ = ["bank", "postgres_stock", "sqlite_stock", "stock", "told"]


@pytest.fixture
def scene(stock: Stock, tmp_path: Path) -> Iterator[Scene]:
    """A published bank of the test's own, on each engine in turn."""
    made = stock.after("published", make_scene)
    with stock.copied(made, tmp_path) as test_bank:
        yield scene_of(test_bank, made.history, tmp_path)
