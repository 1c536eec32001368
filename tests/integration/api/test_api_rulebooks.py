"""Rulebooks: published by their owners, refused with a message of their own for each fault."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.clients.signing import InstitutionSigner
from creditbank.domain.access import Role
from creditbank.errors.rules import NotSignedOff
from tests import factories
from tests.banks import AUTHORITY, COLLEGE, ORIGIN, SCHOOL
from tests.integration.api.client import Api, slug_of
from tests.rulebooks import amount, rule, rulebook

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = {"zh": "上限", "en": "Cap"}
CAP: dict[str, Any] = {"id": "cap", "text": TEXT}
SEED = bytes(range(32))


def draft(book_id: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    members = {"id": book_id, "owner": COLLEGE, "region": "440300"} | more
    return rulebook(*(rules or (exempting(),)), **members)


def exempting(**more: Any) -> dict[str, Any]:
    target = {"kind": "exemption", "of": {"zh": "理论考试", "en": "The theory examination"}}
    return rule(**({"target": target} | more))


def case(result: str = "met", credit: str = "2.00") -> dict[str, Any]:
    return {
        "title": {"zh": "一个模块", "en": "One module"},
        "on": "2026-06-30",
        "outcomes": [
            {
                "id": "a",
                "type": "module",
                "achieved_on": "2026-03-01",
                "credits": [{"system": "cn-16", "amount": credit}],
            }
        ],
        "expect": [{"rule": "r-1", "result": result}],
    }


async def test_a_college_publishes_its_own_rulebook(api: Api) -> None:
    body = {"rulebook": draft("own", exempting(tests=[case()])), "operator": "教务处"}
    first = await api.post("/v1/rulebooks", body, COLLEGE)
    assert first.status_code == 201, first.text
    again = await api.post("/v1/rulebooks", body, COLLEGE)
    assert (again.status_code, again.json()) == (200, first.json() | {"replayed": True})
    found = (await api.get("/v1/registers/rulebook/own/versions/1")).json()
    assert found["digest"] == first.json()["digest"]
    assert found["document"]["owner"] == COLLEGE


async def test_nobody_publishes_for_another(api: Api) -> None:
    for who, status, slug in (
        (SCHOOL, 403, "forbidden"),
        (AUTHORITY, 403, "rulebook-not-the-owners"),
    ):
        refused = await api.post("/v1/rulebooks", {"rulebook": draft("theirs")}, who)
        assert (refused.status_code, slug_of(refused)) == (status, slug)
    refused = await api.post("/v1/registers/rulebook", draft("theirs"), COLLEGE)
    assert slug_of(refused) == "forbidden"
    elsewhere = draft("theirs", region="450000")
    refused = await api.post("/v1/rulebooks", {"rulebook": elsewhere}, COLLEGE)
    assert slug_of(refused) == "outside-jurisdiction"


async def test_rules_in_force_need_a_resolution(api: Api) -> None:
    published = draft("resolved", status="published")
    refused = await api.post("/v1/rulebooks", {"rulebook": published}, COLLEGE)
    assert slug_of(refused) == "rulebook-not-signed-off"
    with pytest.raises(NotSignedOff):  # not even by the bank itself, at its machine
        api.bank.publish("rulebook", published)
    signed_off = published | {"sign_off": [{"title": "校长办公会纪要", "status": "published"}]}
    answer = await api.post("/v1/rulebooks", {"rulebook": signed_off}, COLLEGE)
    assert answer.status_code == 201


FAULTY: list[tuple[str, dict[str, Any]]] = [
    ("register-invalid", draft("bad", exempting(needs={"kind": "some"}))),
    ("rulebook-too-large", draft("bad", *(exempting(id=f"r-{at}") for at in range(1001)))),
    ("rulebook-cycle", draft("bad", under="bad")),
    ("rulebook-code-unknown", draft("bad", exempting(needs=amount(select={"module": ["x"]})))),
    (
        "rulebook-cap-idle",
        draft(
            "bad",
            exempting(needs=amount(counted_at_most="2.00", caps=[CAP | {"limit": "3.00"}])),
        ),
    ),
    ("rulebook-contradictory", draft("bad", exempting(), exempting(id="r-2", partial=True))),
    (
        "rulebook-dates-overlap",
        draft("bad", exempting(valid_to="2025-12-31")),
    ),
    ("rulebook-case-fails", draft("bad", exempting(tests=[case("not_met")]))),
]


@pytest.mark.parametrize(("slug", "document"), FAULTY, ids=[slug for slug, _ in FAULTY])
async def test_each_fault_has_a_message_of_its_own(
    api: Api, slug: str, document: dict[str, Any]
) -> None:
    refused = await api.post("/v1/rulebooks", {"rulebook": document}, COLLEGE)
    assert slug_of(refused) == slug
    assert refused.status_code == 422
    assert "{" not in refused.json()["detail"]


async def test_a_college_keeps_within_the_frame_of_its_province(api: Api) -> None:
    frame = rulebook(
        id="province",
        kind="frame",
        owner=AUTHORITY,
        bounds={"caps": [CAP | {"limit": "10.00"}]},
    )
    del frame["rules"], frame["procedure"]
    assert (await api.post("/v1/rulebooks", {"rulebook": frame}, AUTHORITY)).status_code == 201
    wider = draft("under", under="province", bounds={"caps": [CAP | {"limit": "12.00"}]})
    refused = await api.post("/v1/rulebooks", {"rulebook": wider}, COLLEGE)
    assert slug_of(refused) == "rulebook-breaks-frame"
    assert refused.json()["errors"][0]["most"] == "10.00"
    stricter = draft("under", under="province", bounds={"caps": [CAP | {"limit": "8.00"}]})
    answer = await api.post("/v1/rulebooks", {"rulebook": stricter}, COLLEGE)
    assert answer.status_code == 201


async def test_only_an_authority_binds_a_region(api: Api) -> None:
    frame = rulebook(id="binding", kind="frame", owner=COLLEGE, region="440300", binds=["grade"])
    del frame["rules"], frame["procedure"]
    refused = await api.post("/v1/rulebooks", {"rulebook": frame}, COLLEGE)
    assert slug_of(refused) == "outside-jurisdiction"
    answer = await api.post("/v1/rulebooks", {"rulebook": frame | {"owner": AUTHORITY}}, AUTHORITY)
    assert answer.status_code == 201
    passing = draft("passing", exempting(use={"scope": "grade"}))
    refused = await api.post("/v1/rulebooks", {"rulebook": passing}, COLLEGE)
    assert slug_of(refused) == "rulebook-breaks-frame"
    assert refused.json()["errors"][0]["reason"] == "frame_passed_by"
    under = passing | {"under": "binding"}
    assert (await api.post("/v1/rulebooks", {"rulebook": under}, COLLEGE)).status_code == 201


async def test_a_check_says_everything_and_publishes_nothing(api: Api) -> None:
    size = api.bank.size
    body = {"rulebook": draft("draft", exempting(tests=[case("not_met")]))}
    headers = {"accept-language": "en"}
    answer = await api.post("/v1/rulebooks/checks", body, COLLEGE, headers=headers)
    told = answer.json()
    assert (told["cases"], told["cases_passed"], told["would_be_published"]) == (1, 0, False)
    first = told["findings"][0]
    assert (first["where"], first["severity"]) == ("/rules/0/tests/0/expect/0/result", "error")
    assert first["message"].endswith("to be not_met, not met.")
    assert api.bank.size == size


async def test_an_owner_signs_what_it_publishes(api: Api) -> None:
    org = factories.organisation_code(61)
    signer = InstitutionSigner.from_seed(SEED, log=ORIGIN, org=org, kid="k1")
    key = signer.public_key | {"valid_from": "2026-01-01"}
    registered = factories.institution(org, "college", keys=[key], signing="required")
    assert (await api.post("/v1/registers/institution", registered, AUTHORITY)).status_code == 201
    api.bank.tokens[org] = api.bank.token(org, Role.COLLEGE)
    document = draft("signed", owner=org)
    refused = await api.post("/v1/rulebooks", {"rulebook": document}, org)
    assert slug_of(refused) == "attestation-missing"
    signature = signer.sign_register("rulebook", document)
    other = signer.sign_register("rulebook", document | {"version": "2"})
    body = {"rulebook": document, "signature": other}
    assert slug_of(await api.post("/v1/rulebooks", body, org)) == "attestation-invalid"
    body = {"rulebook": document, "signature": signature | {"kid": "k2"}}
    assert slug_of(await api.post("/v1/rulebooks", body, org)) == "attestation-key-unknown"
    answer = await api.post("/v1/rulebooks", {"rulebook": document, "signature": signature}, org)
    assert answer.status_code == 201, answer.text
    found = (await api.get("/v1/registers/rulebook/signed/versions/1")).json()
    assert found["proof"]["parts"]["act"]["value"]["signature"] == signature
    api.bank.require_clean()
