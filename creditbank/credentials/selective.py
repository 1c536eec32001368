"""SD-JWT VC (RFC 9901, `dc+sd-jwt`): one outcome whose members can be shown one by one.

openvc makes and reads the disclosures and signs; it draws salts and the time by itself, so the
order of the steps is ours: a credential has to come out the same when it is made again.
"""

from __future__ import annotations

import base64
from collections.abc import Collection
from typing import Any, Final

from openvc.proof.sd_jwt import disclosure_digest, make_object_disclosure
from openvc.status import build_token_status_reference

from creditbank.credentials import jose, members
from creditbank.credentials.signing import Key
from creditbank.domain.certifying import (
    AchievementFacts,
    HolderFacts,
    IssueFacts,
    IssuerFacts,
    ResultFacts,
    StageFacts,
)
from creditbank.domain.units import amount_text
from creditbank.errors.credentials import DocumentNotSignable
from creditbank.ledger.suite import mac

TYP: Final = "dc+sd-jwt"
TYPE_PATH: Final = "/types/skills-credit-v1"
DISCLOSABLE: Final = (
    "holder_name",
    "name",
    "code",
    "version",
    "institution",
    "achieved_on",
    "class_hours",
    "credits",
    "stages",
    "results",
    "level",
    "skills",
    "verification_level",
    "certificate_number",
    "log_entry",
)
"""The members that can be shown one by one, in the order of their disclosures."""

_SALT_BYTES: Final = 16
_SALT_DOMAIN: Final = b"creditbank/sd-jwt-salt/1\x00"


def vct(issuer: IssuerFacts) -> str:
    """Return the type of our SD-JWT VCs: `<url>/types/skills-credit-v1`."""
    return issuer.url.rstrip("/") + TYPE_PATH


def sd_jwt_vc(
    achievement: AchievementFacts,
    holder: HolderFacts,
    issue: IssueFacts,
    issuer: IssuerFacts,
    *,
    key: Key,
) -> str:
    """Return the signed SD-JWT with all disclosures, ending in `~`.

    Always shown: issuer, type (`vct`), validity, status, and the holder's key if there is one.
    `DISCLOSABLE` are shown one by one. Salts are HMACs under `issue.salt_secret`, so that signing
    again gives the same bytes.

    Raises:
        DocumentNotSignable: if `issue.salt_secret` is missing or has fewer than 16 bytes.
    """
    secret = issue.salt_secret
    if secret is None or len(secret) < _SALT_BYTES:
        raise DocumentNotSignable(member="salt_secret", reason="salt_length")
    claims = _claims(achievement, holder)
    disclosures = [
        make_object_disclosure(_salt(secret, name), name, claims[name])
        for name in DISCLOSABLE
        if name in claims
    ]
    payload = _payload(holder, issue, issuer) | {
        "_sd": sorted(disclosure_digest(one) for one in disclosures),
        "_sd_alg": "sha-256",
    }
    signed = jose.sign({"typ": TYP, "alg": key.alg, "kid": key.kid}, payload, key)
    return "~".join([signed, *disclosures, ""])


def present(sd_jwt: str, names: Collection[str]) -> str:
    """Return the SD-JWT with the disclosures of `names` alone, without a key binding.

    Raises:
        MalformedDocument: if it is not an SD-JWT of object members.
    """
    signed, *disclosures = sd_jwt.split("~")
    kept = [one for one in disclosures if one and jose.disclosed_name(one) in names]
    return "~".join([signed, *kept, ""])


def type_metadata(issuer: IssuerFacts) -> dict[str, Any]:
    """Return the SD-JWT VC type metadata that stands at the `vct` URL."""
    return {
        "vct": vct(issuer),
        "name": "Skills credit 技能学分证书",
        "description": "One learning outcome on record at a skills credit bank.",
        "claims": [
            {"path": [name], "sd": "always", "display": [{"locale": "zh-CN", "name": label}]}
            for name, label in zip(DISCLOSABLE, _LABELS, strict=True)
        ],
    }


_LABELS: Final = (
    "姓名",
    "名称",
    "代码",
    "版本",
    "机构",
    "取得日期",
    "学时",
    "学分",
    "学训评证",
    "成绩",
    "等级",
    "技能",
    "核实等级",
    "证书编号",
    "分录",
)


def _payload(holder: HolderFacts, issue: IssueFacts, issuer: IssuerFacts) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "iss": issuer.url,
        "vct": vct(issuer),
        "jti": issue.url,
        "iat": issue.created,
        "nbf": issue.valid_from,
        "sub": members.iri(holder.subject, "sub"),
    }
    if issue.valid_until is not None:
        payload["exp"] = issue.valid_until
    if holder.key is not None:
        payload["cnf"] = {"jwk": dict(holder.key)}
    if issue.token_status is not None:
        place = issue.token_status
        payload |= build_token_status_reference(uri=place.list_url, index=place.position)
    return payload


def _claims(facts: AchievementFacts, holder: HolderFacts) -> dict[str, Any]:
    """Return what is shown one by one; amounts are text with two places, as in the ledger."""
    found = {
        "holder_name": holder.name,
        "name": facts.name.zh,
        "code": facts.code,
        "version": facts.version,
        "institution": {"uscc": facts.institution.uscc, "name": facts.institution.name},
        "achieved_on": facts.achieved_on,
        "class_hours": {
            "theory": amount_text(facts.hours_theory),
            "practice": amount_text(facts.hours_practice),
        },
        "credits": [
            {"system": one.system, "amount": amount_text(one.amount)} for one in facts.credits
        ],
        "stages": [_stage(one) for one in facts.stages],
        "results": [_result(one) for one in facts.results],
        "level": facts.level
        and {"scale": facts.level.scale, "rank": facts.level.rank, "name": facts.level.name},
        "skills": [_present(name=one.name, code=one.code, url=one.url) for one in facts.skills],
        "verification_level": facts.verification,
        "certificate_number": facts.certificate_number,
        "log_entry": {
            "origin": facts.entry.origin,
            "index": facts.entry.index,
            "leaf_hash": facts.entry.leaf_hash,
        },
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def _stage(facts: StageFacts) -> dict[str, Any]:
    return _present(
        stage=facts.stage,
        institution=facts.institution and facts.institution.name,
        hours=None if facts.hours is None else amount_text(facts.hours),
        started_on=facts.started_on,
        ended_on=facts.ended_on,
    )


def _result(facts: ResultFacts) -> dict[str, Any]:
    return _present(name=facts.name, scale=facts.scale, value=facts.value, passed=facts.passed)


def _present(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _salt(secret: bytes, name: str) -> str:
    """Return 128 bits that nobody can guess who has not the secret of this issue."""
    salt = mac(secret, _SALT_DOMAIN + name.encode())[:_SALT_BYTES]
    return base64.urlsafe_b64encode(salt).rstrip(b"=").decode()
