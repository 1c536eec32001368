"""A stranger with the certificate alone: what it names is fetched from the bank that served it.

Their software is JavaScript (`make js`); ours says the same through POST /v1/verify.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from creditbank.credentials import contexts
from creditbank.credentials.signing import context_urls
from creditbank.services.credential_keys import rotate_credential_key
from tests import factories
from tests.banks import DESK
from tests.integration.api.client import Api
from tests.integration.api.scene import fresh
from tests.js.others import judge

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENGINES = ("sqlite",)  # what is served does not depend on it
BANK = "https://bank.test"
REASON = {"reason": "复核"}


async def issued(api: Api, person: int, **more: Any) -> tuple[str, str]:
    """Return a learner's account and a certificate of theirs."""
    posted = await api.posted(factories.completion(fresh("other"), person))
    account = await api.sign_in(posted["account"], DESK)
    body = more or {"outcome": posted["outcome"]}
    answer = await api.post("/v1/credentials", body, account)
    assert answer.status_code == 201, answer.text
    return account, answer.json()["credential"]


async def opened(api: Api, account: str, credential: str) -> dict[str, Any]:
    """Return the certificate as it is served."""
    answer = await api.get(f"/v1/credentials/{credential}.json", account)
    document: dict[str, Any] = answer.json()
    return document


async def fetched(api: Api, *documents: dict[str, Any]) -> dict[str, Any]:
    """Return by address what certificates name, as the bank serves it."""
    of_others = {one for document in documents for one in context_urls(document)}
    found: dict[str, Any] = dict(
        contexts.documents(one for one in of_others if not one.startswith(BANK))
    )
    own = {one for one in of_others if one.startswith(BANK)}
    for document in documents:
        inside = document["credentialSubject"].get("verifiableCredential", [])
        for one in (document, *inside):
            own |= {entry["statusListCredential"] for entry in one["credentialStatus"]}
    for url in own:
        found[url] = (await api.get(url.removeprefix(BANK))).json()
    found["did:web:bank.test"] = (await api.get("/.well-known/did.json")).json()
    return found


async def said(api: Api, document: dict[str, Any]) -> tuple[Any, set[str], dict[str, Any]]:
    """Return what the stranger's software says, which bits it found set, and our own report."""
    served = await fetched(api, document)
    (other,) = await asyncio.to_thread(judge, served, {"credential": document})
    report = await api.post("/v1/verify", {"document": document}, None)
    marked = {purpose for purpose, is_set in other["statuses"] if is_set}
    assert other["verified"], other
    return other["verified"], marked, report.json()


async def test_a_stranger_accepts_what_the_bank_serves(api: Api, person: int) -> None:
    account, credential = await issued(api, person)
    document = await opened(api, account, credential)
    _, marked, report = await said(api, document)
    assert (marked, report["result"]) == (set(), "valid")
    assert report["credentials"][0]["standing"] == "stands"

    _, statement = await issued(api, person + 1, statement=True)
    record = await opened(api, list(api.learners)[-1], statement)
    _, marked, report = await said(api, record)
    assert (marked, report["result"], report["document_kind"]) == (set(), "valid", "clr")


async def test_a_stranger_sees_suspension_and_withdrawal_at_once(api: Api, person: int) -> None:
    account, credential = await issued(api, person)
    document = await opened(api, account, credential)
    url = f"/v1/credentials/{credential}"
    steps: tuple[tuple[str, set[str], str], ...] = (
        ("suspension", {"suspension"}, "suspended"),
        ("withdrawal", {"revocation"}, "revoked"),
    )
    for step, expected, answer in steps:
        assert (await api.post(f"{url}/{step}", REASON, DESK)).status_code == 201
        _, marked, report = await said(api, document)
        assert expected <= marked
        assert answer in report["answers"]
        assert report["result"] == "not_valid"


async def test_a_stranger_sees_a_revoked_outcome_at_once(api: Api, person: int) -> None:
    posted = await api.posted(factories.completion(fresh("other"), person))
    account = await api.sign_in(posted["account"], DESK)
    answer = await api.post("/v1/credentials", {"outcome": posted["outcome"]}, account)
    document = await opened(api, account, answer.json()["credential"])
    body = {"index": posted["index"], "reason": "作弊", "source_id": fresh("end")}
    ended = await api.post("/v1/revocations", body)
    assert ended.status_code == 201, ended.text
    _, marked, report = await said(api, document)
    assert "revocation" in marked
    assert "revoked" in report["answers"]


async def test_a_stranger_accepts_old_and_new_after_a_rotation(api: Api, person: int) -> None:
    account, credential = await issued(api, person)
    old = await opened(api, account, credential)
    bank = api.bank.bank
    await asyncio.to_thread(
        rotate_credential_key, bank.database, bank.recorder, bank.keyring, bank.keys_dir
    )
    other, newer = await issued(api, person + 1)
    new = await opened(api, other, newer)
    assert new["proof"]["verificationMethod"] != old["proof"]["verificationMethod"]
    for document in (old, new):
        _, marked, report = await said(api, document)
        assert (marked, report["result"]) == (set(), "valid")


async def test_a_stranger_may_have_both_signatures_and_check_either(api: Api, person: int) -> None:
    account, credential = await issued(api, person)
    answer = await api.get(f"/v1/credentials/{credential}.json?suite=both", account)
    document = answer.json()
    suites = ["eddsa-rdfc-2022", "eddsa-jcs-2022"]
    assert [proof["cryptosuite"] for proof in document["proof"]] == suites
    served = await fetched(api, document)
    cases = [{"credential": document, "suites": one} for one in (suites, suites[:1])]
    judged = await asyncio.to_thread(judge, served, *cases)
    assert [one["proofs"] for one in judged] == [[True, True], [True]]
    report = await api.post("/v1/verify", {"document": document}, None)
    assert report.json()["result"] == "valid"
