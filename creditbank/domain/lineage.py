"""Lineage 承续: which outcome stands for one that ended, so that nothing is used a second time.

A correction ends an outcome and makes another, and so do a revocation and a new posting. What a
decision took of the first it took of the achievement, and the new outcome is the same achievement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter

from creditbank.domain.outcomes import Outcome, family_of, may_be_one_course

Standing = Mapping[str, str]
"""Ids of live outcomes by those of the ended ones that they stand for; all others for themselves.
"""

_IS_LIVE = attrgetter("is_live")


def standing_for(
    outcomes: Iterable[Outcome], is_live: Callable[[Outcome], bool] = _IS_LIVE
) -> Standing:
    """Return which live outcomes of one learner stand for ended ones.

    That is what corrected it, whatever it was corrected to, or else what was posted of the same
    thing. An outcome that nothing stands for is not named.
    """
    known = list(outcomes)
    ended = [one for one in known if not is_live(one)]
    if not ended:
        return {}
    heirs = _Heirs([one for one in known if is_live(one)], _corrections(known, ended))
    found = {one.id: heirs.of(one) for one in ended}
    return {name: heir.id for name, heir in found.items() if heir is not None}


def _corrections(known: list[Outcome], ended: list[Outcome]) -> dict[str, list[Outcome]]:
    """Return by the id of an ended outcome those whose postings said that they correct it."""
    by_entry: dict[int, list[Outcome]] = {}
    for one in ended:
        for index in _entries_of(one):
            by_entry.setdefault(index, []).append(one)
    corrections: dict[str, list[Outcome]] = {}
    for one in known:
        for said in one.particulars:
            for corrected in by_entry.get(said.get("corrects", -1), ()):
                if corrected.id != one.id:
                    corrections.setdefault(corrected.id, []).append(one)
    return corrections


def _entries_of(outcome: Outcome) -> set[int]:
    parts = (*outcome.stages, *outcome.attempts, *outcome.particulars)
    own = {outcome.opened_index, outcome.credited_index} - {None}
    return {index for index in own if index is not None} | {one["index"] for one in parts}


@dataclass(slots=True)
class _Heirs:
    live: list[Outcome]
    corrections: Mapping[str, list[Outcome]]
    seen: set[str] = field(default_factory=set)

    def of(self, ended: Outcome) -> Outcome | None:
        self.seen = set()
        return self._corrected(ended)

    def _corrected(self, ended: Outcome) -> Outcome | None:
        self.seen.add(ended.id)
        for one in self.corrections.get(ended.id, ()):
            if one in self.live:
                return one
            found = self._corrected(one) if one.id not in self.seen else None
            if found is not None:
                return found
        return next((one for one in self.live if _are_one(ended, one)), None)


def _are_one(ended: Outcome, live: Outcome) -> bool:
    """Return whether two outcomes of one learner are of the same thing, however it was named."""
    if ended.subject == live.subject:
        return True
    if ended.type == live.type == "certificate":
        return _number_of(ended.subject) == _number_of(live.subject)
    family = family_of(ended.subject)
    if family in {ended.subject, live.subject} or family != family_of(live.subject):
        return False
    return may_be_one_course(ended.subject, live.subject)


def _number_of(subject: str) -> tuple[str, str]:
    """Return kind and number of a certificate, with or without the issuer between them."""
    _, kind, rest = subject.split(":", 2)
    return kind, rest.rpartition(":")[2]
