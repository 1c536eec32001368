"""How entries about decisions fold into views, and how those rows are read and written.

Of an erased learner's decision nothing is left: who decided, under which rulebook and when stays
in the acts of its entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson
import sqlalchemy as sa

from creditbank.domain.decisions import Decision, Said, Status, Use, in_order
from creditbank.domain.units import hundredths
from creditbank.storage.database import insert_rows
from creditbank.storage.decision_tables import DecisionRow, EvidenceRow, UseRow

if TYPE_CHECKING:
    from creditbank.storage.views import Folded, ViewRows

DECISIONS: Final[sa.Table] = DecisionRow.__table__  # type: ignore[attr-defined]  # SQLModel adds it
USES: Final[sa.Table] = UseRow.__table__  # type: ignore[attr-defined]  # as above
EVIDENCE: Final[sa.Table] = EvidenceRow.__table__  # type: ignore[attr-defined]  # as above

_COLUMNS: Final = tuple(column.name for column in DECISIONS.columns)
_VALUES: Final = attrgetter(*_COLUMNS)
_JSON: Final = ("targets", "evidence")
_STATUS: Final = _COLUMNS.index("status")
_NAMES: Final = ("frames", "evaluators")


class Decisions:
    """The decisions that a group or a replay has seen, read where they were not seen yet.

    Without a connection there are no others than those that were put.
    """

    def __init__(self, connection: sa.Connection | None = None) -> None:
        self._connection = connection
        self._known: dict[str, Decision | None] = {}
        self._whole: set[str] = set()
        self._new: set[str] = set()
        self._changed: set[str] = set()

    def get(self, decision_id: str) -> Decision | None:
        """Return a decision."""
        if decision_id not in self._known and self._connection is not None:
            self._remember(read_decisions(self._connection, DECISIONS.c.id == decision_id))
        return self._known.setdefault(decision_id, None)

    def of(self, account: str) -> list[Decision]:
        """Return every decision of an account, in order."""
        if account not in self._whole and self._connection is not None:
            self._remember(read_decisions(self._connection, DECISIONS.c.account == account))
            self._whole.add(account)
        return in_order(one for one in self._known.values() if one and one.account == account)

    def all(self) -> list[Decision]:
        """Return every decision that was seen."""
        return [one for one in self._known.values() if one is not None]

    def put(self, decision: Decision, *, new: bool) -> None:
        """Take a new or changed decision."""
        self._known[decision.id] = decision
        if new:
            self._new.add(decision.id)
        elif decision.id not in self._new:
            self._changed.add(decision.id)

    def forget(self, account: str) -> None:
        """Let an erased learner's decisions be gone."""
        for decision_id, one in self._known.items():
            if one is not None and one.account == account:
                self._known[decision_id] = None
        self._whole.add(account)

    def write(self, connection: sa.Connection) -> None:
        """Write new and changed decisions; what one takes never changes."""
        added = [one for one in map(self._known.get, sorted(self._new)) if one]
        insert_rows(connection, DecisionRow, [decision_row(one) for one in added])
        insert_rows(connection, UseRow, [row for one in added for row in use_rows(one)])
        for decision in filter(None, map(self._known.get, sorted(self._changed))):
            values = dict(zip(_COLUMNS, decision_row(decision), strict=True))
            connection.execute(
                DECISIONS.update().where(DECISIONS.c.id == decision.id).values(values)
            )

    def _remember(self, found: Iterable[Decision]) -> None:
        for decision in found:
            self._known.setdefault(decision.id, decision)


class DecisionShelf(Protocol):
    """What folding reads and changes."""

    views: ViewRows
    decisions: Decisions


def fold_conversion(shelf: DecisionShelf, entry: Folded) -> None:
    """Take a decision that was applied for."""
    act, person = entry.act, entry.person
    if person is None or entry.account is None:
        return
    registered = act["status"] == Status.REGISTERED
    rulebook = act["rulebooks"][0]
    decision = Decision(
        id=act["conversion"],
        account=entry.account,
        owner=act["owner"],
        rulebook=rulebook["id"],
        version=rulebook["version"],
        frames=tuple(one["id"] for one in act["rulebooks"][1:]),
        kind=act["decides"],
        status=Status(act["status"]),
        steps=act["taken"],
        steps_total=act["steps"],
        entry_index=entry.index,
        applied_at=entry.at,
        expires_at=act["expires_at"],
        last_index=entry.index,
        last_at=entry.at,
        registered_at=entry.at if registered else None,
        evaluators=tuple(person["evaluators"]),
        targets=[_target(one) for one in person["targets"]],
        evidence=[dict(one) for one in person["evidence"]],
        uses=[_use(one) for one in person["uses"]],
    )
    shelf.decisions.put(decision, new=True)


def _target(said: dict[str, Any]) -> dict[str, Any]:
    amounts = {"granted": hundredths(said["granted"])} if "granted" in said else {}
    return said | amounts


def _use(said: dict[str, Any]) -> Use:
    return Use(**(said | {name: hundredths(said[name]) for name in ("amount", "of")}))


def fold_conversion_step(shelf: DecisionShelf, entry: Folded) -> None:
    """Take a step; the last one registers, and a rejection ends."""
    decision = _changed(shelf, entry)
    if decision is None:
        return
    act = entry.act
    status = Status(act["status"])
    shelf.decisions.put(
        replace(
            decision,
            status=status,
            steps=act["number"],
            last_index=entry.index,
            last_at=entry.at,
            registered_at=entry.at if status is Status.REGISTERED else None,
            ended_at=entry.at if status is Status.REJECTED else None,
        ),
        new=False,
    )


def fold_conversion_end(shelf: DecisionShelf, entry: Folded) -> None:
    """Take the end of a decision; what it took is free again."""
    decision = _changed(shelf, entry)
    if decision is not None:
        ended = replace(
            decision,
            status=Status(entry.act["end"]),
            last_index=entry.index,
            last_at=entry.at,
            ended_at=entry.at,
        )
        shelf.decisions.put(ended, new=False)


def fold_conversion_review(shelf: DecisionShelf, entry: Folded) -> None:
    """Take that its owner lets a decision stand."""
    decision = _changed(shelf, entry)
    if decision is not None:
        shelf.decisions.put(replace(decision, review_index=entry.index), new=False)


def _changed(shelf: DecisionShelf, entry: Folded) -> Decision | None:
    if entry.person is None:
        return None
    decision = shelf.decisions.get(entry.act["conversion"])
    if decision is None:
        raise AssertionError("an entry names a decision that its own log does not have")
    return decision


def fold_evidence(shelf: DecisionShelf, entry: Folded) -> None:
    """Take evidence that was supplied."""
    person = entry.person
    if person is not None and entry.account is not None:
        value = orjson.dumps(person["value"], option=orjson.OPT_SORT_KEYS).decode()
        row = (
            *(entry.act["evidence"], entry.account, entry.act["org"], entry.act["by"]),
            *(person["id"], value),
            *(person.get("until"), person.get("digest"), entry.index, entry.at),
        )
        shelf.views.add(EvidenceRow, row)
        said = Said(
            person["id"],
            entry.act["by"],
            entry.act["org"],
            person["value"],
            person.get("until"),
            entry.index,
        )
        _hear(shelf, entry.account, said)


def _hear(shelf: DecisionShelf, account: str, said: Said) -> None:
    """Let decisions on their way know of what is said: no step of theirs may pass it over."""
    for decision in shelf.decisions.of(account):
        if decision.status is Status.PENDING:
            heard = replace(decision, evidence=[dict(one) for one in decision.evidence])
            if heard.hears(said):
                shelf.decisions.put(heard, new=False)


# --- rows


def decision_row(decision: Decision) -> tuple[Any, ...]:
    """Return a decision as its row, in column order."""
    values = list(_VALUES(decision))
    for name in _JSON:
        value = orjson.dumps(getattr(decision, name), option=orjson.OPT_SORT_KEYS)
        values[_COLUMNS.index(name)] = value.decode()
    values[_STATUS] = decision.status.value
    for name in _NAMES:
        values[_COLUMNS.index(name)] = between_spaces(*getattr(decision, name))
    return tuple(values)


def between_spaces(*names: str) -> str:
    """Return names so that each can be found with a space on both sides."""
    return f" {' '.join(names)} "


def use_rows(decision: Decision) -> Iterator[tuple[Any, ...]]:
    """Yield what a decision takes as its rows."""
    for number, use in enumerate(decision.uses):
        yield (
            *(decision.id, number, decision.account, decision.entry_index),
            *(use.outcome, use.scope, use.rule, use.target, use.sharing),
            *(use.unit, use.amount, use.of),
        )


def read_decisions(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Decision]:
    """Return the decisions for which all of `where` holds, in order of their entries."""
    rows = connection.execute(
        sa.select(DECISIONS).where(*where).order_by(DECISIONS.c.entry_index)
    ).all()
    found = {row.id: _decision_of(row) for row in rows}
    query = (
        sa.select(USES)
        .join(DECISIONS, DECISIONS.c.id == USES.c.decision)
        .where(*where)
        .order_by(USES.c.decision, USES.c.number)
    )
    for row in connection.execute(query) if found else ():
        found[row.decision].uses.append(
            Use(
                outcome=row.outcome,
                scope=row.scope,
                rule=row.rule,
                target=row.target,
                sharing=row.sharing,
                unit=row.unit,
                amount=row.amount,
                of=row.of,
            )
        )
    return list(found.values())


def _decision_of(row: sa.Row[Any]) -> Decision:
    members = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for it
    members |= {name: orjson.loads(members[name]) for name in _JSON}
    members["status"] = Status(members["status"])
    members |= {name: tuple(members[name].split()) for name in _NAMES}
    return Decision(**members)
