"""What a person reads out of a credential: for printed pages, web pages and pictures.

Read from the signed document itself, never from our own records, so that nothing stands on a page
that the signature does not cover. Documents of others are read as far as they use the same terms;
a member of another form is passed over, since showing is not judging.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from creditbank.credentials import jose
from creditbank.credentials.limits import read_json
from creditbank.domain.certifying import LogEntry, Names

_TEXT_MAX: Final = 4000
_ITEMS_MAX: Final = 500
_STAGE_MEMBERS: Final = ("stage", "institution", "hours", "started_on", "ended_on")


@dataclass(frozen=True, slots=True)
class Amount:
    """Credit as the document states it: amount and credit system, both as text."""

    amount: str
    system: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage; `hours` and days as text, empty where the document has none."""

    stage: str
    institution: str
    hours: str
    started_on: str
    ended_on: str


@dataclass(frozen=True, slots=True)
class Result:
    """A result under the name of its scale; `required` is what it takes to pass."""

    name: str
    value: str
    required: str


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill of a framework."""

    name: str
    framework: str
    code: str


@dataclass(frozen=True, slots=True)
class Summary:
    """One credential in words; an empty text or tuple where the document says nothing."""

    id: str
    kinds: tuple[str, ...]
    name: Names
    description: Names
    criteria: Names
    holder: str
    issuer: Names
    issuer_id: str
    institution: str
    code: str
    version: str
    module_kind: str
    achieved_on: str
    valid_from: str
    valid_until: str
    hours_theory: str
    hours_practice: str
    level: str
    verification: str
    decision: str
    target: str
    rule: str
    amounts: tuple[Amount, ...]
    stages: tuple[Stage, ...]
    results: tuple[Result, ...]
    skills: tuple[Skill, ...]
    missing: tuple[str, ...]
    entry: LogEntry | None
    signed_by: tuple[str, ...]
    signed_at: str
    parts: tuple[Summary, ...]

    @property
    def is_record(self) -> bool:
        """Whether this is a whole statement: a CLR."""
        return "ClrCredential" in self.kinds


def summary_of(document: Mapping[str, Any]) -> Summary:
    """Return what `document` says, a parsed credential of any form with embedded proof."""
    subject = _object(document.get("credentialSubject"))
    achievement = _object(subject.get("achievement"))
    issuer = document.get("issuer")
    profile = _object(issuer)
    proofs = _objects(document.get("proof"))
    return Summary(
        id=_text(document.get("id")),
        kinds=_texts(document.get("type")),
        name=_named(achievement or document, "name", "nameEn"),
        description=_named(achievement or document, "description", "descriptionEn"),
        criteria=Names(
            _text(_object(achievement.get("criteria")).get("narrative")),
            _text(achievement.get("criteriaEn")) or None,
        ),
        holder=_holder(subject),
        issuer=_names(profile.get("name")),
        issuer_id=issuer if isinstance(issuer, str) else _text(profile.get("id")),
        institution=_any(_object(subject.get("source")).get("name")),
        code=_text(achievement.get("humanCode")),
        version=_text(achievement.get("version")),
        module_kind=_text(achievement.get("moduleKind")),
        achieved_on=_text(subject.get("achievedOn")) or _text(document.get("awardedDate"))[:10],
        valid_from=_text(document.get("validFrom")),
        valid_until=_text(document.get("validUntil")),
        hours_theory=_number(subject.get("classHoursTheory")),
        hours_practice=_number(subject.get("classHoursPractice")),
        level=_text(_object(achievement.get("skillsLevel")).get("levelName")),
        verification=_text(subject.get("verificationLevel")),
        decision=_text(subject.get("decisionResult")),
        target=_text(subject.get("decisionKind")),
        rule=" ".join(filter(None, (_text(subject.get(one)) for one in ("rule", "ruleVersion")))),
        amounts=_amounts(subject),
        stages=tuple(_stage(one) for one in _objects(subject.get("stage"))),
        results=_results(subject, achievement),
        skills=tuple(_skill(one) for one in _objects(achievement.get("alignment"))),
        missing=_texts(subject.get("missingCondition")),
        entry=_entry(document, subject),
        signed_by=tuple(_text(one.get("verificationMethod")) for one in proofs),
        signed_at=_text(proofs[0].get("created")) if proofs else "",
        parts=tuple(summary_of(one) for one in _objects(subject.get("verifiableCredential"))),
    )


def summary_of_sd_jwt(sd_jwt: str) -> Summary:
    """Return what one of our SD-JWT VCs shows; nothing is verified.

    Raises:
        MalformedDocument: if it is none.
    """
    signed, *disclosures = sd_jwt.split("~")
    _, payload = jose.peek(signed)
    claims = {name: value for name, value in payload.items() if not name.startswith("_sd")}
    for disclosure in disclosures:
        if disclosure and "." not in disclosure:  # the key binding is a JWS
            claims[jose.disclosed_name(disclosure)] = read_json(jose.decode(disclosure))[2]
    return summary_of_claims(claims)


def summary_of_claims(claims: Mapping[str, Any]) -> Summary:
    """Return what the claims of one of our SD-JWT VCs say, as far as they are disclosed."""
    level, hours = _object(claims.get("level")), _object(claims.get("class_hours"))
    entry = _object(claims.get("log_entry"))
    index = entry.get("index")
    return replace(
        summary_of({}),
        id=_text(claims.get("jti")),
        kinds=(_text(claims.get("vct")),),
        name=Names(_text(claims.get("name"))),
        holder=_text(claims.get("holder_name")),
        issuer_id=_text(claims.get("iss")),
        institution=_institution(claims.get("institution")),
        code=_text(claims.get("code")),
        version=_text(claims.get("version")),
        achieved_on=_text(claims.get("achieved_on")),
        hours_theory=_number(hours.get("theory")),
        hours_practice=_number(hours.get("practice")),
        level=_text(level.get("name")),
        verification=_text(claims.get("verification_level")),
        amounts=tuple(
            Amount(_number(one.get("amount")), _text(one.get("system")))
            for one in _objects(claims.get("credits"))
        ),
        stages=tuple(
            Stage(*(_text(one.get(name)) for name in _STAGE_MEMBERS))
            for one in _objects(claims.get("stages"))
        ),
        results=tuple(
            Result(_text(one.get("name")), _number(one.get("value")), "")
            for one in _objects(claims.get("results"))
        ),
        skills=tuple(
            Skill(_text(one.get("name")), "", _text(one.get("code")))
            for one in _objects(claims.get("skills"))
        ),
        entry=LogEntry(_text(entry.get("origin")), index, _text(entry.get("leaf_hash")))
        if isinstance(index, int)
        else None,
    )


def shown(summary: Summary, *, name: bool, results: bool) -> Summary:
    """Return a summary without the holder's name, or without results, where they are not shown."""
    return replace(
        summary,
        holder=summary.holder if name else "",
        results=summary.results if results else (),
        parts=tuple(shown(part, name=name, results=results) for part in summary.parts),
    )


def _amounts(subject: Mapping[str, Any]) -> tuple[Amount, ...]:
    granted = subject.get("creditAmount") or subject.get("creditGranted")
    exact = tuple(
        Amount(_number(one.get("amount")), _any(one.get("creditSystemName", one["creditSystem"])))
        for one in _objects(granted)
        if "creditSystem" in one
    )
    plain = _number(subject.get("creditsEarned"))
    return exact or ((Amount(plain, ""),) if plain else ())


def _stage(one: Mapping[str, Any]) -> Stage:
    return Stage(
        stage=_text(one.get("stageName")),
        institution=_institution(one.get("stageInstitution")),
        hours=_number(one.get("classHours")),
        started_on=_text(one.get("startedOn")),
        ended_on=_text(one.get("endedOn")),
    )


def _institution(value: Any) -> str:
    return _any(value.get("name")) if isinstance(value, Mapping) else _any(value)


def _results(subject: Mapping[str, Any], achievement: Mapping[str, Any]) -> tuple[Result, ...]:
    described = {
        _text(one.get("id")): one for one in _objects(achievement.get("resultDescription"))
    }
    found = []
    for one in _objects(subject.get("result")):
        about = described.get(_text(one.get("resultDescription")), {})
        value = _number(one.get("value")) or _text(one.get("status"))
        found.append(Result(_any(about.get("name")), value, _number(about.get("requiredValue"))))
    return tuple(found)


def _skill(one: Mapping[str, Any]) -> Skill:
    named = (_any(one.get("targetName")), _any(one.get("targetFramework")))
    return Skill(*named, _text(one.get("targetCode")))


def _entry(document: Mapping[str, Any], subject: Mapping[str, Any]) -> LogEntry | None:
    """Return where in the log it stands: the evidence of a badge, the subject of a record."""
    for one in (*_objects(document.get("evidence")), subject):
        index, origin = one.get("entryIndex"), _text(one.get("logOrigin"))
        if origin and isinstance(index, int | str) and str(index).isdecimal():
            return LogEntry(origin, int(index), _text(one.get("leafHash")))
    return None


def _holder(subject: Mapping[str, Any]) -> str:
    """Return the holder's name where it is shown: an identifier of type `name` that is no hash."""
    for one in _objects(subject.get("identifier")):
        if one.get("identityType") == "name" and one.get("hashed") is False:
            return _text(one.get("identityHash"))
    return ""


def _named(value: Mapping[str, Any], member: str, english: str) -> Names:
    names = _names(value.get(member))
    other = _text(value.get(english))
    return Names(names.zh, other or names.en)


def _names(value: Any) -> Names:
    """Return a name that may be plain text or a language map of VC 2.0."""
    if isinstance(value, str):
        return Names(_text(value))
    by_language = {_text(one.get("@language")): _text(one.get("@value")) for one in _objects(value)}
    chinese = next((text for tag, text in by_language.items() if tag.startswith("zh")), "")
    english = next((text for tag, text in by_language.items() if tag.startswith("en")), None)
    return Names(chinese or english or next(iter(by_language.values()), ""), english)


def _any(value: Any) -> str:
    return _names(value).zh


def _object(value: Any) -> Mapping[str, Any]:
    found = _objects(value)
    return found[0] if found else {}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    many = value if isinstance(value, list) else [value]
    return [one for one in many[:_ITEMS_MAX] if isinstance(one, Mapping)]


def _texts(value: Any) -> tuple[str, ...]:
    many = value if isinstance(value, list) else [value]
    return tuple(_any(one) for one in many[:_ITEMS_MAX] if isinstance(one, (str, Mapping)))


def _text(value: Any) -> str:
    return value[:_TEXT_MAX] if isinstance(value, str) else ""


def _number(value: Any) -> str:
    """Return a number as it is written, a JSON number or text."""
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, (int, float)) else _text(value)
