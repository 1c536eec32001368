"""The application on a bank that a module's tests share; wallets are answered as they are."""

from __future__ import annotations

from tests.integration.api.conftest import (
    api,
    person,
    postgres_stock,
    pytest_generate_tests,
    shared_bank,
    sqlite_stock,
)

__all__ = [
    "api",
    "person",
    "postgres_stock",
    "pytest_generate_tests",
    "shared_bank",
    "sqlite_stock",
]
