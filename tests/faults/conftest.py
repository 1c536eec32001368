"""The banks that the tests of this folder work on."""

from tests.banks import bank, postgres_stock, sqlite_stock, stock
from tests.histories import told

__all__ = ["bank", "postgres_stock", "sqlite_stock", "stock", "told"]
