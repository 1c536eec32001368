"""The SDK against a real server: every method, as institutions, desks, learners and colleges do."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from creditbank.clients.bank import BankClient, BankProblem
from creditbank.clients.sheets import read_sheet
from creditbank.errors.clients import BankUnreachable
from tests import factories
from tests.banks import ASSESSOR, AUTHORITY, COLLEGE, DESK, ORIGIN, SCHOOL
from tests.integration.sdk.banks_served import Served
from tests.unit.clients.sheet_files import HEADINGS, csv_text, row

_people = itertools.count(1)


def completion(**more: Any) -> tuple[int, dict[str, Any]]:
    """Return a person nobody else has posted, and their completion."""
    person = next(_people)
    return person, factories.completion(f"sdk-{person}", person, **more)


def problem_of(ask: Callable[[], object]) -> BankProblem:
    with pytest.raises(BankProblem) as refused:
        ask()
    return refused.value


def signed_in(served: Served, person: int) -> tuple[str, BankClient]:
    """Return account and client of a learner who signed in at the desk."""
    learner = factories.learner(person)
    number = learner["document"]["number"]
    with served.client(DESK) as desk:
        account = desk.open_learner("resident_id", number, learner["name"]).account
        code = desk.issue_code(account).code
    with BankClient(served.address) as door:
        session = door.open_session(code=code, kind="resident_id", number=number)
    assert session.account == account
    return account, BankClient(served.address, session.token)


def test_a_posting_is_recorded_once_and_can_be_looked_up(served: Served) -> None:
    _, outcome = completion()
    with served.client(SCHOOL) as school:
        first = school.post_outcome(outcome, operator="经办甲", reviewer="复核乙")
        again = school.post_outcome(outcome)
        entry = school.entry(first.index)
        mine = school.entries(limit=200)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.index == first.index
    assert first.awarded is not None
    assert {credit.system for credit in first.awarded.credits} == {"cn-16", "cn-18"}
    assert entry["parts"]["actor"]["value"]["operator"] == "经办甲"
    assert first.index in [one.index for one in mine.entries]


def test_a_refusal_says_where_and_what_in_the_language_asked_for(served: Served) -> None:
    _, outcome = completion(module={"id": "NO-SUCH"})
    with served.client(SCHOOL, language="en") as school:
        english = problem_of(lambda: school.post_outcome(outcome))
    with served.client(SCHOOL) as school:
        chinese = problem_of(lambda: school.post_outcome(outcome))
    assert (english.status, english.slug) == (422, "module-unknown")
    assert english.members["where"] == "/module"
    assert english.title == "No such module version"
    assert any("\u4e00" <= character <= "\u9fff" for character in chinese.title)


def test_a_batch_names_its_bad_rows_and_can_be_fetched_again(served: Served) -> None:
    items = [completion()[1] for _ in range(5)]
    items[2]["stages"][0]["hours"] = {"theory": "7.00"}
    with served.client(SCHOOL) as school:
        tried = school.post_batch(items, dry_run=True)
        answer = school.post_batch(items, file_digest="ab" * 32)
        assert answer.batch is not None
        batch = school.batch(answer.batch)
    assert (tried.recorded, tried.refused, tried.batch) == (4, 1, None)
    assert (answer.recorded, answer.refused) == (4, 1)
    (bad,) = [result for result in answer.results if result.status == "refused"]
    assert bad.problem is not None
    assert (bad.row, bad.problem.slug) == (3, "too-few-hours")
    assert (batch.refused_rows, batch.file_digest) == ((3,), "ab" * 32)
    assert [item.row for item in batch.results] == [1, 2, 4, 5]


def test_an_atomic_batch_is_refused_as_a_whole(served: Served) -> None:
    items = [completion()[1] for _ in range(3)]
    items[1]["stages"] = []
    with served.client(SCHOOL) as school:
        refused = problem_of(lambda: school.post_batch(items, atomic=True))
        assert [one["status"] for one in refused.members["results"]].count("refused") == 1
        assert school.post_batch(items[:1]).recorded == 1, "it was not recorded before"
    assert refused.slug == "batch-refused"


def test_many_items_are_posted_in_chunks(served: Served) -> None:
    told: list[int] = []
    items = [completion()[1] for _ in range(25)]
    with served.client(SCHOOL) as school:
        posted = school.post_items(items, chunk=10, progress=told.append)
        again = school.post_items(reversed(items), chunk=7)
    assert (posted.recorded, told, len(posted.batches)) == (25, [10, 20, 25], 3)
    assert (again.replayed, again.batches) == (25, [])


async def test_the_asynchronous_client_posts_and_reads(served: Served) -> None:
    _, outcome = completion()
    async with served.async_client(SCHOOL) as school:
        posted = await school.post_outcome(outcome)
        assert (await school.post_items([outcome])).replayed == 1
    async with served.async_client(DESK) as desk:
        assert (await desk.balance(posted.account)).available("cn-16") == "1.50"
        entries = [entry async for entry in desk.statement_entries(posted.account)]
    assert [entry.kind for entry in entries] == ["account/1", "outcome/1"]


def test_a_correction_and_a_revocation(served: Served) -> None:
    person, outcome = completion()
    with served.client(SCHOOL) as school, served.client(DESK) as desk:
        posted = school.post_outcome(outcome)
        better = factories.completion(f"sdk-{person}-c", person)
        better["stages"][2]["parts"][0]["score"]["value"] = "91.00"
        corrected = school.correct(posted.index, better, reason="成绩录入有误")
        assert school.correct(posted.index, better, reason="成绩录入有误").replayed
        assert desk.balance(posted.account).available("cn-16") == "1.50"
        revoked = school.revoke(corrected.index, reason="重复", source_id=f"sdk-{person}-r")
        assert (revoked.target, revoked.replayed) == (corrected.index, False)
        balance = desk.balance(posted.account)
    (cn16,) = [one for one in balance.systems if one.system == "cn-16"]
    assert cn16.verified is not None
    assert (cn16.verified.available, cn16.verified.revoked) == ("0.00", "3.00")


def test_a_learner_reads_grants_and_sees_who_looked(served: Served) -> None:
    person, outcome = completion()
    with served.client(SCHOOL) as school:
        school.post_outcome(outcome)
    account, learner = signed_in(served, person)
    with learner, served.client(COLLEGE) as college:
        assert learner.balance().account == account
        assert [one.status for one in learner.outcomes().outcomes] == ["credited"]
        assert [entry.seq for entry in learner.statement_entries()] == [1, 2]
        assert problem_of(lambda: college.balance(account)).slug == "not-granted"
        grant = learner.grant(COLLEGE, purpose="学分转换", until="2099-12-31")
        assert college.balance(account).available("cn-16") == "1.50"
        assert [one.grant for one in college.grants().grants] == [grant.grant]
        learner.end_grant(grant.grant)
        learner.end_grant(grant.grant)
        assert problem_of(lambda: college.balance(account)).slug == "not-granted"
        assert [one.status for one in learner.grants().grants] == ["ended"]
        seen = {(access.org, access.action) for access in learner.access_log().accesses}
        assert (COLLEGE, "balance") in seen
        exported = learner.export()
        assert exported["identities"][0]["number"] == factories.resident_id(person)
        learner.close_session()
        assert problem_of(learner.balance).slug == "unauthenticated"


def test_a_desk_keeps_identities_restricts_and_erases(served: Served) -> None:
    _, outcome = completion()
    with served.client(SCHOOL) as school:
        account = school.post_outcome(outcome).account
    with served.client(DESK) as desk:
        desk.change_identity(account, phone="13800138000")
        (identity,) = desk.learner(account).identities
        assert "*" in identity.number
        assert identity.phone is not None
        desk.restrict(account, until="2099-12-31", reason="诉讼期间")
        assert desk.learner(account).restriction is not None
        desk.end_restriction(account)
        assert desk.learner(account).restriction is None
        assert desk.erase(account)["erased"] is True
        assert problem_of(lambda: desk.balance(account)).slug == "erased"


def test_as_of_a_past_moment(served: Served) -> None:
    _, outcome = completion()
    with served.client(SCHOOL) as school, served.client(DESK) as desk:
        account = school.post_outcome(outcome).account
        assert desk.balance(account, achieved_by="2026-06-19").lots == 0
        assert desk.balance(account, achieved_by="2026-06-20").lots == 1
        assert desk.balance(account, recorded_by="2026-06-20").lots == 0


def test_registers_are_read_by_all_and_published_by_an_authority(served: Served) -> None:
    document = factories.authorisation(ASSESSOR, "GD-AI-ETH", stages=["assessment"])
    with served.client(AUTHORITY) as authority:
        published = authority.publish_register("authorisation", document)
        assert authority.publish_register("authorisation", document).replayed
    with BankClient(served.address) as anybody:
        assert anybody.bank().origin == ORIGIN
        versions = anybody.register("authorisation", document["id"]).versions
        modules = anybody.registers("module", on="2026-06-01").registers
        assert anybody.registers("module", every_version=True).registers
    assert [one.index for one in versions] == [published.index]
    assert versions[0].content["module"] == "GD-AI-ETH"
    assert "GD-AI-VQI" in {one.id for one in modules}


def test_a_sheet_is_posted_as_it_is_and_again_in_another_order(served: Served) -> None:
    rows = [row(500 + number) for number in range(6)]
    sheet = read_sheet(csv_text([HEADINGS, *rows]).encode("gb18030"), institution=SCHOOL)
    mixed = read_sheet(csv_text([HEADINGS, *reversed(rows)]).encode(), institution=SCHOOL)
    with served.client(SCHOOL) as school:
        assert school.post_items(sheet.outcomes, file_digest=sheet.digest).recorded == 6
        assert school.post_items(mixed.outcomes, file_digest=mixed.digest).replayed == 6


class LosesAnswers(httpx.BaseTransport):
    """Delivers every request, and loses the answers to the first ones."""

    def __init__(self, losses: int) -> None:
        self._inner = httpx.HTTPTransport()
        self._losses = losses

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        if self._losses:
            self._losses -= 1
            response.read()
            raise httpx.ReadError("lost")
        return response

    def close(self) -> None:
        self._inner.close()


def test_a_posting_whose_answer_was_lost_is_recorded_once(served: Served) -> None:
    _, outcome = completion()
    before = served.bank.size
    with served.client(SCHOOL, transport=LosesAnswers(2)) as school:
        posted = school.post_outcome(outcome)
    assert posted.replayed
    assert served.bank.size == before + 2, "the account and the outcome"


def test_a_sign_in_whose_answer_was_lost_is_not_tried_again(served: Served) -> None:
    _, outcome = completion()
    with served.client(SCHOOL) as school:
        account = school.post_outcome(outcome).account
    with served.client(DESK) as desk:
        code = desk.issue_code(account).code
    with (
        BankClient(served.address, transport=LosesAnswers(1)) as door,
        pytest.raises(BankUnreachable),
    ):
        door.open_session(code=code, account=account)


def test_at_the_end_the_ledger_is_clean(served: Served) -> None:
    served.bank.require_clean()
