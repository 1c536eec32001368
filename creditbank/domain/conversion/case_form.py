"""A case as it is kept with a decision: the form `conversion-case/1`, both ways.

With it a decision can be re-derived from its own entry, whatever the program makes of a learner's
outcomes later. Amounts are decimals with two places, what does not apply is absent.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from creditbank.domain.conversion.facts import (
    Case,
    EvidenceFact,
    OutcomeFact,
    PriorGrant,
    PriorUse,
    Score,
)
from creditbank.domain.conversion.results import Counted, Evaluation, TargetResult, Verdict
from creditbank.domain.units import amount_text, hundredths

CASE_SCHEMA: Final = "conversion-case/1"

_TEXTS: Final = (
    *("id", "type", "verification", "title", "module", "module_version", "equivalence_group"),
    *("scene", "issuer", "certificate_kind", "course", "course_title", "delivery"),
    *("assessment_event", "learning_event"),
)


def case_document(case: Case) -> dict[str, Any]:
    """Return a case as JSON values of the canonical profile."""
    return {
        "on": case.on.isoformat(),
        "outcomes": [outcome_document(one) for one in case.outcomes],
        "evidence": [evidence_document(one) for one in case.evidence],
        "prior_uses": [_use_document(one) for one in case.prior_uses],
        "prior_grants": [_grant_document(one) for one in case.prior_grants],
    }


def case_of(document: dict[str, Any]) -> Case:
    """Return the case that `case_document` wrote."""
    return Case(
        on=date.fromisoformat(document["on"]),
        outcomes=tuple(map(_outcome_of, document["outcomes"])),
        evidence=tuple(map(_evidence_of, document["evidence"])),
        prior_uses=tuple(map(_use_of, document["prior_uses"])),
        prior_grants=tuple(map(_grant_of, document["prior_grants"])),
    )


def outcome_document(fact: OutcomeFact) -> dict[str, Any]:
    """Return the facts of an outcome as JSON values."""
    document: dict[str, Any] = {
        name: getattr(fact, name) for name in _TEXTS if getattr(fact, name) is not None
    }
    document |= {
        "achieved_on": fact.achieved_on.isoformat(),
        "common_core": fact.common_core,
        "issuer_roles": sorted(fact.issuer_roles),
        "stages": sorted(fact.stages),
        "scores": [_score_document(score) for score in fact.scores],
        "credits": [
            {"system": system, "amount": amount_text(fact.credits[system])}
            for system in sorted(fact.credits)
        ],
        "class_hours": amount_text(fact.class_hours),
    }
    if fact.occupation is not None:
        document["occupation"] = {"edition": fact.occupation[0], "code": fact.occupation[1]}
    if fact.level is not None:
        document["level"] = {"scale": fact.level[0], "rank": fact.level[1]}
    if fact.entry is not None:
        document["entry"] = {"index": fact.entry[0], "hash": fact.entry[1]}
    return document


def evidence_document(fact: EvidenceFact) -> dict[str, Any]:
    """Return evidence as JSON values."""
    document = {"id": fact.id, "confirmed_by": fact.confirmed_by, "value": dict(fact.value)}
    return document | ({} if fact.digest is None else {"digest": fact.digest})


def _score_document(score: Score) -> dict[str, str]:
    document = {"scale": score.scale, "value": score.value}
    return document | ({} if score.part is None else {"part": score.part})


def _use_document(use: PriorUse) -> dict[str, Any]:
    target = {} if use.target is None else {"target": use.target}
    return target | {
        "outcome": use.outcome,
        "scope": use.scope,
        "rule": use.rule,
        "sharing": use.sharing,
        "whole": use.whole,
        "unit": use.unit,
        "amount": amount_text(use.amount),
        "of": amount_text(use.of),
    }


def _grant_document(grant: PriorGrant) -> dict[str, Any]:
    document: dict[str, Any] = {
        "rulebook": grant.rulebook,
        "rule": grant.rule,
        "target": grant.target,
        "granted": amount_text(grant.granted),
        "outcomes": list(grant.outcomes),
        "under": list(grant.under),
    }
    return document | ({} if grant.system is None else {"system": grant.system})


def _outcome_of(document: dict[str, Any]) -> OutcomeFact:
    members: dict[str, Any] = {name: document[name] for name in _TEXTS if name in document}
    if "occupation" in document:
        occupation = document["occupation"]
        members["occupation"] = (occupation["edition"], occupation["code"])
    if "level" in document:
        members["level"] = (document["level"]["scale"], document["level"]["rank"])
    if "entry" in document:
        members["entry"] = (document["entry"]["index"], document["entry"]["hash"])
    return OutcomeFact(
        achieved_on=date.fromisoformat(document["achieved_on"]),
        common_core=document["common_core"],
        issuer_roles=frozenset(document["issuer_roles"]),
        stages=frozenset(document["stages"]),
        scores=tuple(
            Score(one["scale"], one["value"], one.get("part")) for one in document["scores"]
        ),
        credits={one["system"]: hundredths(one["amount"]) for one in document["credits"]},
        class_hours=hundredths(document["class_hours"]),
        **members,
    )


def _evidence_of(document: dict[str, Any]) -> EvidenceFact:
    return EvidenceFact(
        document["id"], document["confirmed_by"], document["value"], document.get("digest")
    )


def _use_of(document: dict[str, Any]) -> PriorUse:
    amounts = {name: hundredths(document[name]) for name in ("amount", "of")}
    return PriorUse(**(document | amounts))


def _grant_of(document: dict[str, Any]) -> PriorGrant:
    return PriorGrant(
        rulebook=document["rulebook"],
        rule=document["rule"],
        target=document["target"],
        granted=hundredths(document["granted"]),
        system=document.get("system"),
        outcomes=tuple(document["outcomes"]),
        under=tuple(document["under"]),
    )


def evaluation_of(document: dict[str, Any]) -> Evaluation:
    """Return the evaluation that `Evaluation.document` wrote."""
    results = tuple(map(_result_of, document["results"]))
    return Evaluation(results, document["engine"], document["steps"])


def _result_of(document: dict[str, Any]) -> TargetResult:
    granted = document.get("granted")
    return TargetResult(
        rulebook=document["rulebook"],
        rule=document["rule"],
        rule_version=document["rule_version"],
        target=document["target"],
        verdict=Verdict(document["verdict"]),
        scope=document["scope"],
        granted=None if granted is None else hundredths(granted),
        system=document.get("system"),
        grade=document.get("grade"),
        counted=tuple(map(_counted_of, document["counted"])),
        trace=document["trace"],
    )


def _counted_of(document: dict[str, Any]) -> Counted:
    amounts = {name: hundredths(document[name]) for name in ("amount", "of", "taken")}
    return Counted(**(document | amounts))
