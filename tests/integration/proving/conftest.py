"""A bank whose entries are published, and the documents that prove them."""

from __future__ import annotations

import pytest

from tests.banks import TestBank, bank, postgres_stock, sqlite_stock, stock
from tests.integration.proving.publishing_desk import Desk

__all__ = ["bank", "postgres_stock", "sqlite_stock", "stock"]


@pytest.fixture
def desk(bank: TestBank) -> Desk:
    """The bank and its documents, on each engine in turn."""
    return Desk(bank)
