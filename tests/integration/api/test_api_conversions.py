"""Decisions over HTTP: what a worker sees, what a college decides, what is printed."""

from __future__ import annotations

from typing import Any

import pytest

from creditbank.domain.civil_time import civil_clock
from creditbank.ledger.times import parse_time
from tests import decision_scene, factories
from tests.banks import ASSESSOR, COLLEGE, DESK, SCHOOL
from tests.decision_scene import OTHER_TRANSFER, TRANSFER
from tests.integration.api.client import AUDITOR, Api, slug_of
from tests.integration.api.scene import fresh, set_scene

pytestmark = pytest.mark.asyncio(loop_scope="module")
ENGINES = ("sqlite",)

EVALUATE = "/v1/conversions/evaluations"
FACULTY = {"step": "faculty", "result": "passed"}

STEPS = (("faculty", COLLEGE), ("check", SCHOOL), ("record", DESK))


async def signed_in(api: Api, person: int, *, done: bool = True) -> str:
    """Return the account of somebody signed in, who has the module or only began it."""
    stages = () if done else (factories.study(),)
    posted = await api.posted(factories.completion(fresh("c"), person, *stages))
    return await api.sign_in(posted["account"], DESK)


async def test_a_worker_sees_what_is_missing_in_both_languages(api: Api, person: int) -> None:
    account = await signed_in(api, person, done=False)
    answer = (await api.post(EVALUATE, {"rulebook": TRANSFER}, account)).json()
    (result,) = answer["results"]
    assert (answer["account"], result["verdict"]) == (account, "not_met")
    assert result["trace"]["missing"] == "1.50"
    assert "1.50" in result["sentence"]["zh"]
    assert "1.50" in result["sentence"]["en"]
    refused = await api.post("/v1/conversions", {"rulebook": TRANSFER}, account)
    assert (refused.status_code, slug_of(refused)) == (409, "conversion-not-met")
    assert refused.json()["results"][0]["sentence"] == result["sentence"]


async def test_a_decision_from_application_to_register(api: Api, person: int) -> None:
    account = await signed_in(api, person)
    body = {"rulebook": TRANSFER, "source_id": fresh("apply")}
    applied = await api.post("/v1/conversions", body, account)
    assert applied.status_code == 201
    conversion = applied.json()["conversion"]
    again = await api.post("/v1/conversions", body, account)
    assert (again.status_code, again.json()["conversion"]) == (200, conversion)
    balance = (await api.get("/v1/learners/me/balance", account)).json()
    (tally,) = [one["verified"] for one in balance["systems"] if one["system"] == "cn-16"]
    assert tally["by_use"]["academic"]["reserved"] == "1.50"
    assert tally["available"] == "1.50"  # the lot itself, for other scopes
    for place, (step, who) in enumerate(STEPS):
        shown = (await api.get(f"/v1/conversions/{conversion}", who)).json()
        assert shown["next"]["step"] == step
        opinion = {"step": step, "result": "passed", "opinion": f"同意{place}"}
        decided = await api.post(f"/v1/conversions/{conversion}/steps", opinion, who)
        assert decided.status_code == 201
    assert decided.json()["status"] == "registered"
    shown = (await api.get(f"/v1/conversions/{conversion}", account)).json()
    assert [one.get("opinion") for one in shown["steps"]] == [None, "同意0", "同意1", "同意2"]
    assert shown["targets"][0]["granted"] == "1.50"
    derived = (await api.get(f"/v1/conversions/{conversion}/derivation", AUDITOR)).json()
    assert (derived["same"], derived["violations"]) == (True, [])
    balance = (await api.get("/v1/learners/me/balance?format=csv", account)).text
    assert "cn-16,verified,academic,1.50,0.00,0.00,1.50,0.00,0.00" in balance


async def test_an_owner_finds_what_is_flagged(api: Api, person: int) -> None:
    scene = await set_scene(api, person, decided=True)
    path = f"/v1/conversions?flagged=true&account={scene.account}"
    assert (await api.get(path, COLLEGE)).json()["conversions"] == []
    revocation = {"index": scene.index, "reason": "误报", "source_id": fresh("r")}
    await api.post("/v1/revocations", revocation, SCHOOL)
    (flagged,) = (await api.get(path, COLLEGE)).json()["conversions"]
    assert flagged["conversion"] == scene.conversion
    assert [one["outcome"] for one in flagged["flagged"]] == [scene.outcome]
    refused = await api.post(
        f"/v1/conversions/{scene.conversion}/steps",
        {"step": "faculty", "result": "passed"},
        COLLEGE,
    )
    assert (refused.status_code, slug_of(refused)) == (409, "conversion-flagged")


async def test_pages_of_decisions_have_no_gap(api: Api, person: int) -> None:
    for number in range(3):
        await set_scene(api, person + number, decided=True)
    whole = (await api.get("/v1/conversions?limit=1000", COLLEGE)).json()["conversions"]
    read, after = [], ""
    while True:
        page = (await api.get(f"/v1/conversions?limit=2{after}", COLLEGE)).json()
        read += page["conversions"]
        if "next" not in page:
            break
        after = f"&after={page['next']}"
    assert read == whole
    assert {one["owner"] for one in whole} == {COLLEGE}
    assert (await api.get("/v1/conversions", ASSESSOR)).json()["conversions"] == []
    registered = (await api.get("/v1/conversions?status=registered", COLLEGE)).json()
    assert all(one["status"] == "registered" for one in registered["conversions"])


async def test_a_rejection_says_why(api: Api, person: int) -> None:
    scene = await set_scene(api, person, decided=True)
    path = f"/v1/conversions/{scene.conversion}/steps"
    rejection = {"step": "faculty", "result": "rejected"}
    refused = await api.post(path, rejection, COLLEGE)
    assert (refused.status_code, refused.json()["where"]) == (422, "/opinion")
    decided = await api.post(path, rejection | {"opinion": "课程不对应"}, COLLEGE)
    assert decided.json()["status"] == "rejected"


def asking(rulebook_id: str) -> dict[str, Any]:
    """Return a rulebook that asks for two things beside outcomes."""
    wanted = [
        {"id": "enrolment", "kind": "enrolment", "title": {"zh": "学籍"}, "confirmed_by": "owner"},
        {"id": "ready", "kind": "statement", "title": {"zh": "承诺"}, "confirmed_by": "learner"},
    ]
    needs = [{"id": one["id"], "kind": "evidence", "evidence": one["id"]} for one in wanted]
    whole = {"id": "all", "kind": "all", "of": [decision_scene.rule()["needs"], *needs]}
    one = decision_scene.rule(needs=whole, evidence=wanted)
    return decision_scene.rulebook(rulebook_id, COLLEGE, one)


async def test_a_path_names_what_is_left_to_learn(api: Api, person: int) -> None:
    begun = await signed_in(api, person, done=False)
    body: dict[str, Any] = {"rulebook": TRANSFER, "target": {"rule": "vision"}}
    path = (await api.post("/v1/conversions/path", body, begun)).json()
    assert (path["verdict"], path["class_hours"]) == ("met", "24.00")
    assert [one["module"] for one in path["modules"]] == [factories.MODULE]
    assert path["leads_to"]["verdict"] == "met"
    none = (await api.post("/v1/conversions/path", body | {"modules": []}, begun)).json()
    assert (none["verdict"], none["modules"]) == ("not_met", [])
    done = await signed_in(api, person + 1)
    there = (await api.post("/v1/conversions/path", body, done)).json()
    assert (there["verdict"], there["modules"]) == ("met", [])
    by_school = decision_scene.rule()["needs"] | {
        "select": {"module": [factories.MODULE], "issuer": [SCHOOL]}
    }
    document = decision_scene.rulebook("by-school", COLLEGE, decision_scene.rule(needs=by_school))
    api.bank.publish("rulebook", document)
    given = body | {"rulebook": "by-school"}
    path = (await api.post("/v1/conversions/path", given, begun)).json()
    assert [one["issuer"] for one in path["modules"]] == [SCHOOL]


async def test_evidence_is_the_word_of_who_supplies_it(api: Api, person: int) -> None:
    account = (await set_scene(api, person)).account
    for who, by in ((account, "learner"), (COLLEGE, "institution"), (DESK, "desk")):
        body = {"account": account, "id": "enrolment", "value": {"major": "510209"}}
        supplied = await api.post("/v1/conversions/evidence", body, who)
        assert (supplied.status_code, supplied.json()["by"]) == (201, by)
    api.bank.publish("rulebook", asking("asking"))
    answer = (await api.post(EVALUATE, {"rulebook": "asking"}, account)).json()
    (enrolment,) = answer["evidence"]
    assert (enrolment["confirmed_by"], enrolment["value"]) == ("registry", {"major": "510209"})
    assert answer["results"][0]["verdict"] == "needs_evidence"
    said = {"enrolment": {"confirmed_by": "registry"}, "ready": True, "unasked": True}
    body = {"rulebook": "asking", "evidence": said}
    answer = (await api.post(EVALUATE, body, account)).json()
    assert {one["id"]: one["confirmed_by"] for one in answer["evidence"]} == {
        "enrolment": "registry",  # what was recorded; what a learner says of it weighs less
        "ready": "learner",
    }
    assert answer["results"][0]["verdict"] == "met"
    malformed = await api.post(
        EVALUATE,
        {"rulebook": TRANSFER, "evidence": {"a": {"b": 1.5}}},
        account,
    )
    assert (malformed.status_code, malformed.json()["where"]) == (422, "/evidence/a/b")


async def test_an_intake_answers_for_each(api: Api, person: int) -> None:
    granted = await set_scene(api, person)
    other = (await set_scene(api, person + 1)).account
    stranger = (await api.posted(factories.completion(fresh("c"), person + 2)))["account"]
    body = {
        "rulebook": TRANSFER,
        "learners": [{"account": one} for one in (granted.account, stranger, other)],
    }
    found = (await api.post("/v1/conversions/intake", body, COLLEGE)).json()
    assert [one["account"] for one in found["learners"]] == [granted.account, stranger, other]
    verdicts = [[r["verdict"] for r in one.get("results", [])] for one in found["learners"]]
    assert verdicts == [["met"], [], ["met"]]
    assert found["learners"][1]["problem"]["type"].endswith("/not-granted")
    everybody = (await api.post("/v1/conversions/intake", {"rulebook": TRANSFER}, COLLEGE)).json()
    accounts = [one["account"] for one in everybody["learners"]]
    assert accounts == sorted(accounts)
    assert {granted.account, other} <= set(accounts)
    after = {"rulebook": TRANSFER, "after": accounts[-2]}
    rest = (await api.post("/v1/conversions/intake", after, COLLEGE)).json()
    assert [one["account"] for one in rest["learners"]] == accounts[-1:]


@pytest.mark.parametrize(
    ("form", "media", "begins"),
    [("html", "text/html; charset=utf-8", b"<!doctype html>"), ("pdf", "application/pdf", b"%PDF")],
)
async def test_the_sheet_prints(
    api: Api, person: int, form: str, media: str, begins: bytes
) -> None:
    scene = await set_scene(api, person, decided=True)
    path = f"/v1/conversions/{scene.conversion}/sheet"
    sheet = await api.get(path, COLLEGE, headers={"accept": media.partition(";")[0]})
    assert sheet.headers["content-type"] == media
    assert sheet.content.startswith(begins)
    named = await api.get(f"{path}?format={form}", COLLEGE)
    assert named.headers["content-type"] == media


async def test_the_sheet_says_whose_under_which_rule_and_why(api: Api, person: int) -> None:
    scene = await set_scene(api, person, decided=True)
    path = f"/v1/conversions/{scene.conversion}/sheet?format=html"
    chinese = (await api.get(path, COLLEGE)).text
    for said in (
        "学分转换认定表",
        f"测试{person}",
        "转入工业视觉质检学分",
        "工业视觉质检",
        "院系审核",
        "学习者",
        "决定日期",
        "给予的内容",
        "所依据的成果",
        "回执",
        f"https://bank.test/v1/entries/{scene.index}/receipt",
    ):
        assert said in chinese
    assert factories.resident_id(person) not in chinese
    decision = (await api.get(f"/v1/conversions/{scene.conversion}", COLLEGE)).json()
    for exact in (
        decision["rulebooks"][0]["digest"],
        civil_clock(parse_time(decision["steps"][0]["at"])),
    ):
        assert exact in chinese
    assert decision["targets"][0]["target"] not in chinese, "a name, not a key"
    english = (await api.get(path, COLLEGE, headers={"accept-language": "en"})).text
    assert "Sheet of a credit conversion" in english
    log = (await api.get("/v1/learners/me/access-log", scene.account)).json()["accesses"]
    assert "sheet" in {one["action"] for one in log}


async def test_who_was_erased_is_gone_from_decisions(api: Api, person: int) -> None:
    scene = await set_scene(api, person, decided=True)
    await api.delete(f"/v1/learners/{scene.account}", DESK)
    for path in ("", "/sheet", "/derivation"):
        gone = await api.get(f"/v1/conversions/{scene.conversion}{path}", COLLEGE)
        assert (gone.status_code, slug_of(gone)) == (410, "erased")
    gone = await api.post(
        f"/v1/conversions/{scene.conversion}/steps",
        {"step": "faculty", "result": "passed"},
        COLLEGE,
    )
    assert gone.status_code == 410
    unknown = await api.get(f"/v1/conversions/{'0' * 32}", COLLEGE)
    assert (unknown.status_code, slug_of(unknown)) == (404, "conversion-unknown")


async def test_a_rulebook_that_is_not_in_force_decides_nothing(api: Api, person: int) -> None:
    account = await signed_in(api, person)
    for path in (EVALUATE, "/v1/conversions"):
        refused = await api.post(path, {"rulebook": "nobodys"}, account)
        assert (refused.status_code, slug_of(refused)) == (422, "rulebook-unknown")
    wrong = {"rulebook": TRANSFER, "targets": [{"rule": "vision", "course": "X"}]}
    refused = await api.post("/v1/conversions", wrong, account)
    assert slug_of(refused) == "target-unknown"


async def test_a_college_applies_under_its_own_rulebook_and_with_a_paper(
    api: Api, person: int
) -> None:
    scene = await set_scene(api, person)
    body = {"account": scene.account, "rulebook": TRANSFER}
    refused = await api.post("/v1/conversions", body, COLLEGE)
    assert slug_of(refused) == "consent-missing"
    paper = body | {"consent": {"notice": "2026-1", "digest": "ab" * 32}}
    refused = await api.post("/v1/conversions", paper | {"rulebook": OTHER_TRANSFER}, COLLEGE)
    assert (refused.status_code, slug_of(refused)) == (403, "rulebook-not-yours")
    applied = await api.post("/v1/conversions", paper | {"operator": "教务处"}, COLLEGE)
    shown = await api.get(f"/v1/conversions/{applied.json()['conversion']}", scene.account)
    assert shown.json()["consent"] == {"form": "paper", "notice": "2026-1", "digest": "ab" * 32}
    nobody = await api.post(EVALUATE, {"rulebook": TRANSFER}, COLLEGE)
    assert (nobody.status_code, nobody.json()["where"]) == (422, "/account")
