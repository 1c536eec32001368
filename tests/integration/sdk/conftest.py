"""A served bank for the tests of the SDK."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from tests.banks import Stock, sqlite_stock
from tests.e2e.servers import serving
from tests.integration.sdk.banks_served import Served

__all__ = ["sqlite_stock"]


@pytest.fixture(scope="module")
def served(sqlite_stock: Stock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A bank behind a real server, shared by the tests of a module."""
    folder = tmp_path_factory.mktemp("served")
    with (
        sqlite_stock.copied(sqlite_stock.bank(), folder) as bank,
        serving(bank) as address,
    ):
        yield Served(bank, address)


@pytest.fixture(autouse=True)
def _without_waiting() -> Iterator[None]:
    stamina.set_testing(testing=True, attempts=3, cap=True)
    yield
    stamina.set_testing(testing=False)
