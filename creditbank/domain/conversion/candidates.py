"""Modules that somebody could take, and the outcomes that taking them would bring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from creditbank.domain.conversion.facts import Case, OutcomeFact, Score
from creditbank.domain.conversion.selecting import value_on
from creditbank.domain.registers import Module, Registers, Scale
from creditbank.domain.rules.condition import AllOf, Amount, AnyOf, Condition, Holds
from creditbank.domain.rules.selection import ScoreFloor, Selection
from creditbank.domain.units import hundredths

_FLOORS_MAX = 4
"""So many different scores that conditions demand are tried for one module."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A module version that may be taken, and by whom and how it would be given."""

    module: Module
    issuer: str | None = None
    issuer_roles: frozenset[str] = frozenset({"training", "assessor"})
    delivery: str | None = None


@dataclass(frozen=True, slots=True)
class Virtual:
    """An outcome that is not there yet. `raised`: its scores are above what passes."""

    candidate: Candidate
    fact: OutcomeFact
    raised: bool = False


def takeable(candidates: Sequence[Candidate], case: Case) -> list[Candidate]:
    """Return the candidates in force and not achieved yet whose prerequisites can be had.

    Modules that are one another's prerequisites can never be begun.
    """
    reached = {fact.module for fact in case.outcomes if fact.module is not None}
    open_ones = [
        one for one in candidates if one.module.in_force(case.on) and one.module.id not in reached
    ]
    found: list[Candidate] = []
    while True:
        ready = [one for one in open_ones if reached.issuperset(one.module.prerequisites)]
        if not ready:
            return sorted(found, key=lambda one: (one.module.id, one.issuer or ""))
        found += ready
        reached |= {one.module.id for one in ready}
        begun = set(map(id, ready))  # compared by what they are, not member by member
        open_ones = [one for one in open_ones if id(one) not in begun]


def virtual_outcomes(
    candidates: Sequence[Candidate],
    case: Case,
    conditions: Sequence[Condition],
    registers: Registers,
) -> list[Virtual]:
    """Return the outcome of each candidate at its pass marks, and at scores that are demanded."""
    floors = sorted(
        {(one.scale, one.at_least) for condition in conditions for one in _floors(condition)}
    )
    known = {fact.id for fact in case.outcomes}
    found = []
    for number, candidate in enumerate(candidates):
        base = tuple(_pass_scores(candidate.module, registers))
        variants = [base, *_raised(base, floors, registers)]
        for place, scores in enumerate(variants):
            name = f"path:{candidate.module.id}:{number}:{place}"
            while name in known:
                name += "+"
            found.append(Virtual(candidate, _fact(name, candidate, case, scores), place > 0))
    return found


def _fact(name: str, candidate: Candidate, case: Case, scores: tuple[Score, ...]) -> OutcomeFact:
    module = candidate.module
    occupation, level = module.occupation, module.level
    return OutcomeFact(
        id=name,
        type="module",
        achieved_on=case.on,
        verification="issuer",
        title=module.title.zh,
        module=module.id,
        module_version=module.version,
        equivalence_group=module.equivalence_group,
        common_core=module.common_core,
        scene=module.scene,
        occupation=None if occupation is None else (occupation.edition, occupation.code),
        level=None if level is None else (level.scale, level.rank),
        issuer=candidate.issuer,
        issuer_roles=candidate.issuer_roles,
        stages=frozenset(module.stage_names),
        scores=scores,
        delivery=candidate.delivery,
        credits={credit.system: hundredths(credit.amount) for credit in module.credits},
        class_hours=module.hours.total,
    )


def _pass_scores(module: Module, registers: Registers) -> Iterator[Score]:
    for part in module.assessment.parts if module.assessment is not None else ():
        if part.pass_mark is not None:
            yield Score(part.scale, part.pass_mark, part.part)
            continue
        scale = _scale(part.scale, registers)
        place = scale.at(part.pass_rank) if scale and part.pass_rank is not None else None
        if place is not None:
            yield Score(part.scale, place.title.zh, part.part)


def _raised(
    base: tuple[Score, ...], floors: Sequence[tuple[str, str]], registers: Registers
) -> Iterator[tuple[Score, ...]]:
    """Yield the scores with those below a demanded one of their scale lifted to it."""
    seen = {base}
    for scale_id, mark in floors[:_FLOORS_MAX]:
        scale = _scale(scale_id, registers)
        wanted = value_on(scale, mark)
        lifted = tuple(
            Score(score.scale, mark, score.part)
            if score.scale == scale_id and _below(value_on(scale, score.value), wanted)
            else score
            for score in base
        )
        if lifted not in seen:
            seen.add(lifted)
            yield lifted


def _below(value: int | None, wanted: int | None) -> bool:
    return value is not None and wanted is not None and value < wanted


def _floors(condition: Condition) -> Iterator[ScoreFloor]:
    if isinstance(condition, AllOf | AnyOf):
        for inner in condition.of:
            yield from _floors(inner)
    elif isinstance(condition, Amount):
        yield from _in_selection(condition.select)
        for least in condition.least:
            yield from _in_selection(least.where)
    elif isinstance(condition, Holds):
        yield from _in_selection(condition.select)


def _in_selection(selection: Selection) -> Iterator[ScoreFloor]:
    if selection.score is not None:
        yield selection.score
    for inner in selection.any_of:
        yield from _in_selection(inner)


def _scale(scale_id: str, registers: Mapping[tuple[str, str], object]) -> Scale | None:
    found = registers.get(("scale", scale_id))
    return found if isinstance(found, Scale) else None
