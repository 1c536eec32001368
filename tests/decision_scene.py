"""Rulebooks for tests, and decisions under them through the same door as everybody's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from creditbank.domain.access import Principal, Role
from creditbank.domain.conversion.facts import Request
from creditbank.services import converting
from creditbank.services.actors import Poster
from creditbank.services.applying import Applied, Apply, Consent, Moved
from creditbank.services.converting import Answered, Prepared, Question
from creditbank.services.deciding import Decided, EndDecision, ReviewDecision, TakeStep
from creditbank.services.evidencing import Supplied, SupplyEvidence
from creditbank.services.granting import GrantAccess
from creditbank.services.vouching import Statement
from creditbank.storage import loading
from tests import factories
from tests.banks import COLLEGE, DESK, NOTICE, SCHOOL, TestBank

OTHER_COLLEGE = factories.organisation_code(8)
TRANSFER = "test-transfer"
OTHER_TRANSFER = "test-other-transfer"
RECOGNISING = "test-recognising"
PAPER = Consent("2026-1", "ab" * 32)

CITED = {"title": "测试规则", "status": "example"}
STEPS = (
    {"id": "apply", "title": {"zh": "学生申请"}, "by": "learner"},
    {"id": "faculty", "title": {"zh": "院系审核"}, "by": "owner"},
    {"id": "check", "title": {"zh": "评价组织核验"}, "by": "evaluator"},
    {"id": "record", "title": {"zh": "登记"}, "by": "bank"},
)


def rule(rule_id: str = "vision", **more: Any) -> dict[str, Any]:
    """Return a rule that transfers up to 1.50 credits from one module."""
    return {
        "id": rule_id,
        "version": "1",
        "title": {"zh": "转入工业视觉质检学分", "en": "Transfer of industrial vision"},
        "citation": CITED,
        "target": {"kind": "transfer", "to": COLLEGE, "system": "cn-16", "at_most": "1.50"},
        "needs": {
            "id": "credits",
            "kind": "amount",
            "unit": {"measure": "credit", "system": "cn-16"},
            "at_least": "1.50",
            "select": {"module": [factories.MODULE]},
        },
        "use": {"scope": "academic"},
    } | more


def to_other() -> dict[str, Any]:
    """Return a target of the other college."""
    return {"kind": "transfer", "to": OTHER_COLLEGE, "system": "cn-16", "at_most": "1.50"}


def rulebook(
    rulebook_id: str = TRANSFER,
    owner: str = COLLEGE,
    *rules: dict[str, Any],
    steps: tuple[Mapping[str, Any], ...] = STEPS,
    procedure: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a rulebook of an owner, with one rule unless some are given."""
    return {
        "id": rulebook_id,
        "version": "1",
        "valid_from": "2026-01-01",
        "title": {"zh": f"规则库{rulebook_id}"},
        "region": factories.REGION,
        "owner": owner,
        "status": "example",
        "procedure": {"steps": [dict(step) for step in steps]} | dict(procedure or {}),
        "rules": list(rules) or [rule()],
    } | more


def publish_rulebooks(bank: TestBank) -> None:
    """Publish two colleges' rulebooks that want the same module, and one that takes nothing."""
    bank.publish("institution", factories.institution(OTHER_COLLEGE, "college"))
    bank.tokens[OTHER_COLLEGE] = bank.token(OTHER_COLLEGE, Role.COLLEGE)
    bank.publish("rulebook", rulebook())
    bank.publish("rulebook", rulebook(OTHER_TRANSFER, OTHER_COLLEGE, rule(target=to_other())))
    free = rule(
        target={"kind": "exemption", "of": {"zh": "质检实训"}},
        use={"scope": "academic", "sharing": "free", "effect": "recognise"},
    )
    bank.publish("rulebook", rulebook(RECOGNISING, COLLEGE, free))


def principal(bank: TestBank, org: str) -> Principal:
    """Return the principal of an organisation's token."""
    token = bank.database.read_sync(
        lambda connection: loading.tokens(connection, {bank.tokens[org].id})
    )[bank.tokens[org].id]
    assert token is not None
    return Principal(token.id, token.org, Role(token.role), token.scopes)


def learner(bank: TestBank, account: str) -> Principal:
    """Return a learner who signed in."""
    if account not in bank.tokens:
        bank.tokens[account] = bank.token("bank", Role.LEARNER, account=account)
    scopes = frozenset({"learners:own"})
    return Principal(bank.tokens[account].id, "bank", Role.LEARNER, scopes, account)


def grant(bank: TestBank, account: str, org: str = COLLEGE) -> None:
    """Let an organisation read a learner's record."""
    token = learner(bank, account).token
    bank.do(GrantAccess(account, org, "学分转换", int(time.time()) + 86_400, token))


def prepare(bank: TestBank, question: Question) -> Prepared:
    """Return the case of a question as the bank is now."""

    def read(connection: Any) -> Prepared:
        catalogue = bank.bank.recorder.catalogue_of(connection)
        now = loading.read_head(connection).now
        return converting.read_prepared(connection, bank.bank.keyring, catalogue, question, now)

    return bank.database.read_sync(read)


def answered(bank: TestBank, question: Question) -> Answered:
    """Return what the rules say now."""
    prepared = prepare(bank, question)
    return Answered(prepared, converting.solve(prepared))


def question(
    account: str,
    rulebook_id: str = TRANSFER,
    *targets: str,
    statements: tuple[Statement, ...] = (),
) -> Question:
    """Return a question; targets are rules, or rule:course."""
    requests = tuple(
        Request(one.partition(":")[0], one.partition(":")[2] or None) for one in targets
    )
    return Question(account, rulebook_id, requests, statements)


def application(
    bank: TestBank,
    asked: Question,
    who: Principal | None = None,
    *,
    source_id: str = "",
    consent: Consent | None = None,
    given: Answered | None = None,
) -> Apply:
    """Return the work of an application, by the learner unless somebody else is given."""
    by = who or learner(bank, asked.account)
    own = by.account is not None
    said = f"{by.org}/{asked.account}/{source_id or time.perf_counter_ns()}"
    conversion = bank.bank.keyring.source("bank:conversion_id", said).hex()[:32]
    agreed = consent or (Consent(NOTICE.version) if own else PAPER)
    poster = Poster(by.token, by.org)
    return Apply(given or answered(bank, asked), by, poster, agreed, conversion)


def apply(bank: TestBank, asked: Question, who: Principal | None = None, **more: Any) -> Applied:
    """Apply, evaluating again as often as the record has changed."""
    while True:
        try:
            applied: Applied = bank.do(application(bank, asked, who, **more))
        except Moved:
            continue
        return applied


def step(  # one argument per thing that is said
    bank: TestBank,
    conversion: str,
    step_id: str,
    who: Principal,
    result: str = "passed",
    opinion: str | None = None,
) -> Decided:
    """Take a step."""
    poster = Poster(who.token, who.org)
    work = TakeStep(conversion, who, poster, step_id, result, opinion)
    decided: Decided = bank.do(work)
    return decided


def end(bank: TestBank, conversion: str, who: Principal, reason: str | None = None) -> Decided:
    """Withdraw a decision, or give it back."""
    poster = Poster(who.token, who.org)
    decided: Decided = bank.do(EndDecision(conversion, who, poster, reason))
    return decided


def review(bank: TestBank, conversion: str, who: Principal, reason: str = "无影响") -> Decided:
    """Let a flagged decision stand."""
    poster = Poster(who.token, who.org)
    decided: Decided = bank.do(ReviewDecision(conversion, who, poster, reason))
    return decided


def supply(bank: TestBank, account: str, name: str, value: Mapping[str, Any]) -> Supplied:
    """Let the college supply evidence."""
    who = principal(bank, COLLEGE)
    poster = Poster(who.token, who.org)
    supplied: Supplied = bank.do(SupplyEvidence(account, name, value, who, poster))
    return supplied


def parties(bank: TestBank) -> dict[str, Principal]:
    """Return who takes which step of the procedure above."""
    return {
        "faculty": principal(bank, COLLEGE),
        "check": principal(bank, SCHOOL),
        "record": principal(bank, DESK),
    }


def register(bank: TestBank, conversion: str) -> Decided:
    """Carry a decision to its end."""
    for step_id, who in parties(bank).items():
        decided = step(bank, conversion, step_id, who)
    return decided


def at(bank: TestBank, monkeypatch: Any, days: int) -> None:
    """Let the bank's clocks go `days` ahead of the machine's; tokens last as long."""
    ahead = days * 86_400
    bank.write("UPDATE tokens SET expires_at = ?", int(time.time()) + ahead + 86_400)
    read_head: Callable[..., loading.Head] = loading.read_head

    def later(connection: Any) -> loading.Head:
        head = read_head(connection)
        return loading.with_now(head, head.now + ahead)

    monkeypatch.setattr(loading, "read_head", later)
    monkeypatch.setattr(bank.bank.recorder, "_now", lambda: time.time() + ahead)
