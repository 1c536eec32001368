"""The published contract of entries: what their parts may say."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from creditbank.domain.kinds import ACTOR, PARTS, PUBLIC_KINDS, kind_schemas
from creditbank.domain.modules import judge_module
from creditbank.domain.submissions import SUBMISSION_SCHEMA
from tests import factories
from tests.cases import case

DIGEST, ID = "0" * 64, "0" * 32
ACCOUNT = "la-abcdefghijklmnop"
CREDENTIAL = "7e0f5c0e-8a4c-4b7a-9d2f-0c1b2a394857"
COMMON = {"org": "bank", "source": DIGEST}
REGISTER = {
    "kind": "module",
    "id": "m-1",
    "version": "1",
    "digest": DIGEST,
    "valid_from": "2026-01-01",
}
ACTS: dict[str, dict[str, Any]] = {
    "genesis/1": {
        "origin": "bank.test/log",
        "suite": 1,
        "keys": [{"alg": "ed25519", "public": "00" * 32}],
    },
    "keys/1": {
        "generation": 1,
        "keys": [{"alg": "ml-dsa-44", "public": "00" * 1312}],
        "from_size": 8,
        "previous_until": 1_800_000_000,
    },
    "register/1": {"register": REGISTER},
    "account/1": {},
    "identity/1": {},
    "restriction/1": {},
    "outcome/1": {
        "type": "module",
        "outcome": ID,
        "verification": "issuer",
        "module": {"id": "m-1", "version": "1", "digest": DIGEST},
        "level": {"scale": "cn-grade-5", "rank": 1},
        "award": {
            "credits": [{"system": "cn-16", "amount": "1.50"}],
            "hours": {"theory": "8.00", "practice": "16.00"},
        },
        "batch": {"id": ID, "row": 1},
    },
    "revocation/1": {
        "target": {"log": "bank.test/log", "index": 7, "hash": DIGEST},
        "outcome": ID,
        "continues": ID,
    },
    "batch/1": {"batch": {"id": ID, "items": 3, "recorded": 1, "replayed": 1, "refused_rows": [3]}},
    "grant/1": {"grant": ID},
    "grant_end/1": {"grant": ID},
    "erasure/1": {"erased": [DIGEST]},
    "conversion/1": {
        "conversion": ID,
        "decides": "conversion",
        "owner": "college",
        "rulebooks": [{"id": "r-1", "version": "1", "digest": DIGEST}],
        "engine": "conversion-engine/1",
        "steps": 4,
        "taken": 1,
        "status": "pending",
        "expires_at": 1_800_000_000,
    },
    "conversion_step/1": {
        "conversion": ID,
        "step": "faculty",
        "number": 2,
        "by": "owner",
        "result": "passed",
        "status": "pending",
    },
    "conversion_end/1": {"conversion": ID, "end": "withdrawn"},
    "conversion_review/1": {"conversion": ID},
    "evidence/1": {"evidence": ID, "by": "institution"},
    "credential/1": {
        "credential": CREDENTIAL,
        "form": "open_badge",
        "list": 1,
        "position": 131_071,
        "created": "2026-06-30T08:00:00Z",
        "key": "did:web:bank.test#z6Mk",
        "site": "https://bank.test",
        "contexts": [{"url": "https://www.w3.org/ns/credentials/v2", "digest": DIGEST}],
        "cause": [{"index": 7, "hash": DIGEST, "outcome": ID}],
        "replaces": CREDENTIAL,
    },
    "credential_status/1": {"credential": CREDENTIAL, "change": "suspended"},
    "credential_proof/1": {
        "credential": CREDENTIAL,
        "suite": "eddsa-rdfc-2022",
        "created": "2026-06-30T08:00:00Z",
        "method": "did:key:z6Mk#z6Mk",
        "value": "z" + "5" * 87,
    },
    "credential_key/1": {
        "generation": 1,
        "alg": "ed25519",
        "public": DIGEST,
        "previous_compromised": True,
    },
}
PERSONS: dict[str, dict[str, Any]] = {
    "account/1": {"legal_basis": "statutory_duty", "notice": "1", "document_kind": "passport"},
    "identity/1": {"changed": ["name", "phone"]},
    "restriction/1": {"reason": "诉讼", "until": "2027-01-01"},
    "revocation/1": {"reason": "误报", "note": "见函"},
    "grant/1": {"grant": {"org": "bank", "purpose": "学分转换", "until": 1_800_000_000}},
    "grant_end/1": {},
    "conversion/1": {
        "on": "2026-06-30",
        "consent": {"form": "paper", "notice": "1", "digest": DIGEST},
        "requested": [{"rule": "vision", "course": "AI-201"}],
        "evaluators": ["school"],
        "targets": [
            {
                "rule": "vision",
                "rule_version": "1",
                "target": "course:p:AI-201",
                "scope": "academic",
                "granted": "1.50",
                "system": "cn-16",
                "grade": {"scale": "letter-5", "mark": "优"},
                "outcomes": [ID],
            }
        ],
        "uses": [
            {
                "outcome": ID,
                "scope": "academic",
                "rule": "vision",
                "target": "course:p:AI-201",
                "sharing": "exclusive",
                "unit": "credit:cn-16",
                "amount": "1.50",
                "of": "1.50",
            }
        ],
        "evidence": [
            {"id": "enrolment", "by": "institution", "org": "college", "value": {"major": "510209"}}
        ],
        "schema": "conversion-case/1",
        "case": {"on": "2026-06-30"},
        "evaluation": {"results": []},
    },
    "conversion_step/1": {"opinion": "同意"},
    "conversion_end/1": {"reason": "改选"},
    "conversion_review/1": {"causes": [ID], "reason": "无影响"},
    "evidence/1": {
        "id": "enrolment",
        "value": {"major": "510209"},
        "until": "2028-07-31",
        "digest": DIGEST,
    },
    "credential/1": {"schema": "credential-facts/1", "facts": {"bank": {"zh": "学分银行"}}},
    "credential_status/1": {"reason": "复核"},
    "credential_proof/1": {},
}
SCHEMAS = kind_schemas()


def act(kind: str) -> dict[str, Any]:
    return {"kind": kind} | COMMON | ACTS[kind]


def outcome_person() -> dict[str, Any]:
    """Return what an entry keeps of a judged completion."""
    judged = case(factories.completion("m-1", 1))
    addition = judge_module(judged)
    assert addition.award
    return {
        "account": ACCOUNT,
        "schema": SUBMISSION_SCHEMA,
        "submission": judged.submission,
        "subject": addition.subject,
        "title": addition.title,
        "stages": list(addition.stages),
        "attempts": list(addition.attempts),
        "achieved_on": addition.award.achieved_on,
    }


def person(kind: str) -> dict[str, Any]:
    if kind == "outcome/1":
        return outcome_person()
    return {"account": ACCOUNT} | PERSONS[kind]


def schema_of(kind: str, part: str) -> Draft202012Validator:
    name, version = kind.split("/")
    return Draft202012Validator(SCHEMAS[f"{name}.v{version}.{part}"])


@pytest.mark.parametrize("kind", PARTS)
def test_an_act_of_each_kind_is_accepted_and_fits_its_schema(kind: str) -> None:
    assert PARTS[kind]["act"].validate_python(act(kind)) == act(kind)
    schema_of(kind, "act").validate(act(kind))


@pytest.mark.parametrize("kind", [kind for kind in PARTS if "person" in PARTS[kind]])
def test_a_person_of_each_kind_is_accepted_and_fits_its_schema(kind: str) -> None:
    assert PARTS[kind]["person"].validate_python(person(kind)) == person(kind)
    schema_of(kind, "person").validate(person(kind))


@pytest.mark.parametrize(
    ("kind", "part"), [(kind, part) for kind, parts in PARTS.items() for part in parts]
)
def test_no_part_says_what_its_kind_does_not_say(kind: str, part: str) -> None:
    surplus = (act(kind) if part == "act" else person(kind)) | {"name": "张三"}
    with pytest.raises(ValidationError, match="Extra inputs"):
        PARTS[kind][part].validate_python(surplus)
    assert not schema_of(kind, part).is_valid(surplus)


@pytest.mark.parametrize("kind", PARTS)
def test_the_schema_of_an_act_is_for_its_kind_alone(kind: str) -> None:
    assert not schema_of(kind, "act").is_valid(act(kind) | {"kind": "other/1"})


def test_every_schema_is_one_and_has_a_name_of_its_own() -> None:
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)
    assert len({schema["$id"] for schema in SCHEMAS.values()}) == len(SCHEMAS)
    of_kinds = {
        f"{kind.replace('/', '.v')}.{part}" for kind, parts in PARTS.items() for part in parts
    }
    assert set(SCHEMAS) == of_kinds | {"actor.v1", "attest.v1"}


def test_public_kinds_have_no_part_about_a_person() -> None:
    for kind in PUBLIC_KINDS:
        assert set(PARTS[kind]) == {"act"}


def test_an_actor_is_a_token_and_the_operators_it_names() -> None:
    actor = {"token": "t-1", "operator": "经办甲", "reviewer": "复核乙"}
    assert ACTOR.validate_python(actor) == actor
    Draft202012Validator(SCHEMAS["actor.v1"]).validate(actor)
    with pytest.raises(ValidationError, match="token"):
        ACTOR.validate_python({"operator": "经办甲"})


def test_what_an_entry_keeps_of_an_attempt_is_complete() -> None:
    kept = outcome_person()
    del kept["attempts"][0]["verification"]
    with pytest.raises(ValidationError, match="verification"):
        PARTS["outcome/1"]["person"].validate_python(kept)
