"""Each thing that can be wrong with a certificate has an answer of its own, and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from openvc.multibase import encode_multibase
from openvc.proof.contexts import document_loader
from openvc.proof.data_integrity import DataIntegrityProofSuite, _hash_data

from creditbank.credentials import contexts, signing
from creditbank.credentials.did import KeyRecord
from creditbank.credentials.signing import Key
from creditbank.domain.certifying import StatusMessage
from creditbank.domain.verification import Report, Result
from creditbank.ledger.times import format_time
from tests.credential_scene import (
    COLLEGE_KEY,
    CREATED,
    ISSUER,
    KEY,
    NOW,
    POSITION,
    World,
    answers,
    badge,
    copied,
    decision,
    record,
    signed,
)

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return signed(badge())


def failed(report: Report) -> list[str]:
    """Return the checks that failed or were left open."""
    return [step.check for step in report.steps if step.state.code in {"failed", "undecided"}]


def test_what_was_issued_is_valid_and_said_in_full(whole: dict[str, Any]) -> None:
    report = World().verify(whole)
    assert (report.result, answers(report)) == (Result.VALID, set())
    assert report.document_kind == "open_badge"
    assert report.signed_by == (KEY.id,)
    assert report.as_of == "2026-11-01T02:26:40Z"
    assert report.document()["credentials"] == [
        {
            "id": "https://bank.example/credentials/one",
            "kind": "open_badge",
            "issuer": "did:web:bank.example",
            "issuer_name": "技能学分银行",
            "name": "工业视觉检测",
            "holder": "张三",
            "subject": "urn:uuid:6f1d2c3b-0000-4000-8000-000000000001",
            "valid_from": "2026-11-01T02:26:40Z",
            "standing": "stands",
            "messages": [],
            "countersigned_by": [],
            "shown": [],
        }
    ]


def _set(*path: str) -> Callable[[Any], Change]:
    def to(value: Any) -> Change:
        def change(document: dict[str, Any]) -> None:
            member: Any = document
            for name in path[:-1]:
                member = member[int(name) if isinstance(member, list) else name]
            member[path[-1]] = value

        return change

    return to


def _without(name: str) -> Change:
    return lambda document: document.pop(name)


@pytest.mark.parametrize(
    "change",
    [
        _set("name")("另一证书"),
        _set("validUntil")("2099-01-01T00:00:00Z"),
        _set("credentialSubject", "id")("urn:uuid:6f1d2c3b-0000-4000-8000-000000000002"),
        _set("credentialSubject", "creditsEarned")(15),
        _set("credentialSubject", "classHoursTheory")("80.00"),
        _set("credentialSubject", "identifier", "0", "identityHash")("李四"),
        _set("credentialSubject", "achievement", "skillsLevel", "rank")(5),
        _set("evidence", "0", "leafHash")("00" * 32),
        _set("credentialStatus", "0", "statusListIndex")("5"),
        _set("proof", "created")("2020-01-01T00:00:00Z"),
        _without("credentialStatus"),
        _without("evidence"),
    ],
)
def test_whatever_was_changed_is_forged(whole: dict[str, Any], change: Change) -> None:
    document = copied(whole)
    change(document)
    world = World()
    report = world.verify(document)
    assert (report.result, answers(report)) == (Result.NOT_VALID, {"forged"})
    assert report.credentials == []  # nothing of it is told
    assert world.asked == [ISSUER.did]  # and no status list asked for


@pytest.mark.parametrize(
    "change",
    [
        _set("remark")("excellent"),
        _set("credentialSubject", "grade")("A"),
        _set("evidence", "0", "remark")({"nested": "x"}),
        _set("credentialSubject", "achievement", "nested")([["a"]]),
        _set("@included")([]),
        lambda document: document.__setitem__("https://schema.org/name", document.pop("name")),
        lambda document: document.__setitem__("evidence", [document["evidence"]]),
        lambda document: document["credentialStatus"].append({"id": "relative"}),
    ],
)
def test_what_no_signature_covers_is_refused(whole: dict[str, Any], change: Change) -> None:
    document = copied(whole)
    change(document)
    report = World().verify(document)
    assert report.result is Result.NOT_VALID
    assert answers(report) <= {"not_covered", "forged"}
    assert answers(report)


@pytest.mark.parametrize(
    ("world", "expected", "result"),
    [
        (World(revoked={POSITION}), {"revoked"}, Result.NOT_VALID),
        (World(suspended={POSITION}), {"suspended"}, Result.NOT_VALID),
        (
            World(revoked={POSITION}, messages={POSITION: frozenset({StatusMessage.SUPERSEDED})}),
            {"revoked", "superseded"},
            Result.NOT_VALID,
        ),
        (
            World(messages={POSITION: frozenset({StatusMessage.ERASED})}),
            {"erased"},
            Result.VALID,
        ),
        (World(down={"all lists"}), {"status_unreachable"}, Result.UNDECIDABLE),
        (World(down={ISSUER.did}), {"issuer_unreachable"}, Result.UNDECIDABLE),
        (World(known=frozenset()), {"issuer_unknown"}, Result.UNDECIDABLE),
        (World(list_key=COLLEGE_KEY), {"status_unusable"}, Result.UNDECIDABLE),
        (World(list_created=NOW + 9999), {"status_unusable"}, Result.UNDECIDABLE),
        (
            World(keys=[KeyRecord(COLLEGE_KEY.public, CREATED)]),
            {"forged"},
            Result.NOT_VALID,
        ),
        (
            World(keys=[KeyRecord(KEY.public, CREATED, NOW, NOW)]),
            {"key_not_in_force"},
            Result.NOT_VALID,
        ),
    ],
)
def test_each_state_of_the_world_has_its_own_answer(
    whole: dict[str, Any], world: World, expected: set[str], result: Result
) -> None:
    report = world.verify(whole)
    assert (answers(report), report.result) == (expected, result)


def test_bounds_of_validity() -> None:
    document = signed(badge(valid_from=NOW, valid_until=NOW + 100))
    world = World(list_created=CREATED)
    assert answers(world.verify(document, NOW - 61)) == {"not_yet_valid"}
    assert answers(world.verify(document, NOW - 60)) == set()
    assert answers(world.verify(document, NOW + 100)) == set()
    assert answers(world.verify(document, NOW + 101)) == {"expired"}


def test_a_stranger_who_signs_in_the_issuers_name_is_found_out() -> None:
    impostor = Key(bytes(range(7, 39)), ISSUER.did)
    assert answers(World().verify(signed(badge(), impostor))) == {"forged"}
    # With a key of their own the signature is theirs, and so not the issuer's.
    assert answers(World().verify(signed(badge(), COLLEGE_KEY))) == {"not_signed"}
    unsigned = badge()
    assert answers(World().verify(unsigned)) == {"not_signed"}


def test_an_issuer_nobody_here_knows_can_be_checked_and_not_relied_on() -> None:
    document = badge() | {"issuer": {"id": COLLEGE_KEY.did, "type": ["Profile"], "name": "x"}}
    document.pop("credentialStatus")
    report = World().verify(signed(document, COLLEGE_KEY))
    assert report.result is Result.UNDECIDABLE
    assert answers(report) == {"issuer_unknown", "later_unknown"}
    assert failed(report) == ["issuer"]
    elsewhere = badge() | {"issuer": {"id": "did:web:other.example", "type": ["Profile"]}}
    key = Key(bytes(32), "did:web:other.example")
    assert answers(World().verify(signed(elsewhere, key))) == {"issuer_unknown"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_set("@context")("https://www.w3.org/ns/credentials/v2"), "malformed"),
        (_set("@context")(["https://www.w3.org/2018/credentials/v1"]), "unknown_version"),
        (_set("type")(["OpenBadgeCredential"]), "malformed"),
        (_set("issuer")({"name": "nobody"}), "malformed"),
        (_set("issuer")(None), "malformed"),
        (_set("id")("relative"), "malformed"),
        (_set("credentialSubject")([]), "malformed"),
        (_set("credentialSubject")([1]), "malformed"),
        (_set("credentialSubject", "achievement")([]), "malformed"),
        (_set("credentialSubject", "achievement", "criteria")(""), "malformed"),
        (_set("proof")([]), "not_signed"),
        (_set("proof")("z"), "malformed"),
        (_set("proof")([{"type": "RsaSignature2018"}]), "proof_unknown"),
        (_set("proof", "proofPurpose")("authentication"), "malformed"),
        (_set("proof", "previousProof")("urn:uuid:x"), "malformed"),
        (_set("proof", "challenge")("x"), "malformed"),
        (_set("proof", "proofValue")(7), "malformed"),
        (_set("proof", "proofValue")("zzz"), "malformed"),
        (_set("relatedResource")([]), "context_unknown"),
        (
            _set("@context")(["https://www.w3.org/ns/credentials/v2", {"a": "b:c"}]),
            "context_unknown",
        ),
        (
            lambda document: document["@context"].append("https://evil.example/context"),
            "context_unknown",
        ),
    ],
)
def test_another_form_is_neither_valid_nor_forged(
    whole: dict[str, Any], change: Change, expected: str
) -> None:
    document = copied(whole)
    change(document)
    world = World()
    assert answers(world.verify(document)) >= {expected}
    assert "forged" not in answers(world.verify(document))
    assert world.verify(document).result is not Result.VALID


def test_lists_are_the_issuers_own_whole_and_in_their_place(whole: dict[str, Any]) -> None:
    def other_place(document: dict[str, Any]) -> dict[str, Any]:
        return document | {"id": document["id"] + "0"}

    def other_bits(document: dict[str, Any]) -> dict[str, Any]:
        empty = World().list_document(document["id"])["credentialSubject"]["encodedList"]
        return document | {
            "credentialSubject": document["credentialSubject"] | {"encodedList": empty}
        }

    def not_a_list(_document: dict[str, Any]) -> Any:
        return ["x"]

    for changed in (other_place, other_bits, not_a_list):
        world = World(revoked={POSITION}, changed=changed)
        report = world.verify(whole)
        assert report.result is not Result.VALID
        assert "status_unusable" in answers(report)


def test_a_record_stands_with_all_that_is_in_it() -> None:
    inside = [signed(badge("first")), signed(badge("second"))]
    document = signed(record(*inside))
    report = World().verify(document)
    assert (report.result, report.document_kind) == (Result.VALID, "clr")
    assert [one.kind for one in report.credentials] == ["clr", "open_badge", "open_badge"]

    tampered = copied(document)
    tampered["credentialSubject"]["verifiableCredential"][1]["name"] = "x"
    report = World().verify(tampered)
    found = [one for step in report.steps for one in step.findings]
    assert answers(report) == {"forged"}
    assert found[0].indexes == (2,)

    for left_out in (["first"], []):
        part = copied(document)
        kept = [one for one in inside if one["id"].rpartition("/")[2] in left_out]
        part["credentialSubject"]["verifiableCredential"] = kept
        assert World().verify(part).result is Result.NOT_VALID


def test_a_certificate_in_a_record_cannot_speak_for_the_record() -> None:
    inside = signed(badge("all"))  # the id of the record
    assert "not_covered" in answers(World().verify(signed(record(inside))))


def test_a_college_countersigns_and_others_are_only_named() -> None:
    document = decision()
    college = signing.countersign(document, COLLEGE_KEY, CREATED)
    stranger = signing.countersign(document, Key(bytes(range(9, 41))), CREATED)
    made = signing.sign(document, KEY, CREATED, others=[college, stranger])
    report = World().verify(made)
    assert report.result is Result.VALID
    assert report.document_kind == "decision"
    assert report.credentials[0].countersigned_by == ("914400000000000019",)
    assert answers(report) == {"countersigner_unknown"}

    bad = college | {"created": "2020-01-01T00:00:00Z"}
    made = signing.sign(document, KEY, CREATED, others=[bad])
    assert answers(World().verify(made)) == {"forged"}


@pytest.mark.parametrize("expires", [NOW - 1000, NOW + 10**9])
def test_a_signature_limited_in_time_expires_and_is_no_forgery(expires: int) -> None:
    document, suite = badge(), DataIntegrityProofSuite()
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": signing.RDFC,
        "created": format_time(CREATED),
        "expires": format_time(expires),
        "verificationMethod": KEY.id,
        "proofPurpose": "assertionMethod",
    }
    loader = document_loader(contexts.documents(document["@context"]))
    data = _hash_data(document, proof | {"@context": document["@context"]}, loader)
    made = document | {"proof": proof | {"proofValue": encode_multibase(KEY.sign(data))}}
    suite.verify(
        made,
        public_key_jwk=signing.jwk_of(KEY.public),
        check_temporal=False,
        extra_contexts=contexts.documents(document["@context"]),
    )
    expected = {"expired"} if expires < NOW else set()
    assert answers(World().verify(made)) == expected
    forged = copied(made)
    forged["name"] = "x"
    assert answers(World().verify(forged)) == {"forged"}
    for value in ("z", "zzz", "u", ""):
        broken = copied(made)
        broken["proof"]["proofValue"] = value
        assert World().verify(broken).result is Result.NOT_VALID
