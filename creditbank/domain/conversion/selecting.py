"""Whether an outcome is one that a selection speaks of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from creditbank.domain.conversion.facts import OutcomeFact, Score
from creditbank.domain.conversion.periods import before, months_of
from creditbank.domain.outcomes import VERIFICATION_LEVELS
from creditbank.domain.plain_text import to_halfwidth, without_invisible
from creditbank.domain.registers import Registers, Scale
from creditbank.domain.rules.selection import LevelRange, ScoreFloor, Selection
from creditbank.domain.units import hundredths
from creditbank.errors.identifiers import InvalidAmount

Test = Callable[[OutcomeFact], bool]

_RANK: Final = {level: rank for rank, level in enumerate(VERIFICATION_LEVELS)}
_USUAL: Final = "original_seen"

# Members of a selection that list values, with the member of the facts that must be one of them.
_LISTED: Final = (
    "type",
    "module",
    "certificate_kind",
    "course",
    "issuer",
    "scene",
    "equivalence_group",
    "delivery",
)


def matches(selection: Selection, outcome: OutcomeFact, on: date, registers: Registers) -> bool:
    """Return whether every member of `selection` holds of `outcome` on the day of the decision."""
    return compiled(selection, on, registers)(outcome)


def compiled(selection: Selection, on: date, registers: Registers, *, inner: bool = False) -> Test:
    """Return the test that `selection` makes, the cheap and telling parts of it first.

    Inside another selection, and where outcomes are excluded or grouped (`inner`), the usual
    demand for verification is not made again: it would let pass what should be excluded.
    """
    tests: list[Test] = []
    for member in _LISTED:
        values = getattr(selection, member)
        if values:
            tests.append(_one_of(member, frozenset(values)))
    tests += _of_records(selection, registers)
    if not (inner and selection.verification == _USUAL):
        least = _RANK[selection.verification]
        tests.append(lambda fact: _RANK.get(fact.verification, 0) >= least)
    tests += _of_dates(selection, on)
    if selection.score is not None:
        tests.append(_reaches(selection.score, registers))
    tests += _of_inner(selection, on, registers)
    return _all(tests)


def _all(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def test(fact: OutcomeFact) -> bool:
        for one in tests:  # noqa: SIM110  # a generator would cost more than the tests
            if not one(fact):
                return False
        return True

    return test


def _one_of(member: str, values: frozenset[str]) -> Test:
    return lambda fact: getattr(fact, member) in values


def _of_records(selection: Selection, registers: Registers) -> list[Test]:
    """Return the tests of members that are compared otherwise than by being listed."""
    tests: list[Test] = []
    if selection.common_core is not None:
        wanted = selection.common_core
        tests.append(lambda fact: fact.common_core is wanted)
    if selection.occupation:
        occupations = frozenset((one.edition, one.code) for one in selection.occupation)
        tests.append(lambda fact: fact.occupation in occupations)
    if selection.level is not None:
        tests.append(_in_range(selection.level, registers))
    if selection.issuer_role:
        roles = frozenset(selection.issuer_role)
        tests.append(lambda fact: not roles.isdisjoint(fact.issuer_roles))
    if selection.stage:
        stages = frozenset(selection.stage)
        tests.append(lambda fact: stages <= fact.stages)
    if selection.course_title:
        titles = frozenset(map(plain_title, selection.course_title))
        tests.append(lambda fact: plain_title(fact.course_title or "") in titles)
    if selection.system:
        systems = selection.system
        tests.append(lambda fact: any(fact.credits.get(system, 0) > 0 for system in systems))
    return tests


def plain_title(title: str) -> str:
    """Return the form in which titles of courses are compared: width, case and spaces aside."""
    return without_invisible(to_halfwidth(title)).casefold()


def _of_dates(selection: Selection, on: date) -> list[Test]:
    first, last = selection.achieved_from, selection.achieved_to
    if selection.achieved_within is not None:
        cut = before(on, months_of(selection.achieved_within))
        first = max(first, cut) if first else cut
    tests: list[Test] = []
    if first is not None:
        begin = first
        tests.append(lambda fact: fact.achieved_on >= begin)
    if last is not None:
        end = last
        tests.append(lambda fact: fact.achieved_on <= end)
    return tests


def _of_inner(selection: Selection, on: date, registers: Registers) -> list[Test]:
    tests: list[Test] = []
    if selection.any_of:
        some = [compiled(one, on, registers, inner=True) for one in selection.any_of]
        tests.append(lambda fact: any(one(fact) for one in some))
    if selection.none_of:
        none = [compiled(one, on, registers, inner=True) for one in selection.none_of]
        tests.append(lambda fact: not any(one(fact) for one in none))
    return tests


def _in_range(wanted: LevelRange, registers: Registers) -> Test:
    lowest = wanted.at_least if wanted.at_least is not None else 0
    highest = wanted.at_most if wanted.at_most is not None else 99

    def test(fact: OutcomeFact) -> bool:
        if fact.level is None:
            return False
        rank = rank_on(wanted.scale, fact.level, registers)
        return rank is not None and lowest <= rank <= highest

    return test


def rank_on(scale_id: str, level: tuple[str, int], registers: Registers) -> int | None:
    """Return the rank that `level` has on a scale, by what either scale says is the same grade."""
    if level[0] == scale_id:
        return level[1]
    own, other = _scale(level[0], registers), _scale(scale_id, registers)
    place = own.at(level[1]) if own else None
    for same in place.same_as if place else ():
        if same.scale == scale_id:
            return same.rank
    for rank in other.ranks if other else ():
        if any((same.scale, same.rank) == level for same in rank.same_as):
            return rank.rank
    return None


def _reaches(floor: ScoreFloor, registers: Registers) -> Test:
    scale = _scale(floor.scale, registers)
    least = value_on(scale, floor.at_least)

    def test(fact: OutcomeFact) -> bool:
        values = [value_on(scale, score.value) for score in scores_on(fact, floor.scale)]
        if least is None or not values:
            return False
        return all(value is not None and value >= least for value in values)

    return test


def scores_on(fact: OutcomeFact, scale_id: str) -> list[Score]:
    """Return the score of the whole on a scale, or else those of all parts on it."""
    found = [score for score in fact.scores if score.scale == scale_id]
    whole = [score for score in found if score.part is None]
    return whole[-1:] or found


def value_on(scale: Scale | None, mark: str) -> int | None:
    """Return what a mark is compared by: its rank, or its hundredths; None if it is neither."""
    if scale is not None and scale.ranks:
        return scale.rank_of(mark)
    try:
        return hundredths(mark)
    except InvalidAmount:
        return None


def _scale(scale_id: str, registers: Registers) -> Scale | None:
    found = registers.get(("scale", scale_id))
    return found if isinstance(found, Scale) else None
