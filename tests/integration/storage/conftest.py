"""The banks that the tests of this folder work on."""

from tests.banks import bank, postgres_stock, shared_bank, sqlite_stock, stock
from tests.histories import shared_told, told

__all__ = [
    "bank",
    "postgres_stock",
    "shared_bank",
    "shared_told",
    "sqlite_stock",
    "stock",
    "told",
]
