"""Requests about decisions: evaluating, applying, each step, lists, paths and sheets.

A target is {"rule", "course"?}. Evidence is an object with a member for each id that rules ask for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from creditbank.clients import conversion_answers as answers
from creditbank.clients.calling import (
    Call,
    Document,
    given,
    path_step,
    read_as,
    time_text,
    to_body,
)

_PATH = "/v1/conversions"


def evaluate(
    rulebook: str,
    *,
    account: str | None = None,
    targets: Sequence[Document] = (),
    evidence: Mapping[str, Any] | None = None,
) -> Call[answers.Evaluated]:
    """Return what a rulebook says of a learner today; nothing is reserved.

    `targets` are in order of preference; all, if none is named.
    """
    body = _question(rulebook, account, targets, evidence)
    return Call("POST", f"{_PATH}/evaluations", read_as(answers.Evaluated), to_body(body))


def apply(  # one argument per thing that is said with an application
    rulebook: str,
    *,
    account: str | None = None,
    targets: Sequence[Document] = (),
    evidence: Mapping[str, Any] | None = None,
    consent: Document | None = None,
    source_id: str | None = None,
    operator: str | None = None,
    reviewer: str | None = None,
) -> Call[answers.Applied]:
    """Apply for a decision; what it needs is reserved.

    As a learner for oneself; as the owner or the desk with the `consent` {notice, digest} on paper.
    With a `source_id` the call may be sent again.
    """
    body = _question(rulebook, account, targets, evidence)
    body |= given(consent=consent, source_id=source_id, operator=operator, reviewer=reviewer)
    repeatable = source_id is not None
    return Call("POST", _PATH, read_as(answers.Applied), to_body(body), repeatable=repeatable)


def conversions(  # one argument per thing that narrows a list
    *,
    status: str | None = None,
    flagged: bool | None = None,
    account: str | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> Call[answers.Conversions]:
    """Return a page of the decisions that one may see."""
    said = None if flagged is None else str(flagged).lower()
    query = given(status=status, flagged=said, account=account, after=after, limit=limit)
    texts = {name: str(value) for name, value in query.items()}
    return Call("GET", _PATH, read_as(answers.Conversions), query=texts)


def conversion(conversion_id: str) -> Call[answers.Conversion]:
    """Return a whole decision."""
    return Call("GET", _decision(conversion_id), read_as(answers.Conversion))


def derivation(conversion_id: str) -> Call[answers.Derivation]:
    """Derive a decision again from its own entry."""
    return Call("GET", _decision(conversion_id, "derivation"), read_as(answers.Derivation))


def take_step(
    conversion_id: str,
    step: str,
    *,
    result: str = "passed",
    opinion: str | None = None,
    operator: str | None = None,
    reviewer: str | None = None,
) -> Call[answers.Decided]:
    """Take the next step of a decision: passed, or rejected with an opinion."""
    body = {"step": step, "result": result}
    body |= given(opinion=opinion, operator=operator, reviewer=reviewer)
    path = _decision(conversion_id, "steps")
    return Call("POST", path, read_as(answers.Decided), to_body(body))


def withdraw_conversion(conversion_id: str, *, reason: str | None = None) -> Call[answers.Decided]:
    """End a decision before it is registered; as its owner, give a registered one back."""
    path = _decision(conversion_id, "withdrawal")
    return Call("POST", path, read_as(answers.Decided), to_body(given(reason=reason)))


def review_conversion(conversion_id: str, *, reason: str) -> Call[answers.Decided]:
    """Let a flagged decision stand, as its owner."""
    path = _decision(conversion_id, "review")
    return Call(
        "POST", path, read_as(answers.Decided), to_body({"reason": reason}), repeatable=False
    )


def intake(
    rulebook: str,
    *,
    learners: Sequence[Document] | None = None,
    targets: Sequence[Document] = (),
    after: str | None = None,
) -> Call[answers.Intake]:
    """Return what a rulebook says of up to 200 learners, each {account, evidence?}.

    Without learners: of those who granted the organisation a look, after the account before.
    """
    body: dict[str, Any] = {"rulebook": rulebook}
    body |= {"targets": list(targets)} if targets else {}
    body |= {} if learners is None else {"learners": list(learners)}
    body |= given(after=after)
    return Call("POST", f"{_PATH}/intake", read_as(answers.Intake), to_body(body))


def path(
    rulebook: str,
    target: Document,
    *,
    account: str | None = None,
    evidence: Mapping[str, Any] | None = None,
    modules: Sequence[str] | None = None,
) -> Call[answers.Path]:
    """Return the smallest set of modules that would reach a target, in their order."""
    body: dict[str, Any] = {"rulebook": rulebook, "target": dict(target)}
    body |= given(account=account, evidence=evidence)
    body |= {} if modules is None else {"modules": list(modules)}
    return Call("POST", f"{_PATH}/path", read_as(answers.Path), to_body(body))


def conversion_sheet(conversion_id: str, *, form: str = "pdf") -> Call[bytes]:
    """Return the conversion sheet (学分转换认定表) as `pdf` or `html`, in the client's language."""
    path_ = _decision(conversion_id, "sheet")
    return Call("GET", path_, bytes, query={"format": form})


def supply_evidence(
    name: str,
    value: Any,
    *,
    account: str | None = None,
    until: date | str | None = None,
    digest: str | None = None,
) -> Call[answers.EvidenceRecorded]:
    """Record what rules ask for beside outcomes, such as an enrolment.

    The same again, while it is the latest, gets its first answer.
    """
    body = {"id": name, "value": value}
    body |= given(account=account, until=time_text(until), digest=digest)
    return Call(
        "POST",
        f"{_PATH}/evidence",
        read_as(answers.EvidenceRecorded),
        to_body(body),
    )


def _question(
    rulebook: str,
    account: str | None,
    targets: Sequence[Document],
    evidence: Mapping[str, Any] | None,
) -> dict[str, Any]:
    body: dict[str, Any] = {"rulebook": rulebook} | given(account=account, evidence=evidence)
    return body | ({"targets": [dict(one) for one in targets]} if targets else {})


def _decision(conversion_id: str, what: str = "") -> str:
    return f"{_PATH}/{path_step(conversion_id)}" + (f"/{what}" if what else "")
