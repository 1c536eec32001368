"""Decisions (学分转换, 申报资格核验) as Open Badges 3.0, which a college may countersign."""

from __future__ import annotations

from typing import Any, Final

from creditbank.credentials import badges, members
from creditbank.domain.certifying import (
    DecisionFacts,
    HolderFacts,
    IssueFacts,
    IssuerFacts,
    Names,
    UsedOutcome,
)

# Of Open Badges 3.0's extensible enumeration: what is none of its own takes the prefix `ext:`.
_ACHIEVEMENT_TYPES: Final = {
    "credit_transfer": "ext:CreditTransferDecision",
    "grade_eligibility": "ext:GradeEligibilityDecision",
}


def decision_badge(
    decision: DecisionFacts, holder: HolderFacts, issue: IssueFacts, issuer: IssuerFacts
) -> dict[str, Any]:
    """Return the unsigned credential of a decision; the deciding college is `source`.

    The college countersigns it with `signing.countersign`; its proof goes into `signing.sign` as
    one of `others`. A refusal is stated as one, with what is missing.

    Raises:
        DocumentNotSignable: if a fact cannot be stated.
    """
    urls = badges.context_urls(issuer)
    document = members.envelope(issue, issuer, urls, list(badges.TYPES))
    document["name"] = decision.name.zh
    document["description"] = decision.description.zh
    document["awardedDate"] = members.midnight(decision.decided_on)
    document["credentialSubject"] = _subject(decision, holder, issuer)
    document["evidence"] = [members.evidence(decision.entry, issuer)]
    return document


def _subject(facts: DecisionFacts, holder: HolderFacts, issuer: IssuerFacts) -> dict[str, Any]:
    subject = {
        **members.holder_members(holder),
        "type": ["AchievementSubject", "SkillsDecision"],
        "source": members.organisation(facts.institution, issuer),
        "decisionKind": facts.kind,
        "decisionResult": facts.outcome,
        "decidedOn": facts.decided_on,
        "rule": facts.rule,
        "ruleVersion": facts.rule_version,
        "ruleDigest": facts.rule_digest,
    }
    if facts.credits:
        subject["creditGranted"] = [members.credit(one) for one in facts.credits]
    if facts.outcomes:
        subject["usedOutcome"] = [_used(one) for one in facts.outcomes]
    if facts.missing:
        subject["missingCondition"] = [one.zh for one in facts.missing]
    subject["achievement"] = _achievement(facts, issuer)
    return subject


def _achievement(facts: DecisionFacts, issuer: IssuerFacts) -> dict[str, Any]:
    achievement: dict[str, Any] = {
        "id": members.iri(facts.id, "achievement"),
        "type": ["Achievement", "SkillsAchievement"],
        "achievementType": _ACHIEVEMENT_TYPES[facts.kind],
        "name": facts.target.zh,
        "description": facts.description.zh,
        "criteria": {"narrative": f"{facts.rule} {facts.rule_version}"},
        "humanCode": facts.target_code,
        "inLanguage": "zh",
        "creator": members.organisation(facts.institution, issuer),
    }
    achievement |= _english(facts.target, facts.description)
    if facts.level is not None:
        achievement["skillsLevel"] = members.level(facts.level)
    return achievement


def _english(name: Names, description: Names) -> dict[str, str]:
    texts = (("nameEn", name.en), ("descriptionEn", description.en))
    return {member: text for member, text in texts if text is not None}


def _used(facts: UsedOutcome) -> dict[str, Any]:
    used: dict[str, Any] = {
        "type": "UsedOutcome",
        "outcomeName": facts.name.zh,
        **members.place(facts.entry),
    }
    return used | ({"amountUsed": members.credit(facts.used)} if facts.used is not None else {})
