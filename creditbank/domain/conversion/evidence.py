"""What a person or a registry supplied, held against what a condition asks of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from creditbank.domain.civil_time import parse_date
from creditbank.domain.conversion.facts import EvidenceFact
from creditbank.domain.conversion.periods import Run, age_on, months_of, runs_of, worked_months
from creditbank.domain.conversion.problem import Truth
from creditbank.domain.rules.condition import Work
from creditbank.domain.rules.rule import Evidence
from creditbank.domain.units import hundredths
from creditbank.errors.identifiers import InvalidAmount, InvalidDate

CONFIRMERS: Final = ("learner", "owner", "registry")
"""Whose word it may be, the weakest first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a condition holds, what was found, and how much more would have been needed."""

    truth: Truth
    detail: dict[str, Any] = field(default_factory=dict)
    lacking: int = 1


@dataclass(frozen=True, slots=True)
class Supplied:
    """The evidence of a case, asked by what a rulebook declares."""

    facts: tuple[EvidenceFact, ...]
    on: date

    def holds(self, wanted: Evidence) -> Finding:
        """Return whether the evidence was supplied, by enough of an authority, and is accepted."""
        detail = {"evidence": wanted.id, "evidence_kind": wanted.kind}
        said = list(self._said(wanted))
        if not said:
            return Finding(Truth.OPEN, detail | {"confirmed_by": wanted.confirmed_by})
        accepted = any(_accepted(wanted, value) for value in said)
        return Finding(Truth.YES if accepted else Truth.NO, detail)

    def amount(self, wanted: Evidence | None, outcome: str | None = None) -> int | None:
        """Return the least amount supplied, in hundredths; None if there is none.

        With an outcome: the amount for it, or else the one for all.
        """
        if wanted is None:
            return None
        found = []
        for value in self._said(wanted):
            own = [_amount(one) for one in _objects(value, "amounts") if _is_for(one, outcome)]
            found += [one for one in own or [_amount(value)] if one is not None]
        return min(found, default=None)

    def age(self, wanted: Iterable[Evidence], years: int) -> Finding:
        """Return whether somebody is so many years old, by the birth dates supplied."""
        births = [evidence for evidence in wanted if evidence.kind == "birth_date"]
        born = [_date(value.get("date")) for one in births for value in self._said(one)]
        ages = [age_on(day, self.on) for day in born if day is not None]
        if not ages:
            return Finding(Truth.OPEN, {"needed": years, **_ids(births)})
        lacking = max(0, years - min(ages))
        truth = Truth.NO if lacking else Truth.YES
        return Finding(truth, {"needed": years, "counted": min(ages), "missing": lacking}, lacking)

    def work(self, wanted: Iterable[Evidence], condition: Work, since: date | None) -> Finding:
        """Return whether somebody worked for so long, in months, by the periods supplied."""
        needed = months_of(condition.period)
        kinds = [evidence for evidence in wanted if evidence.kind == "work"]
        said = [value for one in kinds for value in self._said(one)]
        if not said:
            return Finding(Truth.OPEN, {"needed": needed, **_ids(kinds)})
        occupations = {(one.edition, one.code) for one in condition.occupations}
        periods = [run for value in said for run in _periods(value, occupations, self.on)]
        runs = runs_of(periods, since, self.on)
        months = worked_months(runs, continuous=condition.continuous)
        lacking = max(0, needed - months)
        detail = {"needed": needed, "counted": months, "missing": lacking}
        return Finding(Truth.NO if lacking else Truth.YES, detail, lacking)

    def _said(self, wanted: Evidence) -> Iterator[Mapping[str, Any]]:
        """Yield what is supplied under the id, where it is enough of an authority's word."""
        least = CONFIRMERS.index(wanted.confirmed_by)
        for fact in self.facts:
            if fact.id == wanted.id and CONFIRMERS.index(fact.confirmed_by) >= least:
                yield fact.value


def _ids(kinds: Sequence[Evidence]) -> dict[str, Any]:
    """Return where in the trace it says what evidence would have to be supplied."""
    return {"evidence": kinds[0].id, "evidence_kind": kinds[0].kind} if kinds else {}


def _accepted(wanted: Evidence, value: Mapping[str, Any]) -> bool:
    for member, accepted in wanted.accepts.items():
        if str(value.get(member, "")) not in accepted:
            return False
    # What only says that something is so must say that it is; a paper that exists says enough.
    if wanted.kind == "statement" or "holds" in value:
        return value.get("holds") is True
    return True


def _objects(value: Mapping[str, Any], member: str) -> list[Mapping[str, Any]]:
    found = value.get(member, ())
    items = found if isinstance(found, list | tuple) else ()
    return [item for item in items if isinstance(item, Mapping)]


def _is_for(one: Mapping[str, Any], outcome: str | None) -> bool:
    return outcome is not None and one.get("outcome") == outcome


def _amount(value: Mapping[str, Any]) -> int | None:
    with suppress(InvalidAmount):
        if "amount" in value:
            return hundredths(str(value["amount"]))
    return None


def _date(text: Any) -> date | None:
    if isinstance(text, str):
        with suppress(InvalidDate):
            return parse_date(text)
    return None


def _periods(
    value: Mapping[str, Any], occupations: set[tuple[str, str]], on: date
) -> Iterator[Run]:
    for period in _objects(value, "periods"):
        first, last = _date(period.get("from")), _date(period.get("to"))
        if first is None or ("to" in period and last is None):
            continue
        refs = [period.get("occupation"), *_objects(period, "related")]
        # Compared and not hashed: what is supplied may hold anything in the place of a code.
        named = [(one.get("edition"), one.get("code")) for one in refs if isinstance(one, Mapping)]
        if not occupations or any(one in named for one in occupations):
            yield first, on if last is None else last
