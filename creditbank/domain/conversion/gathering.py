"""From a learner's outcomes and the registers to the facts that rules are applied to.

Registers are asked as they stood on the day of the outcome: who was an assessor then, which group
the module version belonged to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from creditbank.domain.catalogue import Catalogue
from creditbank.domain.conversion.facts import OutcomeFact, Score
from creditbank.domain.outcomes import COURSE_TYPES, Outcome
from creditbank.domain.registers import Institution
from creditbank.domain.units import hundredths


def gather(
    outcomes: Iterable[Outcome],
    hashes: Mapping[int, str],
    scores: Mapping[int, Sequence[Mapping[str, str]]],
    catalogue: Catalogue,
) -> tuple[OutcomeFact, ...]:
    """Return the facts of the outcomes whose credit stands, in order of their ids.

    By the index of an entry, `hashes` has the leaf hash, in hex, of what credited each, and
    `scores` those that it recorded.
    """
    facts = []
    for one in outcomes:
        if one.is_credited and one.credited_index is not None:
            entry = (one.credited_index, hashes[one.credited_index])
            found = _scores(one, scores)
            facts.append(replace(fact_of(one, catalogue), entry=entry, scores=found))
    return tuple(sorted(facts, key=lambda fact: fact.id))


def fact_of(outcome: Outcome, catalogue: Catalogue) -> OutcomeFact:
    """Return the facts of one credited outcome."""
    achieved_on = date.fromisoformat(outcome.achieved_on or "")
    said = _said(outcome)
    issuer = _issuer(outcome)
    found: dict[str, Any] = {}
    if outcome.module is not None and outcome.version is not None:
        found = _of_module(outcome.module, outcome.version, catalogue)
    return OutcomeFact(
        id=outcome.id,
        type=outcome.type,
        achieved_on=achieved_on,
        verification=outcome.verification,
        title=outcome.title,
        module=outcome.module,
        module_version=outcome.version,
        scene=outcome.scene,
        level=_level(outcome.level),
        issuer=issuer,
        issuer_roles=_roles(issuer, achieved_on, catalogue),
        stages=_stages(outcome),
        certificate_kind=said.get("certificate_kind"),
        course=said.get("course"),
        course_title=outcome.title if outcome.type in COURSE_TYPES else None,
        delivery=_delivery(outcome),
        credits={one["system"]: hundredths(one["amount"]) for one in outcome.credits},
        class_hours=outcome.hours_theory + outcome.hours_practice,
        assessment_event=_assessment_event(outcome, said),
        learning_event=_event(outcome.org, said.get("learning_event")),
        **({"occupation": _occupation(said)} if "occupation" in said else {}) | found,
    )


def vouched_for_by(outcome: Outcome) -> frozenset[str]:
    """Return who vouches for an outcome: who posted it first, and who issued it."""
    return frozenset(one for one in (outcome.org, _issuer(outcome)) if one is not None)


def _issuer(outcome: Outcome) -> str | None:
    return _said(outcome).get("issuer") if outcome.type == "certificate" else _awarded_by(outcome)


def _said(outcome: Outcome) -> dict[str, Any]:
    """Return the particulars of an outcome, of what is said twice the latest."""
    said: dict[str, Any] = {}
    for one in outcome.particulars:
        said |= one
    return said


def _awarded_by(outcome: Outcome) -> str:
    """Return who posted what completed the outcome."""
    for one in (*outcome.stages, *outcome.attempts):
        if one["index"] == outcome.credited_index:
            return str(one["org"])
    return outcome.org


def _of_module(module_id: str, version: str, catalogue: Catalogue) -> dict[str, Any]:
    found = catalogue.module(module_id, version)
    if found is None:
        return {}
    module = found[0]
    members: dict[str, Any] = {
        "equivalence_group": module.equivalence_group,
        "common_core": module.common_core,
    }
    if module.occupation is not None:
        members["occupation"] = (module.occupation.edition, module.occupation.code)
    return members


def _occupation(said: dict[str, Any]) -> tuple[str, str]:
    return (said["occupation"]["edition"], said["occupation"]["code"])


def _level(level: str | None) -> tuple[str, int] | None:
    if level is None:
        return None
    scale, rank = level.rsplit(":", 1)
    return (scale, int(rank))


def _roles(issuer: str | None, on: date, catalogue: Catalogue) -> frozenset[str]:
    """Return the roles that an institution had on a day; the first known ones, if that is earlier.

    An institution may have been registered after it began to award what it may award.
    """
    if issuer is None:
        return frozenset()
    institution = catalogue.institution(issuer, on)
    if institution is None:
        versions = catalogue.versions("institution", issuer)
        registers = [item.register for item in versions]
        institution = next((one for one in registers if isinstance(one, Institution)), None)
    return frozenset(institution.roles) if institution is not None else frozenset()


def _stages(outcome: Outcome) -> frozenset[str]:
    passed = {"assessment"} if any(one["passed"] for one in outcome.attempts) else set()
    return frozenset({one["stage"] for one in outcome.stages} | passed)


def scored_by(outcome: Outcome) -> list[int]:
    """Return the entries that may have recorded scores of an outcome, in order."""
    passed = {one["index"] for one in outcome.attempts if one["passed"]}
    if outcome.type in COURSE_TYPES and outcome.credited_index is not None:
        passed.add(outcome.credited_index)
    return sorted(passed)


def _scores(
    outcome: Outcome, scores: Mapping[int, Sequence[Mapping[str, str]]]
) -> tuple[Score, ...]:
    return tuple(
        Score(score["scale"], score["value"], score.get("part"))
        for index in scored_by(outcome)
        for score in scores.get(index, ())
    )


def _delivery(outcome: Outcome) -> str | None:
    """Return how it was taught, by the class-hours that say so; None where none does."""
    hours = [one["hours"] for one in outcome.stages if "hours" in one]
    hours += [one["hours"] for one in outcome.particulars if "hours" in one]
    if not any("online" in one for one in hours):
        return "online" if outcome.type == "online_course" else None
    total = sum(hundredths(one.get(name, "0")) for one in hours for name in ("theory", "practice"))
    online = sum(hundredths(one.get("online", "0")) for one in hours)
    if online == 0:
        return "onsite"
    return "online" if online >= total else "mixed"


def _assessment_event(outcome: Outcome, said: dict[str, Any]) -> str | None:
    """Return the key of the event at which it was passed; a name means something at one body."""
    for one in outcome.attempts:
        if one["passed"]:
            return _event(one["org"], one["event"] or None)
    return _event(outcome.org, said.get("assessment_event"))


def _event(org: str, name: str | None) -> str | None:
    return None if name is None else f"{org}/{name}"
