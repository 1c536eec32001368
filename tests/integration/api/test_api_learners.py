"""Learners: accounts, identities, codes and sessions, restriction, erasure."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import pytest
import sqlalchemy as sa

from creditbank.domain.access import Role
from creditbank.errors.access import TokenUnknown, Unauthenticated
from creditbank.services import sessions, tokens
from creditbank.services.identifying import new_account_name
from creditbank.storage import access, database, reading
from tests import factories
from tests.banks import COLLEGE, DESK, SCHOOL
from tests.integration.api.client import AUDITOR, Api, slug_of
from tests.integration.api.scene import fresh, set_scene

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _opened(api: Api, person: int, **more: Any) -> str:
    response = await api.post("/v1/learners", factories.learner(person) | more, DESK)
    assert response.status_code == 201
    account: str = response.json()["account"]
    return account


# --- accounts and identities


async def test_the_same_document_finds_the_same_account(api: Api, person: int) -> None:
    account = await _opened(api, person)
    again = await api.post("/v1/learners", factories.learner(person), SCHOOL)
    assert (again.status_code, again.json()) == (200, {"account": account, "replayed": True})


async def test_another_name_for_a_known_document_is_refused(api: Api, person: int) -> None:
    await _opened(api, person)
    stranger = factories.learner(person) | {"name": "别人"}
    refused = await api.post("/v1/learners", stranger, SCHOOL)
    assert (refused.status_code, slug_of(refused)) == (409, "name-mismatch")
    assert "别人" not in refused.text
    assert factories.learner(person)["name"] not in refused.text


async def test_a_wrong_document_is_refused_and_not_repeated(api: Api, person: int) -> None:
    learner = factories.learner(person)
    number = learner["document"]["number"]
    last = "0" if number[-1] != "0" else "1"
    learner["document"]["number"] = number[:-1] + last
    refused = await api.post("/v1/learners", learner, DESK)
    assert (refused.status_code, slug_of(refused)) == (422, "invalid-document")
    assert refused.json()["where"] == "/document/number"
    assert number[:-1] not in refused.text


@pytest.mark.parametrize("name", ["\u200b", "张\u0000三", "\u202e三张", "", "x" * 201])
async def test_a_name_is_a_name(api: Api, person: int, name: str) -> None:
    refused = await api.post("/v1/learners", factories.learner(person) | {"name": name}, DESK)
    assert refused.status_code == 422
    assert refused.json()["where"] == "/name"


async def test_documents_are_masked(api: Api, person: int) -> None:
    account = await _opened(api, person, phone="13800001234")
    learner = (await api.get(f"/v1/learners/{account}", DESK)).json()
    (identity,) = learner["identities"]
    number = factories.resident_id(person)
    assert identity["number"] == number[:2] + "*" * 14 + number[-2:]
    assert identity["phone"] == "1*********4"
    assert identity["name"] == factories.learner(person)["name"]
    assert number not in (await api.get(f"/v1/learners/{account}", DESK)).text


async def test_the_legal_basis_is_recorded(api: Api, person: int) -> None:
    account = await _opened(api, person, legal_basis="consent")
    entries = (await api.get(f"/v1/learners/{account}/statement", DESK)).json()["entries"]
    assert entries[0]["person"]["legal_basis"] == "consent"
    assert entries[0]["person"]["notice"] == "2026-1"


async def test_an_identity_is_changed_at_the_desk(api: Api, person: int) -> None:
    account = await _opened(api, person)
    passport = {"kind": "passport", "number": f"E{person:08d}", "country": "KAZ"}
    body = {"document": passport, "name": "新名", "phone": "13800005678"}
    changed = await api.post(f"/v1/learners/{account}/identity", body, DESK)
    assert changed.status_code == 201
    learner = (await api.get(f"/v1/learners/{account}", DESK)).json()
    assert [one["kind"] for one in learner["identities"]] == ["passport", "resident_id"]
    assert {one["name"] for one in learner["identities"]} == {"新名"}
    by_passport = {"document": passport, "name": "新名"}
    assert (await api.post("/v1/learners", by_passport)).json()["account"] == account
    entry = await api.get(f"/v1/entries/{changed.json()['index']}", AUDITOR)
    assert "新名" not in entry.text


async def test_a_document_of_another_account_is_refused(api: Api, person: int) -> None:
    account = await _opened(api, person)
    await _opened(api, person + 1)
    body = {"document": factories.learner(person + 1)["document"]}
    refused = await api.post(f"/v1/learners/{account}/identity", body, DESK)
    assert (refused.status_code, slug_of(refused)) == (409, "document-taken")


async def test_a_change_changes_something(api: Api, person: int) -> None:
    account = await _opened(api, person)
    refused = await api.post(f"/v1/learners/{account}/identity", {}, DESK)
    assert (refused.status_code, slug_of(refused)) == (422, "nothing-to-change")


# --- codes and sessions


async def test_a_token_says_whose_it_is(api: Api, person: int) -> None:
    held = (await api.get("/v1/tokens/current", SCHOOL)).json()
    assert held["id"] == api.bank.tokens[SCHOOL].id
    assert (held["org"], held["role"], "account" in held) == (SCHOOL, "institution", False)
    assert "outcomes:post" in held["scopes"]
    assert held["expires_at"].endswith("Z")
    posted = await api.posted(factories.completion(fresh("whoami"), person))
    account = await api.sign_in(posted["account"], DESK)
    own = (await api.get("/v1/tokens/current", account)).json()
    assert (own["role"], own["account"], own["scopes"]) == ("learner", account, ["learners:own"])


async def test_a_learner_signs_in_by_account_or_by_document_and_out_again(
    api: Api, person: int
) -> None:
    account = await _opened(api, person)
    for named in ({"account": account}, {"document": factories.learner(person)["document"]}):
        code = (await api.post(f"/v1/learners/{account}/codes", who=DESK)).json()["code"]
        session = await api.post("/v1/sessions", named | {"code": code}, who=None)
        assert session.status_code == 201
        assert session.json()["account"] == account
        api.learners[account] = session.json()["token"]
        assert (await api.get("/v1/learners/me", account)).status_code == 200
        assert (await api.delete("/v1/sessions/current", account)).json() == {"revoked": True}
        assert (await api.get("/v1/learners/me", account)).status_code == 401
        assert (await api.get("/v1/learners/me/balance", account)).status_code == 401


async def test_a_code_can_be_used_once(api: Api, person: int) -> None:
    account = await _opened(api, person)
    code = (await api.post(f"/v1/learners/{account}/codes", who=DESK)).json()["code"]
    body = {"account": account, "code": code}
    assert (await api.post("/v1/sessions", body, who=None)).status_code == 201
    assert (await api.post("/v1/sessions", body, who=None)).status_code == 401


async def test_wrong_codes_are_counted_and_the_code_ends(api: Api, person: int) -> None:
    account = await _opened(api, person)
    code = (await api.post(f"/v1/learners/{account}/codes", who=DESK)).json()["code"]
    wrong = "0" if code != "0" else "1"
    for _ in range(tokens.CODE_ATTEMPTS_MAX):
        refused = await api.post("/v1/sessions", {"account": account, "code": wrong}, who=None)
        assert (refused.status_code, slug_of(refused)) == (401, "code-wrong")
    refused = await api.post("/v1/sessions", {"account": account, "code": code}, who=None)
    assert refused.status_code == 401
    code = (await api.post(f"/v1/learners/{account}/codes", who=DESK)).json()["code"]
    opened = await api.post("/v1/sessions", {"account": account, "code": code}, who=None)
    assert opened.status_code == 201


async def test_an_expired_code_is_wrong(api: Api, person: int) -> None:
    account = await _opened(api, person)
    bank = api.bank.bank
    digest = bank.keyring.code_digest(account, "12345678")
    past = access.Code(account, digest, int(time.time()) - 1)
    bank.database.write_sync(lambda connection: access.put_code(connection, past))
    body = {"account": account, "code": "12345678"}
    assert (await api.post("/v1/sessions", body, who=None)).status_code == 401


async def test_the_answer_does_not_tell_whether_there_is_such_a_learner(
    api: Api, person: int
) -> None:
    account = await _opened(api, person)
    unknown = factories.learner(person + 1)["document"]
    answers = []
    for named in ({"account": account}, {"account": new_account_name()}, {"document": unknown}):
        refused = await api.post("/v1/sessions", named | {"code": "12345678"}, who=None)
        answers.append({**refused.json(), "request_id": ""})
        assert refused.status_code == 401
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize("both", [True, False])
async def test_a_session_names_the_learner_one_way(api: Api, person: int, both: bool) -> None:
    document = {"document": factories.learner(person)["document"]}
    named = {"account": new_account_name()} | document if both else {}
    refused = await api.post("/v1/sessions", named | {"code": "1"}, who=None)
    assert (refused.status_code, slug_of(refused)) == (422, "request-invalid")


async def test_a_token_that_was_revoked_is_refused_although_it_is_known(
    api: Api, person: int
) -> None:
    token = api.bank.tokens["revoked"] = api.bank.token(SCHOOL, Role.INSTITUTION)
    await api.posted(factories.completion(fresh("revoked"), person), "revoked")
    await sessions.revoke_token(api.bank.bank, token.id)
    outcome = factories.completion(fresh("revoked"), person + 1)
    for path, body in (
        ("/v1/outcomes", outcome),
        ("/v1/batches", {"items": [outcome]}),
        ("/v1/learners", factories.learner(person + 1)),
    ):
        assert (await api.post(path, body, "revoked")).status_code == 401


async def test_a_token_has_at_most_the_scopes_it_was_given(api: Api, person: int) -> None:
    api.bank.tokens["reader"] = api.bank.token(
        SCHOOL, Role.INSTITUTION, scopes=frozenset({"outcomes:read"})
    )
    assert (await api.get("/v1/entries", "reader")).status_code == 200
    refused = await api.post("/v1/outcomes", factories.completion("x", person), "reader")
    assert refused.status_code == 403
    assert refused.json()["scope"] == "outcomes:post"


async def test_a_code_is_not_given_out_with_a_token_that_was_revoked_meanwhile(
    api: Api, person: int
) -> None:
    account = await _opened(api, person)
    token = api.bank.token(DESK, Role.DESK)
    bank = api.bank.bank
    principal = await sessions.authenticate(bank, token.text)
    await sessions.revoke_token(bank, token.id)
    with pytest.raises(Unauthenticated):
        await sessions.issue_code(bank, principal, account, minutes=1)
    with pytest.raises(TokenUnknown):
        await sessions.revoke_token(bank, "nosuchtoken")


async def test_a_database_that_is_gone_is_said_to_be(
    api: Api, person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await _opened(api, person)

    def lose(connection: sa.Connection) -> None:
        connection.rollback()
        raise sa.exc.OperationalError("COMMIT", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(database, "commit", lose)
    for path, body, who in (
        (f"/v1/learners/{account}/codes", None, DESK),
        ("/v1/sessions", {"account": account, "code": "1"}, None),
        (f"/v1/learners/{account}/identity", {"name": "新名"}, DESK),
    ):
        refused = await api.post(path, body, who)
        assert (refused.status_code, slug_of(refused)) == (503, "storage-unavailable")
    refused = await api.get(f"/v1/learners/{account}/balance", DESK)
    assert refused.status_code == 503


async def test_only_so_many_tokens_are_remembered(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_KNOWN_MAX", 1)
    known = sessions.KnownTokens(api.bank.bank)
    for who in (SCHOOL, DESK, SCHOOL):
        assert (await known.authenticate(api.token(who))).org == who
    assert len(known._known) == 1


# --- restriction and erasure


async def test_a_restricted_account_is_stored_and_nothing_else(api: Api, person: int) -> None:
    scene = await set_scene(api, person)
    body = {"until": "2098-12-31", "reason": "行政复议"}
    restricted = await api.put(f"/v1/learners/{scene.account}/restriction", body, DESK)
    assert restricted.json()["until"] == "2098-12-31"
    course = factories.course(fresh("restricted"), person)
    assert slug_of(await api.post("/v1/outcomes", course)) == "account-restricted"
    granted = await api.get(f"/v1/learners/{scene.account}/balance", COLLEGE)
    assert (granted.status_code, slug_of(granted)) == (409, "account-restricted")
    refused = await api.delete("/v1/learners/me", scene.account)
    assert (refused.status_code, slug_of(refused)) == (409, "restriction-stands")
    learner = (await api.get("/v1/learners/me", scene.account)).json()
    assert learner["restriction"] == {"until": "2098-12-31", "reason": "行政复议"}
    ended = (await api.delete(f"/v1/learners/{scene.account}/restriction", DESK)).json()
    assert (ended["restricted"], "index" in ended) == (False, True)
    again = (await api.delete(f"/v1/learners/{scene.account}/restriction", DESK)).json()
    assert again == {"restricted": False}
    assert (await api.post("/v1/outcomes", course, COLLEGE)).status_code == 201
    assert (await api.delete("/v1/learners/me", scene.account)).status_code == 200


async def test_a_restriction_does_not_end_before_it_begins(api: Api, person: int) -> None:
    account = await _opened(api, person)
    body = {"until": "2020-01-01", "reason": "x"}
    refused = await api.put(f"/v1/learners/{account}/restriction", body, DESK)
    assert (refused.status_code, refused.json()["where"]) == (422, "/until")


@pytest.mark.parametrize("by", ["learner", "desk"])
async def test_what_was_erased_is_gone_and_says_so(api: Api, person: int, by: str) -> None:
    outcome = factories.completion(fresh("erase"), person)
    first = await api.posted(outcome)
    account = await api.sign_in(first["account"], DESK)
    grant = {"org": COLLEGE, "purpose": "x", "until": "2099-01-01"}
    await api.post("/v1/grants", grant, account)
    erased = await api.delete(f"/v1/learners/{account}", account if by == "learner" else DESK)
    assert erased.status_code == 200
    assert erased.json()["erased"] is True

    assert (await api.get("/v1/learners/me", account)).status_code == 401
    for what in ("", "/balance", "/outcomes", "/statement", "/export", "/access-log"):
        gone = await api.get(f"/v1/learners/{account}{what}", DESK)
        assert (gone.status_code, slug_of(gone)) == (410, "erased"), what
    for path, body in (("codes", None), ("identity", {"name": "x"})):
        assert (await api.post(f"/v1/learners/{account}/{path}", body, DESK)).status_code == 410
    assert (await api.get(f"/v1/learners/{account}/balance", COLLEGE)).status_code == 410
    assert (await api.delete(f"/v1/learners/{account}", DESK)).status_code == 410
    assert (await api.post("/v1/outcomes", outcome)).status_code == 410
    revocation = {"index": first["index"], "reason": "x", "source_id": fresh("erased")}
    assert (await api.post("/v1/revocations", revocation)).status_code == 410
    course = factories.course(fresh("erased"), person)
    course["learner"] = {"account": account}
    assert (await api.post("/v1/outcomes", course, COLLEGE)).status_code == 410

    entry = (await api.get(f"/v1/entries/{first['index']}", SCHOOL)).json()
    assert entry["erased"] is True
    assert "person" not in entry["parts"]
    assert "person" in entry["digests"]
    leaf = await api.get(f"/v1/entries/{first['index']}/leaf")
    assert leaf.text == entry["leaf"]


async def test_an_erased_learner_may_come_back_as_somebody_new(api: Api, person: int) -> None:
    account = await _opened(api, person)
    await api.delete(f"/v1/learners/{account}", DESK)
    assert await _opened(api, person) != account


async def test_a_code_issued_while_the_learner_is_erased_leaves_nothing(
    api: Api, person: int
) -> None:
    account = await _opened(api, person)
    await api.delete(f"/v1/learners/{account}", DESK)
    await api.post(f"/v1/learners/{account}/codes", who=DESK)
    assert not api.bank.bank.database.read_sync(
        lambda connection: reading.account_exists(connection, account)
    )
    for rows in api.bank.rows().values():
        assert not any(account in row for row in rows)


async def test_an_account_that_never_was_is_unknown(api: Api) -> None:
    for what in ("", "/balance", "/export"):
        unknown = await api.get(f"/v1/learners/{new_account_name()}{what}", DESK)
        assert (unknown.status_code, slug_of(unknown)) == (404, "learner-unknown")


@pytest.mark.parametrize("name", ["la-short", "LA-aaaaaaaaaaaaaaaa", "la-aaaaaaaaaaaaaaa\x00", "%"])
async def test_an_account_has_a_form(api: Api, name: str) -> None:
    for what in ("", "/balance", "/outcomes"):
        response = await api.get(f"/v1/learners/{name}{what}".replace("\x00", "%00"), DESK)
        assert (response.status_code, slug_of(response)) == (422, "request-invalid")
        assert response.json()["where"] == "path:account"
