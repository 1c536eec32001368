"""Whether one selection lies within another, and whether two have anything in common.

Each answer may be trusted when it is yes; a no may mean that it cannot be told. So what rests on
it refuses only what is certainly wrong, and comparing may end when it has cost enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from creditbank.domain.conversion.periods import months_of
from creditbank.domain.outcomes import VERIFICATION_LEVELS
from creditbank.domain.rules.selection import LevelRange, ScoreFloor, Selection
from creditbank.domain.units import hundredths
from creditbank.errors.identifiers import InvalidAmount

STEPS_MAX: Final = 200_000
"""So many comparisons of two selections are made for one rulebook, some seconds' worth."""

_RANK: Final = {level: rank for rank, level in enumerate(VERIFICATION_LEVELS)}
_USUAL: Final = "original_seen"
_COURSES: Final = frozenset({"academic_course", "self_study_exam", "online_course"})
_TYPES: Final = _COURSES | {"module", "certificate", "achievement"}

# Beside its type, an outcome has one value only of these, so that others exclude it.
_SINGLE: Final = (
    *("module", "equivalence_group", "scene", "issuer", "certificate_kind"),
    *("course", "course_title", "delivery", "occupation"),
)
# Of these an outcome may have several, or the selection asks for all of them.
_SEVERAL: Final = ("issuer_role", "system")

# Only outcomes of these types have the member.
_OF_TYPE: Final = {
    "module": frozenset({"module"}),
    "equivalence_group": frozenset({"module"}),
    "certificate_kind": frozenset({"certificate"}),
    "course": _COURSES,
    "course_title": _COURSES,
}
_LONGEST: Final = 99 * 12


@dataclass(slots=True)
class Comparer:
    """Compares selections until `left` comparisons are made; then it can tell nothing more."""

    left: int = STEPS_MAX

    def within(self, inner: Selection, outer: Selection, *, nested: bool = False) -> bool:
        """Return whether `outer` certainly selects whatever `inner` does.

        With `nested`, `outer` stands where the usual demand for verification is not made.
        """
        return (
            self._goes_on()
            and _members_within(inner, outer)
            and _verified_within(inner, outer, nested=nested)
            and (
                not outer.any_of
                or any(self.within(inner, one, nested=True) for one in outer.any_of)
            )
            and all(self._excluded_from(inner, one) for one in outer.none_of)
        )

    def apart(self, one: Selection, other: Selection) -> bool:
        """Return whether certainly no outcome is selected by both."""
        return self._goes_on() and (
            _members_apart(one, other)
            or self._nested_apart(one, other)
            or self._nested_apart(other, one)
        )

    def nothing(self, selection: Selection) -> str | None:
        """Return why a selection can select nothing, as a reason code; None if it may."""
        if not types_of(selection):
            return "types"
        if _dates_apart(selection, selection):
            return "dates"
        if not selection.any_of and not selection.none_of:
            return None
        bare = selection.model_copy(update={"any_of": (), "none_of": ()})
        if selection.any_of and all(self.apart(bare, one) for one in selection.any_of):
            return "any_of"
        if any(self.within(bare, one, nested=True) for one in selection.none_of):
            return "none_of"
        return None

    def _goes_on(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def _excluded_from(self, inner: Selection, excluded: Selection) -> bool:
        """Return whether `inner` certainly selects nothing of `excluded`."""
        return self.apart(inner, excluded) or any(
            self.within(excluded, one, nested=True) for one in inner.none_of
        )

    def _nested_apart(self, one: Selection, other: Selection) -> bool:
        if one.any_of and all(self.apart(inner, other) for inner in one.any_of):
            return True
        return any(self.within(other, inner, nested=True) for inner in one.none_of)


def types_of(selection: Selection) -> frozenset[str]:
    """Return the types of outcome that a selection can select, by all of its members."""
    types: frozenset[str] = frozenset(selection.type) or frozenset(_TYPES)
    for member, possible in _OF_TYPE.items():
        if getattr(selection, member):
            types &= possible
    if selection.common_core:
        types &= {"module"}
    return types


def _members_within(inner: Selection, outer: Selection) -> bool:
    if outer.type and not types_of(inner) <= set(outer.type):
        return False
    for member in (*_SINGLE, *_SEVERAL):
        wanted = _keys(outer, member)
        said = _keys(inner, member) if wanted else wanted
        if wanted and not (said and said <= wanted):
            return False
    if outer.common_core is not None and inner.common_core is not outer.common_core:
        return False
    return (
        set(outer.stage) <= set(inner.stage)
        and _level_within(inner.level, outer.level)
        and _score_within(inner.score, outer.score)
        and _dates_within(inner, outer)
    )


def _members_apart(one: Selection, other: Selection) -> bool:
    if not types_of(one) & types_of(other):
        return True
    for member in _SINGLE:
        some = _keys(one, member)
        others = _keys(other, member) if some else some
        if some and others and not some & others:
            return True
    cores = {one.common_core, other.common_core}
    return (
        cores == {True, False}
        or _levels_apart(one.level, other.level)
        or _dates_apart(one, other)
        or _dates_apart(other, one)
    )


def _keys(selection: Selection, member: str) -> set[Any]:
    values: Iterable[Any] = getattr(selection, member)
    if member == "occupation":
        return {(one.edition, one.code) for one in selection.occupation}
    return set(values)


def _level_within(inner: LevelRange | None, outer: LevelRange | None) -> bool:
    if outer is None:
        return True
    if inner is None or inner.scale != outer.scale:
        return False
    return (outer.at_least or 0) <= (inner.at_least or 0) and _top(inner) <= _top(outer)


def _top(level: LevelRange) -> int:
    return 99 if level.at_most is None else level.at_most


def _levels_apart(one: LevelRange | None, other: LevelRange | None) -> bool:
    if one is None or other is None or one.scale != other.scale:
        return False
    return max(one.at_least or 0, other.at_least or 0) > min(_top(one), _top(other))


def _score_within(inner: ScoreFloor | None, outer: ScoreFloor | None) -> bool:
    if outer is None:
        return True
    if inner is None or inner.scale != outer.scale:
        return False
    if inner.at_least == outer.at_least:
        return True
    try:
        return hundredths(inner.at_least) >= hundredths(outer.at_least)
    except InvalidAmount:  # titles of ranks, whose order only the scale knows
        return False


def _verified_within(inner: Selection, outer: Selection, *, nested: bool) -> bool:
    if nested and outer.verification == _USUAL:
        return True
    return _RANK[outer.verification] <= _RANK[inner.verification]


def _dates_within(inner: Selection, outer: Selection) -> bool:
    if outer.achieved_from and not (
        inner.achieved_from and inner.achieved_from >= outer.achieved_from
    ):
        return False
    if outer.achieved_to and not (inner.achieved_to and inner.achieved_to <= outer.achieved_to):
        return False
    return _months(inner) <= _months(outer)


def _months(selection: Selection) -> int:
    period = selection.achieved_within
    return _LONGEST if period is None else months_of(period)


def _dates_apart(one: Selection, other: Selection) -> bool:
    return bool(one.achieved_from and other.achieved_to and one.achieved_from > other.achieved_to)
