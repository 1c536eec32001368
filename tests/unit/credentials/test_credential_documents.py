"""What certificates say: nothing lost, nothing without a signature over it, always the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from creditbank.credentials import badges, contexts, members, proofs, signing, transcripts
from creditbank.credentials.signing import JCS, RDFC, Key, compact_bytes, multikey_of
from creditbank.domain.certifying import (
    CreditFacts,
    HolderFacts,
    Names,
    SkillFacts,
    StatementFacts,
)
from creditbank.errors.credentials import ContextUnknown, DocumentNotSignable
from creditbank.errors.ledger import MalformedKey
from tests.credential_scene import (
    ACHIEVEMENT,
    CREATED,
    ENTRY,
    HOLDER,
    ISSUER,
    KEY,
    URL,
    badge,
    decision,
    issue,
    record,
    signed,
)


def test_a_badge_says_all_that_the_facts_say() -> None:
    document = badge()
    subject = document["credentialSubject"]
    achievement = subject["achievement"]
    assert document["@context"] == list(badges.context_urls(ISSUER))
    assert document["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert document["awardedDate"] == "2026-10-30T00:00:00+08:00"
    assert subject["creditsEarned"] == 1.5
    assert subject["creditAmount"] == [
        {
            "type": "CreditAmount",
            "creditSystem": "gd-16",
            "amount": "1.50",
            "creditSystemName": "十六学时一学分",
        }
    ]
    assert (subject["classHoursTheory"], subject["classHoursPractice"]) == ("8.00", "16.00")
    assert [one["stageName"] for one in subject["stage"]] == ["study", "assessment"]
    assert subject["activityStartDate"] == "2026-10-01T00:00:00+08:00"
    assert subject["source"]["name"] == "某职业技术学院"
    assert [one["value"] for one in subject["result"]] == ["87.00", "良"]
    described = {one["id"]: one for one in achievement["resultDescription"]}
    assert {one["resultDescription"] for one in subject["result"]} == set(described)
    assert achievement["skillsLevel"]["rank"] == 2
    assert achievement["nameEn"] == "Industrial vision inspection"
    assert [one["targetName"] for one in achievement["alignment"]] == ["使用视觉检测", "校准相机"]
    assert document["evidence"][0]["leafHash"] == ENTRY.leaf_hash
    assert document["relatedResource"]["digestSRI"].startswith("sha256-")
    purposes = [one["statusPurpose"] for one in document["credentialStatus"]]
    assert purposes == ["revocation", "suspension", "message", "message"]
    identifiers = [one["id"] for one in document["credentialStatus"]]
    assert len(set(identifiers)) == 4


def test_what_is_not_known_is_left_out() -> None:
    bare = replace(
        ACHIEVEMENT,
        credits=(),
        stages=(),
        results=(),
        level=None,
        skills=(),
        scene=None,
        verification=None,
        name=Names("名称"),
    )
    document = badges.open_badge(bare, HolderFacts("urn:uuid:x"), issue(status=()), ISSUER)
    text = json.dumps(document)
    assert "null" not in text
    assert "[]" not in text
    assert "credentialStatus" not in document
    assert "identifier" not in document["credentialSubject"]
    made = signed(document)
    proofs.check_coverage(made, made["proof"])


@pytest.mark.parametrize(
    ("amount", "number"), [(2_00, 2), (1_50, 1.5), (2_40, 2.4), (0, 0), (99_999_999, 999_999.99)]
)
def test_credits_are_the_numbers_that_json_has(amount: int, number: float) -> None:
    found = members.number(amount)
    assert (found, type(found)) == (number, type(number))


def test_two_credit_systems_are_never_one_number() -> None:
    two = replace(ACHIEVEMENT, credits=(CreditFacts("a", 1_50), CreditFacts("b", 2_40)))
    subject = badges.open_badge(two, HOLDER, issue(), ISSUER)["credentialSubject"]
    assert "creditsEarned" not in subject
    assert [one["amount"] for one in subject["creditAmount"]] == ["1.50", "2.40"]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "/relative", "https://x y", "data:text/html,x", "https://a\n"]
)
def test_an_address_that_rdf_would_drop_is_not_signed(url: str) -> None:
    facts = replace(ACHIEVEMENT, skills=(SkillFacts("x", url=url),))
    with pytest.raises(DocumentNotSignable):
        badges.open_badge(facts, HOLDER, issue(), ISSUER)
    with pytest.raises(DocumentNotSignable):
        badges.open_badge(ACHIEVEMENT, replace(HOLDER, subject=url), issue(), ISSUER)


@pytest.mark.parametrize("make", [badge, decision, lambda: record(signed(badge("inside")))])
@pytest.mark.parametrize("suite", [RDFC, JCS])
def test_every_form_is_covered_by_its_signature(make: Any, suite: signing.Suite) -> None:
    document = make()
    made = signed(document, KEY, suite)
    proofs.check_proof(made, made["proof"], KEY.public)
    proofs.check_coverage(made, made["proof"])
    assert signed(make(), KEY, suite) == made


def test_signing_again_gives_the_same_bytes() -> None:
    first, again = signed(badge(), KEY, RDFC, JCS), signed(badge(), KEY, RDFC, JCS)
    assert compact_bytes(first) == compact_bytes(again)
    later = signing.sign(badge(), KEY, CREATED + 1, (RDFC,))
    assert later["proof"]["proofValue"] != first["proof"][0]["proofValue"]


def test_what_cannot_be_signed_is_refused() -> None:
    document = badge()
    for wrong in (
        signed(document),
        document | {"description": "x" * signing.MAX_DOCUMENT_BYTES},
    ):
        with pytest.raises(DocumentNotSignable):
            signing.sign(wrong, KEY, CREATED)
    with pytest.raises(ContextUnknown):
        signing.sign(document | {"@context": ["https://evil.example/"]}, KEY, CREATED)
    with pytest.raises(MalformedKey):
        Key(b"short")
    with pytest.raises(MalformedKey):
        multikey_of(b"short")


def test_a_context_that_changed_since_the_issue_is_not_signed_anew() -> None:
    pinned = contexts.digests(badges.context_urls(ISSUER))
    assert badge(contexts=pinned) == badge()
    with pytest.raises(DocumentNotSignable) as refused:
        badge(contexts=pinned | {contexts.OPEN_BADGES: "0" * 64})
    assert refused.value.fields["reason"] == "context_changed"


def test_a_statement_too_long_for_one_record_is_split() -> None:
    one = signed(badge("inside"))
    many = [one | {"id": f"{URL}/credentials/{number}"} for number in range(120)]
    parts = transcripts.parts(many)
    assert len(parts) > 1
    assert [item["id"] for part in parts for item in part] == [item["id"] for item in many]
    for part in parts:
        document = record(*part)
        assert len(compact_bytes(document)) < transcripts.MAX_BYTES
    with pytest.raises(DocumentNotSignable):
        record(*many)
    empty = StatementFacts("x", Names("x"), (), partial=False, entry=ENTRY, size=1)
    with pytest.raises(DocumentNotSignable):
        transcripts.clr(empty, HOLDER, issue(), ISSUER)
    assert transcripts.parts([]) == []
    small = [{"id": f"urn:x:{number}"} for number in range(130)]
    assert [len(part) for part in transcripts.parts(small)] == [64, 64, 2]


def test_our_context_is_known_wherever_a_bank_serves_it() -> None:
    urls = [contexts.own_url("https://a.example/"), contexts.own_url("http://localhost:8000")]
    assert urls[0] == "https://a.example/contexts/skills-credit-v1.jsonld"
    assert set(contexts.digests(urls).values()) == {contexts.OWN_DIGEST}
    for unknown in ("https://a.example/contexts/skills-credit-v2.jsonld", "urn:x", ""):
        with pytest.raises(ContextUnknown):
            contexts.digest_of(unknown)
