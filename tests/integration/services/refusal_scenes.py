"""What goes before a refusal: people restricted or erased, posters unknown, things posted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from creditbank.domain.access import Role
from creditbank.errors import CreditBankError
from creditbank.services.learners import Erase, Restrict
from creditbank.storage import access
from tests import factories
from tests.banks import COLLEGE, DESK, SCHOOL, TestBank
from tests.factories import assessment, completion, course

FUTURE = "2199-01-01"
STRANGER = factories.organisation_code(77)
ISSUER = {"level": "issuer"}

Submit = Callable[[TestBank], object]


@dataclass(frozen=True, slots=True)
class Case:
    """What is refused, after what, with which error, where."""

    submit: Submit
    error: type[CreditBankError]
    where: str | None
    after: Submit = lambda _bank: None
    fields: dict[str, Any] = field(default_factory=dict)


def post(outcome: dict[str, Any], org: str = SCHOOL) -> Submit:
    return lambda bank: bank.post(outcome, org)


def restrict(bank: TestBank) -> None:
    account = bank.post(course("s-0", 1), COLLEGE).account
    bank.do(Restrict(account, FUTURE, "行政复议", bank.poster(DESK)))


def beside_an_account(bank: TestBank) -> object:
    """Post for the one account there is, with somebody else's document beside it."""
    ((account, *_),) = bank.rows()["accounts"]
    named = {"account": account, "document": factories.learner(2)["document"]}
    return bank.post(completion("s-2", 1, learner=named))


def erase(bank: TestBank) -> None:
    account = bank.post(completion("s-1", 1)).account
    bank.do(Erase(account, bank.tokens[DESK].id))


def suspend(bank: TestBank) -> None:
    bank.publish("institution", factories.institution(SCHOOL, version="2", status="suspended"))


def stranger(bank: TestBank) -> None:
    bank.tokens[STRANGER] = bank.token(STRANGER, Role.INSTITUTION)


def revoke_token(bank: TestBank) -> None:
    token = bank.tokens[SCHOOL].id
    bank.database.write_sync(lambda connection: access.revoke_token(connection, token, 1))


def expire_token(bank: TestBank) -> None:
    bank.write("UPDATE tokens SET expires_at = 1 WHERE org = ?", SCHOOL)


def posted_and_revoked(bank: TestBank) -> None:
    posted = bank.post(completion("s-1", 1))
    bank.revoke("r-1", posted.index)


def last_of(bank: TestBank, kind: str) -> int:
    entries = bank.rows()["entries"]
    return max(int(row[0]) for row in entries if f'"kind":"{kind}"'.encode() in row[7])


def second_version(bank: TestBank) -> None:
    module = {
        "id": "TEST-2",
        "version": "1",
        "valid_from": "2026-01-01",
        "valid_to": "2026-05-31",
        "title": {"zh": "短期模块"},
        "region": "440000",
        "kind": "other",
        "hours": {"theory": "8.00", "practice": "0.00"},
        "stages": [{"stage": "study"}],
    }
    bank.publish("module", module)
    bank.publish("authorisation", factories.authorisation(SCHOOL, "TEST-2"))


def absent(passed: bool) -> dict[str, Any]:
    return assessment(passed=passed, parts=[]) | {"sitting": "absent"}


def part(part: str, score: str = "80.00", *, passed: bool = True) -> dict[str, Any]:
    return {
        "part": part,
        "passed": passed,
        "score": {"scale": "percent-100", "value": score},
    }


BAD_ID = {"document": {"kind": "resident_id", "number": "449999195001010001"}, "name": "测试"}


def erased_account(bank: TestBank) -> Any:
    """Return a thing whose `id` is the account of a learner who was erased."""
    account = bank.post(completion("s-1", 1)).account
    bank.do(Erase(account, bank.tokens[DESK].id))
    token = bank.tokens[DESK]
    return type(token)(account, "", 0)
