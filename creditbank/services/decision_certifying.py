"""Gathering what the certificate of a decision states: one for each target that was granted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from creditbank.domain.certifying import (
    CreditFacts,
    DecisionFacts,
    LevelFacts,
    LogEntry,
    Names,
    OrganisationFacts,
    UsedOutcome,
)
from creditbank.domain.civil_time import civil_date
from creditbank.domain.decisions import Decision, Status
from creditbank.domain.registers import Scale
from creditbank.domain.rules.rule import Rule
from creditbank.domain.rules.rulebook import Rulebook
from creditbank.errors.certifying import NotCertifiable, OutcomeUnknown
from creditbank.storage import decision_reading
from creditbank.storage.book import Book
from creditbank.storage.sealing import StoredEntry

_TRANSFER: Final = Names("学分转换决定", "Credit transfer decision")
_ELIGIBILITY: Final = Names("申报资格核验结果", "Eligibility to apply for a grade")


def find_decision(book: Book, conversion: str, account: str | None, owner: str | None) -> Decision:
    """Return a registered decision, perhaps only of `account`, or of what `owner` decided.

    Refuses with `OutcomeUnknown`, and with `NotCertifiable` while it is not registered.
    """
    decision = decision_reading.decision(book.connection, conversion)
    if (
        decision is None
        or account not in {None, decision.account}
        or owner not in {None, decision.owner}
    ):
        raise OutcomeUnknown(outcome=conversion, where="/decision")
    if decision.status_at(book.now) is not Status.REGISTERED or not decision.targets:
        raise NotCertifiable(reason="not_registered", where="/decision")
    return decision


class DecisionReader:
    """Reads what certificates of one decision state. `site` is the bank's address."""

    def __init__(self, book: Book, site: str, decision: Decision) -> None:
        self._book, self._site, self._decision = book, site, decision
        self._applied = self._row(decision.entry_index)
        self._registered = self._row(decision.last_index)
        published = book.catalogue.version("rulebook", decision.rulebook, decision.version)
        assert published is not None  # noqa: S101  # the decision was made under it
        assert isinstance(published.register, Rulebook)  # noqa: S101
        self._rulebook = published.register
        self._on = civil_date(decision.registered_at or decision.last_at)

    def causes(self) -> list[dict[str, Any]]:
        """Return the entries that the certificate rests on: the decision's first and last."""
        rows = dict.fromkeys((self._applied.index, self._registered.index))
        return [
            {
                "index": index,
                "hash": self._row(index).leaf_hash.hex(),
                "decision": self._decision.id,
            }
            for index in rows
        ]

    def facts(self, target: dict[str, Any]) -> DecisionFacts:
        """Return the facts of one target."""
        decision, rule = self._decision, self._rule(target["rule"])
        is_grade = decision.kind == "grade"
        heading = _ELIGIBILITY if is_grade else _TRANSFER
        title = Names(rule.title.zh, rule.title.en)
        book = self._rulebook
        return DecisionFacts(
            id=f"{self._site}/v1/conversions/{decision.id}",
            kind="grade_eligibility" if is_grade else "credit_transfer",
            outcome="eligible" if is_grade else "recognised",
            name=_joined(heading, title),
            description=Names(
                f"依据《{book.title.zh}》第 {book.version} 版",
                f"Under {book.title.en or book.title.zh}, version {book.version}",
            ),
            institution=self._organisation(decision.owner),
            target=title,
            target_code=target["target"],
            rule=rule.id,
            rule_version=target["rule_version"],
            rule_digest=self._applied.act["rulebooks"][0]["digest"],
            entry=self._place(self._registered),
            decided_on=self._on.isoformat(),
            credits=tuple(self._credits(target)),
            level=self._level(rule),
            outcomes=tuple(self._used(target)),
        )

    def _row(self, index: int) -> StoredEntry:
        row = self._book.entry_at(index)
        assert row is not None  # noqa: S101  # the view names entries of its own log
        return row

    def _place(self, row: StoredEntry) -> LogEntry:
        return LogEntry(self._book.origin, row.index, row.leaf_hash.hex())

    def _rule(self, rule: str) -> Rule:
        return next(one for one in self._rulebook.rules if one.id == rule)

    def _organisation(self, code: str) -> OrganisationFacts:
        found = self._book.catalogue.institution(code, self._on)
        return OrganisationFacts(code, found.title.zh if found else code)

    def _credits(self, target: dict[str, Any]) -> Iterator[CreditFacts]:
        if "granted" in target and "system" in target:
            yield CreditFacts(target["system"], target["granted"], self._system(target["system"]))

    def _system(self, system: str) -> Names | None:
        found = self._book.catalogue.credit_system(system, self._on)
        return Names(found.title.zh, found.title.en) if found else None

    def _level(self, rule: Rule) -> LevelFacts | None:
        level = getattr(rule.target, "level", None)
        if level is None:
            return None
        scale = self._book.catalogue.scale(level.scale, self._on)
        place = scale.at(level.rank) if isinstance(scale, Scale) else None
        return LevelFacts(level.scale, level.rank, place.title.zh if place else str(level.rank))

    def _used(self, target: dict[str, Any]) -> Iterator[UsedOutcome]:
        for name in target["outcomes"]:
            outcome = self._book.outcome(name)
            if outcome is None or outcome.credited_index is None:
                continue
            yield UsedOutcome(self._place(self._row(outcome.credited_index)), Names(outcome.title))


def _joined(one: Names, other: Names) -> Names:
    return Names(f"{one.zh}：{other.zh}", f"{one.en}: {other.en or other.zh}")
