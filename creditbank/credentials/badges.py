"""Open Badges 3.0: one outcome as an `OpenBadgeCredential` (W3C VC 2.0).

The bank is the issuer; the institution that taught or assessed is the subject's `source` and the
achievement's `creator`. Member names are those of the Open Badges 3.0 specification (1EdTech) and
of our own context.
"""

from __future__ import annotations

from typing import Any, Final

from creditbank.credentials import contexts, members, results
from creditbank.domain.certifying import (
    AchievementFacts,
    HolderFacts,
    IssueFacts,
    IssuerFacts,
    SkillFacts,
    StageFacts,
)
from creditbank.domain.units import amount_text

TYPES: Final = ("VerifiableCredential", "OpenBadgeCredential")

# Of the enumeration AchievementType in Open Badges 3.0.
_ACHIEVEMENT_TYPES: Final = {
    "micro": "MicroCredential",
    "ai_literacy_topic": "Course",
    "occupation_course": "Course",
    "specialised_ability": "Competency",
    "entrepreneurship": "Course",
    "project": "CertificateOfCompletion",
    "academic_course": "Course",
    "self_study_exam": "Course",
    "online_course": "Course",
    "certificate": "Certification",
}


def context_urls(issuer: IssuerFacts) -> tuple[str, ...]:
    """Return the contexts of badges and decisions, in order: what `contexts.digests` is to pin."""
    return (contexts.CREDENTIALS, contexts.OPEN_BADGES, contexts.own_url(issuer.url))


def open_badge(
    achievement: AchievementFacts, holder: HolderFacts, issue: IssueFacts, issuer: IssuerFacts
) -> dict[str, Any]:
    """Return the unsigned credential.

    Raises:
        DocumentNotSignable: if a fact cannot be stated, such as a URL that is none.
    """
    document = members.envelope(issue, issuer, context_urls(issuer), list(TYPES))
    document["name"] = achievement.name.zh
    document["description"] = achievement.description.zh
    document["awardedDate"] = members.midnight(achievement.achieved_on)
    document["credentialSubject"] = _subject(achievement, holder, issuer)
    document["evidence"] = [members.evidence(achievement.entry, issuer)]
    return document


def _subject(facts: AchievementFacts, holder: HolderFacts, issuer: IssuerFacts) -> dict[str, Any]:
    subject = {
        **members.holder_members(holder),
        "type": ["AchievementSubject", "SkillsOutcome"],
        "source": members.organisation(facts.institution, issuer),
        "achievedOn": facts.achieved_on,
        "classHoursTheory": amount_text(facts.hours_theory),
        "classHoursPractice": amount_text(facts.hours_practice),
    }
    if len(facts.credits) == 1:  # Open Badges has one number without a system
        subject["creditsEarned"] = members.number(facts.credits[0].amount)
    if facts.credits:
        subject["creditAmount"] = [members.credit(one) for one in facts.credits]
    if facts.stages:
        subject["stage"] = [_stage(one, issuer) for one in facts.stages]
    if facts.verification is not None:
        subject["verificationLevel"] = facts.verification
    if facts.certificate_number is not None:
        subject["licenseNumber"] = facts.certificate_number
    subject |= _activity(facts.stages)
    if facts.results:
        subject["result"] = [
            results.result(one, facts.id, number)
            for number, one in enumerate(facts.results, start=1)
        ]
    subject["achievement"] = _achievement(facts, issuer)
    return subject


def _achievement(facts: AchievementFacts, issuer: IssuerFacts) -> dict[str, Any]:
    achievement: dict[str, Any] = {
        "id": members.iri(facts.id, "achievement"),
        "type": ["Achievement", "SkillsAchievement"],
        "achievementType": _ACHIEVEMENT_TYPES.get(facts.kind, "Achievement"),
        "name": facts.name.zh,
        "description": facts.description.zh,
        "criteria": {"narrative": facts.criteria.zh},
        "humanCode": facts.code,
        "version": facts.version,
        "inLanguage": "zh",
        "creator": members.organisation(facts.institution, issuer),
        "moduleKind": facts.kind,
    }
    english = (
        ("nameEn", facts.name.en),
        ("descriptionEn", facts.description.en),
        ("criteriaEn", facts.criteria.en),
    )
    achievement |= {name: text for name, text in english if text is not None}
    if facts.scene is not None:
        achievement["scene"] = facts.scene
    if facts.level is not None:
        achievement["skillsLevel"] = members.level(facts.level)
    if facts.skills:
        achievement["alignment"] = [
            _alignment(one, facts.id, number) for number, one in enumerate(facts.skills, start=1)
        ]
    if facts.results:
        achievement["resultDescription"] = [
            results.description(one, facts.id, number)
            for number, one in enumerate(facts.results, start=1)
        ]
    return achievement


def _stage(facts: StageFacts, issuer: IssuerFacts) -> dict[str, Any]:
    stage: dict[str, Any] = {"type": "SkillsStage", "stageName": facts.stage}
    if facts.institution is not None:
        stage["stageInstitution"] = members.organisation(facts.institution, issuer)
    if facts.hours is not None:
        stage["classHours"] = amount_text(facts.hours)
    if facts.started_on is not None:
        stage["startedOn"] = facts.started_on
    if facts.ended_on is not None:
        stage["endedOn"] = facts.ended_on
    return stage


def _activity(stages: tuple[StageFacts, ...]) -> dict[str, str]:
    """Return the first and the last day of all stages, where they are known."""
    days = {
        "activityStartDate": min((one.started_on for one in stages if one.started_on), default=""),
        "activityEndDate": max((one.ended_on for one in stages if one.ended_on), default=""),
    }
    return {name: members.midnight(day) for name, day in days.items() if day}


def _alignment(skill: SkillFacts, achievement: str, number: int) -> dict[str, Any]:
    """Return a skill; one without an address of its own gets one below the achievement's."""
    url = f"{achievement}#skill-{number}" if skill.url is None else skill.url
    alignment: dict[str, Any] = {
        "type": ["Alignment"],
        "targetName": skill.name,
        "targetUrl": members.iri(url, "alignment"),
        "targetType": "ceasn:Competency",
    }
    if skill.framework is not None:
        alignment["targetFramework"] = skill.framework
    if skill.code is not None:
        alignment["targetCode"] = skill.code
    return alignment
