"""The banks that the tests of this folder work on, with rulebooks published."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.banks import (
    Stock,
    TestBank,
    bank,
    postgres_stock,
    put_back_after,
    sqlite_stock,
    stock,
)
from tests.decision_scene import publish_rulebooks

__all__ = ["bank", "postgres_stock", "sqlite_stock", "stock"]


@pytest.fixture(scope="module", params=("sqlite", "postgres"))
def ruled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestBank]:
    """A bank with rulebooks for a module's tests in turn; they use learners of their own."""
    engine: Stock = request.getfixturevalue(f"{request.param}_stock")
    made = engine.after("ruled", publish_rulebooks)
    with engine.copied(made, tmp_path_factory.mktemp("ruled")) as ruled_bank:
        yield ruled_bank


@pytest.fixture
def person() -> int:
    """A learner that no other test of the run has posted for."""
    return next(_PEOPLE)


@pytest.fixture
def restored(ruled: TestBank) -> Iterator[TestBank]:
    """The bank of the module, put back after the test."""
    with put_back_after(ruled):
        yield ruled


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the test's own."""
    return tmp_path


_PEOPLE = iter(range(3_000_000, 4_000_000, 1009))
