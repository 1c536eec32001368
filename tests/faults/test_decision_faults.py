"""Faults at the points at which decisions are written: nothing is lost, doubled or half taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from creditbank.domain.decisions import overdrawn
from creditbank.services.actors import Poster
from creditbank.services.deciding import TakeStep
from creditbank.storage import book, database, decision_reading, decision_views, loading
from creditbank.storage.journal import Work
from creditbank.storage.tables import EntryRow, table_of
from tests import decision_scene as scene
from tests.banks import COLLEGE, TestBank
from tests.factories import completion

STRIKES = [
    (name, side)
    for name in ("decisions", "uses", "entries", "head", "commit")
    for side in ("before", "after")
]


class ItWentAway(Exception):
    """A database that is gone in the middle of a write, or after it."""


class Strike:
    """A fault at one point of the next write."""

    def __init__(self) -> None:
        self.at: tuple[str, str] | None = None

    def around(self, name: str, call: Callable[[], Any]) -> None:
        for side in ("before", "after"):
            if side == "after":
                call()
            if self.at == (name, side):
                self.at = None
                raise ItWentAway


@pytest.fixture
def strike(monkeypatch: pytest.MonkeyPatch) -> Strike:
    """Strikes once, at the point that it is set to."""
    found = Strike()
    insert_rows, move_head, commit = database.insert_rows, loading.move_head, database.commit

    def insert(
        connection: sa.Connection, row: type[SQLModel], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        if rows:
            found.around(table_of(row).name, lambda: insert_rows(connection, row, rows))

    for module in (book, loading, decision_views):
        monkeypatch.setattr(module, "insert_rows", insert)
    monkeypatch.setattr(
        loading,
        "move_head",
        lambda connection, **how: found.around("head", lambda: move_head(connection, **how)),
    )
    monkeypatch.setattr(
        database, "commit", lambda connection: found.around("commit", lambda: commit(connection))
    )
    return found


def entries(bank: TestBank) -> int:
    return len(bank.rows(EntryRow)["entries"])


def is_sound(bank: TestBank, account: str) -> list[str]:
    """Return the statuses of an account's decisions, none of which takes what another has."""
    decisions = bank.database.read_sync(
        lambda connection: decision_reading.decisions_of(connection, account)
    )
    assert overdrawn(decisions, max((one.last_at for one in decisions), default=0)) == []
    return [one.status.value for one in decisions]


def struck(bank: TestBank, strike: Strike, at: tuple[str, str], work: Work) -> Any:
    """Return the answer to a work that is sent again after a fault; it is recorded once."""
    before = entries(bank)
    strike.at = at
    with pytest.raises(ItWentAway):
        bank.do(work)
    assert entries(bank) == before + (at == ("commit", "after"))
    answer = bank.do(work)
    assert entries(bank) == before + 1
    return answer


def test_a_fault_at_any_point_leaves_a_decision_whole_or_not_there(
    bank: TestBank, strike: Strike
) -> None:
    scene.publish_rulebooks(bank)
    owner = scene.principal(bank, COLLEGE)
    for number, at in enumerate(STRIKES, start=1):
        account = bank.post(completion(f"m-{number}", number)).account
        work = scene.application(bank, scene.question(account))
        applied = struck(bank, strike, at, work)
        assert is_sound(bank, account) == ["pending"]
        if at[0] in {"decisions", "uses"}:  # a step adds no row to them
            continue
        poster = Poster(owner.token, owner.org)
        step = TakeStep(applied.conversion, owner, poster, "faculty", "rejected", "内容不同")
        assert struck(bank, strike, at, step).status == "rejected"
        assert is_sound(bank, account) == ["rejected"]
    bank.require_clean()
