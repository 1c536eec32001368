"""Registered decisions as certificates: what they say, and that they end with the decision."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.credentials.did import web_did
from creditbank.domain.certifying import Form
from creditbank.errors.certifying import NotCertifiable, OutcomeUnknown
from creditbank.services.certifying import Asked, IssueCredential, Issued
from creditbank.services.credential_keys import Signers
from creditbank.services.documents import Certificates, read_recipe
from creditbank.services.rebuilding import rebuild
from creditbank.storage import credentials
from creditbank.storage.tables import Views
from tests import decision_scene as scene
from tests.banks import (
    COLLEGE,
    DESK,
    TestBank,
    bank,
    postgres_stock,
    refusal_of,
    sqlite_stock,
    stock,
)
from tests.factories import completion
from tests.histories import ISSUING

__all__ = ["bank", "postgres_stock", "sqlite_stock", "stock"]


@pytest.fixture
def college(bank: TestBank) -> TestBank:
    scene.publish_rulebooks(bank)
    return bank


def decided(bank: TestBank, number: int = 1) -> tuple[str, str]:
    """Return account and decision of a learner who applied for a transfer."""
    account = bank.post(completion(f"s-{number}", number)).account
    return account, scene.apply(bank, scene.question(account)).conversion


def issue(bank: TestBank, decision: str, account: str | None, **more: Any) -> Issued:
    asked = Asked(Form.DECISION, decision=decision)
    issued: Issued = bank.do(IssueCredential(ISSUING, asked, bank.poster(DESK), account, **more))
    return issued


def signed(bank: TestBank, credential: str) -> dict[str, Any]:
    made = Certificates(bank.bank, ISSUING, Signers(bank.keys, web_did(ISSUING.site)))

    def read(connection: Any) -> Any:
        found = credentials.credential(connection, credential)
        assert found is not None
        return read_recipe(connection, bank.bank, found)

    document = made.make(bank.database.read_sync(read))
    assert isinstance(document, dict)
    return document


def status(bank: TestBank, credential: str) -> str:
    return bank.database.read_sync(lambda found: credentials.standing(found, credential)).status


def test_a_registered_decision_says_what_was_recognised_by_whom_under_which_rule(
    college: TestBank,
) -> None:
    account, decision = decided(college)
    refused = refusal_of(lambda: issue(college, decision, account), NotCertifiable)
    assert refused.fields["reason"] == "not_registered"
    scene.register(college, decision)
    issued = issue(college, decision, account)
    assert issue(college, decision, None, posted_by=COLLEGE).credential == issued.credential
    refusal_of(lambda: issue(college, decision, "la-" + "a" * 16), OutcomeUnknown)
    document = signed(college, issued.credential)
    subject = document["credentialSubject"]
    assert subject["decisionResult"] == "recognised"
    assert subject["rule"] == "vision"
    assert [one["amount"] for one in subject["creditGranted"]] == ["1.50"]
    assert subject["source"]["otherIdentifier"][0]["identifier"] == COLLEGE
    assert len(subject["usedOutcome"]) == 1
    assert signed(college, issued.credential) == document
    college.require_clean()


def test_a_decision_that_is_given_back_turns_its_certificate(college: TestBank) -> None:
    account, decision = decided(college)
    scene.register(college, decision)
    issued = issue(college, decision, account)
    assert status(college, issued.credential) == "valid"
    scene.end(college, decision, scene.principal(college, COLLEGE), "有误")
    assert status(college, issued.credential) == "revoked"
    college.require_clean()
    before = college.rows(*Views.ALL)
    rebuild(college.database, college.bank.keyring)
    assert college.rows(*Views.ALL) == before
