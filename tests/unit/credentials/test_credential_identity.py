"""did:web with its key history, and status lists as the issuer makes them."""

from __future__ import annotations

import pytest
from openvc.did.base import parse_did_document
from openvc.did.did_web import DidWebResolver
from openvc.status import check_token_status, verify_status_list_token

from creditbank.credentials import did, issuers, jose, selective, signing, status
from creditbank.credentials.did import KeyRecord
from creditbank.credentials.signing import Key
from creditbank.domain.certifying import Purpose, StatusMessage
from creditbank.domain.verification import Result
from creditbank.errors.credentials import DocumentNotSignable, MalformedDid, StatusListUnusable
from creditbank.errors.verification import MalformedDocument
from tests.credential_scene import (
    CREATED,
    ISSUER,
    KEY,
    NOW,
    POSITION,
    World,
    answers,
    issue,
    sd_jwt,
)

NEWER = Key(bytes(range(2, 34)), ISSUER.did)


@pytest.mark.parametrize(
    ("url", "name", "document"),
    [
        (
            "https://bank.example",
            "did:web:bank.example",
            "https://bank.example/.well-known/did.json",
        ),
        (
            "https://Bank.Example/",
            "did:web:bank.example",
            "https://bank.example/.well-known/did.json",
        ),
        (
            "https://bank.example:8443",
            "did:web:bank.example%3A8443",
            "https://bank.example:8443/.well-known/did.json",
        ),
        (
            "https://gov.example/credit/bank",
            "did:web:gov.example:credit:bank",
            "https://gov.example/credit/bank/did.json",
        ),
        (
            "http://localhost:8000",
            "did:web:localhost%3A8000",
            "https://localhost:8000/.well-known/did.json",
        ),
    ],
)
def test_a_web_site_has_one_did_and_it_one_document(url: str, name: str, document: str) -> None:
    assert did.web_did(url) == name
    assert did.document_url(name) == document


@pytest.mark.parametrize("url", ["ftp://x", "https://", "x", "https://u@h", "https://h?q", "h#f"])
def test_what_is_no_web_site_has_no_did(url: str) -> None:
    with pytest.raises(MalformedDid):
        did.web_did(url)


@pytest.mark.parametrize("name", ["did:key:z", "did:web:", "did:web:a::b", "did:web:a%2Fb", "x"])
def test_what_is_no_did_web_has_no_document(name: str) -> None:
    with pytest.raises(MalformedDid):
        did.document_url(name)


def test_old_keys_stay_and_withdrawn_ones_assert_nothing() -> None:
    lost = Key(bytes(range(3, 35)), ISSUER.did)
    keys = [
        KeyRecord(lost.public, 10, 20, 25),
        KeyRecord(KEY.public, 20, 30),
        KeyRecord(NEWER.public, 30),
    ]
    document = did.document(ISSUER.did, keys)
    assert [one["id"] for one in document["verificationMethod"]] == [NEWER.id, KEY.id, lost.id]
    assert document["assertionMethod"] == [NEWER.id, KEY.id]
    assert document["verificationMethod"][2]["revoked"] == "1970-01-01T00:00:25Z"
    read = parse_did_document(document)
    assert read.key_for_purpose(KEY.id, "assertionMethod") is not None
    assert read.key_for_purpose(lost.id, "assertionMethod") is None
    resolved = DidWebResolver(lambda _url: document).resolve(ISSUER.did)  # another's resolver
    assert resolved.id == ISSUER.did

    metadata = did.jwt_vc_issuer("https://bank.example/", ISSUER.did, keys)
    assert metadata["issuer"] == "https://bank.example"
    assert [one["kid"] for one in metadata["jwks"]["keys"]] == [NEWER.id, KEY.id]
    assert issuers.public_of(metadata["jwks"]["keys"][0]) == NEWER.public


def test_a_list_says_what_was_marked_and_nothing_else() -> None:
    url = "https://bank.example/status/revocation-1"
    marked = {0, 7, 8, POSITION, status.POSITIONS - 1}
    made = status.list_credential(
        url, Purpose.REVOCATION, marked, issuer=ISSUER, key=KEY, created=CREATED
    )
    positions = [*marked, 1, 9, POSITION + 1]
    read = {one for one in positions if status.read_bit(made, Purpose.REVOCATION, one)}
    assert read == marked
    for wrong in (Purpose.SUSPENSION, Purpose.MESSAGE):
        with pytest.raises(StatusListUnusable):
            status.read_bit(made, wrong, 0)
    with pytest.raises(StatusListUnusable):
        status.read_bit(made, Purpose.REVOCATION, status.POSITIONS)
    with pytest.raises(StatusListUnusable):
        status.list_credential(
            url, Purpose.REVOCATION, {-1}, issuer=ISSUER, key=KEY, created=CREATED
        )


def test_messages_of_one_position_do_not_touch_another() -> None:
    both = frozenset(StatusMessage)
    marked = {5: both, 7: frozenset({StatusMessage.ERASED}), status.POSITIONS - 1: both}
    made = status.list_credential(
        "https://bank.example/status/message-1",
        Purpose.MESSAGE,
        marked,
        issuer=ISSUER,
        key=KEY,
        created=CREATED,
    )
    for position in (4, 5, 6, 7, 8, status.POSITIONS - 1):
        found = status.read_messages(made, position)
        assert found == marked.get(position, frozenset()), position
    entries = status.entries("https://bank.example/status/message-1", Purpose.MESSAGE, 7)
    said = {
        status.message_of(one)
        for one in entries
        if status.read_bit(made, Purpose.MESSAGE, int(one["statusListIndex"]))
    }
    assert said == {"erased"}


def test_a_token_list_says_the_same_and_revoked_is_for_ever() -> None:
    url = "https://bank.example/status/token-1"
    token = status.list_token(url, {1, 2}, {2, 3}, issuer=ISSUER, key=KEY, created=CREATED)
    claims = verify_status_list_token(
        token, public_key_jwk=signing.jwk_of(KEY.public), expected_uri=url
    )
    found = [
        check_token_status(
            {"status": {"status_list": {"idx": index, "uri": url}}},
            resolve_status_list_token=lambda _url: claims,
        )
        for index in range(5)
    ]
    assert [one.status if one else None for one in found] == [0, 1, 1, 2, 0]
    with pytest.raises(StatusListUnusable):
        status.list_token(url, {status.POSITIONS}, (), issuer=ISSUER, key=KEY, created=CREATED)


def test_an_sd_jwt_shows_what_its_holder_chose() -> None:
    whole = sd_jwt()
    assert whole == sd_jwt()  # salts are derived, so it can be made again
    assert whole != sd_jwt(salt_secret=b"t" * 32)
    names = [jose.disclosed_name(one) for one in whole.split("~")[1:-1]]
    assert set(names) <= set(selective.DISCLOSABLE)
    assert {"holder_name", "name", "credits", "level", "log_entry"} <= set(names)
    _, payload = jose.peek(whole.partition("~")[0])
    assert not set(payload) & set(selective.DISCLOSABLE)

    part = selective.present(whole, {"level", "achieved_on"})
    report = World().verify(part)
    assert (report.result, answers(report)) == (Result.VALID, set())
    assert report.credentials[0].shown == ("achieved_on", "level")
    assert report.credentials[0].holder is None
    assert World().verify(whole).credentials[0].holder == "张三"


@pytest.mark.parametrize(
    ("world", "expected", "result"),
    [
        (World(), set(), Result.VALID),
        (World(revoked={POSITION}), {"revoked"}, Result.NOT_VALID),
        (World(suspended={POSITION}), {"suspended"}, Result.NOT_VALID),
        (World(down={"all lists"}), {"status_unreachable"}, Result.UNDECIDABLE),
        (World(down={ISSUER.did}), {"issuer_unreachable"}, Result.UNDECIDABLE),
        (World(known=frozenset()), {"issuer_unknown"}, Result.UNDECIDABLE),
        (World(list_key=NEWER), {"status_unusable"}, Result.UNDECIDABLE),
        (World(keys=[KeyRecord(NEWER.public, 1)]), {"forged"}, Result.NOT_VALID),
        (
            World(keys=[KeyRecord(KEY.public, 1, 2, 2)]),
            {"key_not_in_force"},
            Result.NOT_VALID,
        ),
    ],
)
def test_an_sd_jwt_has_the_same_answers(world: World, expected: set[str], result: Result) -> None:
    report = world.verify(sd_jwt())
    assert (answers(report), report.result) == (expected, result)
    assert report.document_kind == "sd_jwt_vc"


def test_an_sd_jwt_is_valid_in_its_time_and_for_what_was_signed() -> None:
    text = sd_jwt(valid_until=NOW)
    assert answers(World().verify(text, NOW)) == set()
    assert answers(World().verify(text, NOW + 1)) == {"expired"}
    assert answers(World().verify(text, CREATED - 61)) >= {"not_yet_valid"}

    signed, *disclosures, _ = text.split("~")
    other = sd_jwt(salt_secret=b"u" * 32).split("~")[1]
    added = "~".join([signed, *disclosures, other, ""])
    assert answers(World().verify(added)) == {"not_covered"}
    doubled = "~".join([signed, disclosures[0], disclosures[0], ""])
    assert answers(World().verify(doubled)) == {"not_covered"}
    head, body, signature = signed.split(".")
    swapped = ".".join([head, body, signature[::-1]])
    assert answers(World().verify(swapped + "~")) == {"forged"}


def test_what_is_no_sd_jwt_of_a_certificate_is_said_to_be_none() -> None:
    good = {"alg": "EdDSA", "typ": "dc+sd-jwt", "kid": KEY.id}
    claims = {"iss": ISSUER.url, "vct": "x"}
    for header, payload in (
        (good | {"typ": "JWT"}, claims),
        (good, {"vct": "x"}),
        (good, {"iss": ISSUER.url}),
        (good, claims | {"exp": "tomorrow"}),
        (good, claims | {"aud": "somebody"}),
    ):
        text = jose.sign(header, payload, KEY) + "~"
        assert answers(World().verify(text)) == {"malformed"}
    nobody = jose.sign(good, {"iss": "mailto:x", "vct": "x"}, KEY) + "~"
    assert answers(World().verify(nobody)) == {"issuer_unknown"}
    unkeyed = jose.sign({"alg": "none", "typ": "dc+sd-jwt", "kid": KEY.id}, claims, KEY) + "~"
    assert answers(World().verify(unkeyed)) == {"forged"}
    for wrong in ("", "AA", "W10", "WzEsMl0", "!"):
        with pytest.raises(MalformedDocument):
            jose.disclosed_name(wrong)


def test_an_sd_jwt_needs_a_secret_of_its_own() -> None:
    for secret in (None, b"short"):
        with pytest.raises(DocumentNotSignable):
            sd_jwt(salt_secret=secret)
    metadata = selective.type_metadata(ISSUER)
    assert metadata["vct"] == selective.vct(ISSUER)
    assert [one["path"] for one in metadata["claims"]] == [[one] for one in selective.DISCLOSABLE]
    assert issue().salt_secret is not None
