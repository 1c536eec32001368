"""What strangers' software says of our certificates: @digitalbazaar/vc and @sd-jwt/sd-jwt-vc.

Each is also put to our own verifier, and the two have to agree.
"""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.credentials import selective, signing
from creditbank.credentials.did import KeyRecord
from creditbank.credentials.signing import Key
from creditbank.domain.certifying import StatusMessage
from creditbank.domain.verification import Result
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
    sd_jwt,
    signed,
)
from tests.js.others import judge

CLEAR = [["revocation", False], ["suspension", False], ["message", False], ["message", False]]


@pytest.fixture(scope="module")
def badges() -> dict[str, dict[str, Any]]:
    """Return certificates as issued and as tampered with, by name."""
    whole = signed(badge())
    tampered, extended, aliased = copied(whole), copied(whole), copied(whole)
    tampered["credentialSubject"]["classHoursTheory"] = "80.00"
    extended["credentialSubject"]["grade"] = "excellent"
    aliased["https://schema.org/name"] = aliased.pop("name")
    inside = [signed(badge("first")), signed(badge("second"))]
    refusal = decision("refusal", outcome="refused", credits=(), missing=())
    return {
        "badge": whole,
        "record": signed(record(*inside)),
        "decision": signed(decision()),
        "refusal": signed(refusal),
        "tampered": tampered,
        "extended": extended,
        "aliased": aliased,
    }


def test_others_accept_what_was_issued(badges: dict[str, dict[str, Any]]) -> None:
    world = World()
    names = ("badge", "record", "decision", "refusal")
    judged = judge(world.documents(), *({"credential": badges[name]} for name in names))
    for name, other in zip(names, judged, strict=True):
        assert (other["verified"], other["statuses"]) == (True, CLEAR), (name, other)
        assert world.verify(badges[name]).result is Result.VALID, name


def test_others_accept_both_suites_and_each_alone() -> None:
    both = signed(badge(), KEY, signing.RDFC, signing.JCS)
    alone = signed(badge(), KEY, signing.JCS)
    suites = [signing.RDFC, signing.JCS]
    judged = judge(
        World().documents(),
        {"credential": both, "suites": suites},
        {"credential": both, "suites": [signing.RDFC]},
        {"credential": alone, "suites": suites},
    )
    assert [(one["verified"], one["proofs"]) for one in judged] == [
        (True, [True, True]),
        (True, [True]),
        (True, [True]),
    ]
    assert World().verify(both).result is World().verify(alone).result is Result.VALID


def test_others_refuse_what_was_tampered_with(badges: dict[str, dict[str, Any]]) -> None:
    world = World()
    tampered, extended = judge(
        world.documents(),
        {"credential": badges["tampered"]},
        {"credential": badges["extended"]},
    )
    assert (tampered["verified"], extended["verified"]) == (False, False)
    assert answers(world.verify(badges["tampered"])) == {"forged"}
    assert answers(world.verify(badges["extended"])) == {"not_covered"}


def test_we_refuse_what_others_let_through(badges: dict[str, dict[str, Any]]) -> None:
    # The data set is the same, and so is the signature; but a reader of `name` finds none.
    (other,) = judge(World().documents(), {"credential": badges["aliased"]})
    assert other["verified"] is True
    assert answers(World().verify(badges["aliased"])) == {"not_covered"}


def test_others_read_the_same_bits(badges: dict[str, dict[str, Any]]) -> None:
    erased = frozenset({StatusMessage.ERASED})
    cases: list[tuple[World, set[str], set[str]]] = [
        (World(revoked={POSITION}), {"revocation"}, {"revoked"}),
        (World(suspended={POSITION}), {"suspension"}, {"suspended"}),
        (World(messages={POSITION: erased}), {"message"}, {"erased"}),
        (World(revoked={POSITION - 1, POSITION + 1}), set(), set()),
    ]
    whole = badges["badge"]
    judged = judge(
        {}, *({"credential": whole, "documents": world.documents()} for world, _, _ in cases)
    )
    for (world, statuses, expected), other in zip(cases, judged, strict=True):
        assert other["verified"] is True  # of a set bit it says only that it is set
        assert {purpose for purpose, status in other["statuses"] if status} == statuses
        assert answers(world.verify(whole)) == expected


def test_others_refuse_what_has_expired_or_is_not_yet_valid() -> None:
    over = signed(badge(valid_until=NOW - 1000))
    early = signed(badge(valid_from=NOW + 1000))
    now = format_time(NOW)
    judged = judge(
        World().documents(),
        {"credential": over, "now": now},
        {"credential": early, "now": now},
    )
    assert [one["verified"] for one in judged] == [False, False]
    assert answers(World().verify(over)) == {"expired"}
    assert answers(World().verify(early)) == {"not_yet_valid"}


def test_old_certificates_verify_after_a_rotation(badges: dict[str, dict[str, Any]]) -> None:
    newer = Key(bytes(range(2, 34)), ISSUER.did)
    keys = [KeyRecord(KEY.public, CREATED, NOW - 10), KeyRecord(newer.public, NOW - 10)]
    rotated = World(keys=keys, list_key=newer)
    young = signed(badge("young"), newer)
    withdrawn = World(
        keys=[KeyRecord(KEY.public, CREATED, NOW - 10, NOW - 10), keys[1]], list_key=newer
    )
    judged = judge(
        rotated.documents(),
        {"credential": badges["badge"]},
        {"credential": young},
        {"credential": badges["badge"], "documents": withdrawn.documents()},
    )
    assert [one["verified"] for one in judged] == [True, True, False]
    assert rotated.verify(badges["badge"]).result is Result.VALID
    assert rotated.verify(young).result is Result.VALID
    assert answers(withdrawn.verify(badges["badge"])) == {"key_not_in_force"}


def test_others_check_the_countersignature_of_a_college() -> None:
    document = decision()
    proof = signing.countersign(document, COLLEGE_KEY, CREATED + 60)
    both = signing.sign(document, KEY, CREATED, others=[proof])
    whole, alone = judge(
        World().documents(), {"credential": both}, {"assertion": {**document, "proof": proof}}
    )
    assert (whole["verified"], whole["proofs"]) == (True, [True, False])  # not the issuer's
    assert alone["verified"] is True
    report = World().verify(both)
    assert report.result is Result.VALID
    assert report.credentials[0].countersigned_by == ("914400000000000019",)


def test_others_verify_an_sd_jwt_and_its_status() -> None:
    whole, part = sd_jwt(), selective.present(sd_jwt(), {"name", "level"})
    forged = whole.replace("~", "A~", 1)
    jwk = signing.jwk_of(KEY.public)
    world, revoked = World(), World(revoked={POSITION})
    url = "https://bank.example/status/token-1"
    tokens = [one.fetch_status(url).decode() for one in (world, revoked)]
    cases = [(whole, tokens[0]), (part, tokens[0]), (whole, tokens[1]), (forged, tokens[0])]
    judged = judge(
        {},
        *({"sd_jwt": text, "jwk": jwk, "status_token": token, "now": NOW} for text, token in cases),
    )
    assert [one["verified"] for one in judged] == [True, True, False, False]
    assert "name" in judged[1]["shown"]
    assert "holder_name" not in judged[1]["shown"]
    assert world.verify(whole).result is world.verify(part).result is Result.VALID
    assert answers(revoked.verify(whole)) == {"revoked"}
    assert answers(world.verify(forged)) == {"forged"}
