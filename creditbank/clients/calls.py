"""Every request that can be made of a bank: what is sent, and how the answer is read.

A call is a value. `BankClient` and `AsyncBankClient` both send these, so that neither can do what
the other cannot. `repeatable` says whether the same call sent twice has the effect of one: then it
is sent again when the answer was lost. Postings are, by their source id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import orjson

from creditbank.clients import answers
from creditbank.clients.calling import (
    Call,
    given,
    learner_path,
    page,
    path_step,
    read_as,
    read_nothing,
    shown,
    time_text,
    to_body,
)
from creditbank.clients.token_answers import TokenHeld

Document = Mapping[str, Any]
When = str | date | datetime

__all__ = ["Call", "Document", "When"]


# --- the bank and its registers -------------------------------------------------------------------


def bank() -> Call[answers.BankState]:
    """Return name, size and root of the log."""
    return Call("GET", "/v1/bank", read_as(answers.BankState))


def registers(
    kind: str,
    *,
    on: When | None = None,
    every_version: bool = False,
    after: int | None = None,
    limit: int | None = None,
) -> Call[answers.Registers]:
    """Return the registers of a kind that are in force today or on a date.

    With `every_version` all versions, a page of them; `after` is the `next` of the page before.
    """
    every = "true" if every_version else None
    query = given(on=time_text(on), all=every, after=after, limit=limit)
    return Call("GET", f"/v1/registers/{path_step(kind)}", read_as(answers.Registers), query=query)


def register(kind: str, register_id: str) -> Call[answers.RegisterVersions]:
    """Return every version of one register."""
    return Call(
        "GET",
        f"/v1/registers/{path_step(kind)}/{path_step(register_id)}",
        read_as(answers.RegisterVersions),
    )


def publish_register(kind: str, document: Document) -> Call[answers.PublishedRegister]:
    """Publish a register version, as an authority; publishing it again changes nothing."""
    path = f"/v1/registers/{path_step(kind)}"
    return Call("POST", path, read_as(answers.PublishedRegister), to_body(document))


def log_keys() -> Call[answers.LogKeys]:
    """Return the log's public keys over time, and the one of account heads."""
    return Call("GET", "/v1/log/keys", read_as(answers.LogKeys))


def log_status() -> Call[answers.LogStatus]:
    """Return how far the log is committed, signed and published."""
    return Call("GET", "/v1/log/status", read_as(answers.LogStatus))


def verify(
    document: Document, *, keys: Sequence[str] = (), policy: str | None = None
) -> Call[answers.Verification]:
    """Return what the server makes of a receipt or statement, without keys under its own.

    To trust nobody's server, run `creditbank.clients.offline.verify`: it is the same function.
    """
    body = {"document": document} | ({"keys": list(keys)} if keys else {}) | given(policy=policy)
    return Call("POST", "/v1/verify", read_as(answers.Verification), to_body(body))


# --- posting --------------------------------------------------------------------------------------


def post_outcome(
    outcome: Document, *, operator: str | None = None, reviewer: str | None = None
) -> Call[answers.Posted]:
    """Post one outcome; `operator` 经办 and `reviewer` 复核 are named as the institution does."""
    body = {**outcome, **given(operator=operator, reviewer=reviewer)}
    return Call("POST", "/v1/outcomes", read_as(answers.Posted), to_body(body))


def post_batch(
    items: Sequence[Document],
    *,
    atomic: bool = False,
    dry_run: bool = False,
    operator: str | None = None,
    reviewer: str | None = None,
    file_digest: str | None = None,
) -> Call[answers.BatchAnswer]:
    """Post up to 10,000 outcomes at once; a bad one is refused at its row, the others recorded.

    An `atomic` batch is recorded as a whole or not at all: then a bad row raises `BankProblem`
    (`batch-refused`). A `dry_run` says what would happen and records nothing.
    """
    body: dict[str, Any] = {"items": list(items)}
    body |= {"atomic": True} if atomic else {}
    body |= {"dry_run": True} if dry_run else {}
    body |= given(operator=operator, reviewer=reviewer, file_digest=file_digest)
    return Call("POST", "/v1/batches", read_as(answers.BatchAnswer), to_body(body))


def batch(batch_id: str) -> Call[answers.Batch]:
    """Return a batch as it stands in the ledger."""
    return Call("GET", f"/v1/batches/{path_step(batch_id)}", read_as(answers.Batch))


def correct(
    index: int,
    outcome: Document,
    *,
    reason: str,
    operator: str | None = None,
    reviewer: str | None = None,
) -> Call[answers.Posted]:
    """Put `outcome`, under a source id of its own, in the place of entry `index`."""
    named = given(operator=operator, reviewer=reviewer)
    body = {"index": index, "reason": reason, "outcome": outcome, **named}
    return Call("POST", "/v1/corrections", read_as(answers.Posted), to_body(body))


def revoke(
    index: int,
    *,
    reason: str,
    source_id: str,
    note: str | None = None,
    operator: str | None = None,
    reviewer: str | None = None,
) -> Call[answers.Revoked]:
    """Revoke entry `index`: the outcome no longer stands, and the entry stays readable."""
    named = given(note=note, operator=operator, reviewer=reviewer)
    body = {"index": index, "reason": reason, "source_id": source_id, **named}
    return Call("POST", "/v1/revocations", read_as(answers.Revoked), to_body(body))


def receipt(
    index: int, *, size: int | None = None, parts: Sequence[str] = ()
) -> Call[dict[str, Any]]:
    """Return the receipt of an entry, which anybody can verify without the bank.

    It is under the newest published checkpoint, or the one at `size`, with the `parts` named, or
    all that the token may see.
    """
    path = f"/v1/entries/{index}/receipt"
    return Call("GET", path, orjson.loads, query=shown(size, parts))


def entries(*, after: int | None = None, limit: int | None = None) -> Call[answers.Entries]:
    """Return a page of what was posted in the organisation's name; an auditor sees all."""
    return Call("GET", "/v1/entries", read_as(answers.Entries), query=page(after, limit))


def entry(index: int) -> Call[dict[str, Any]]:
    """Return one entry with the parts that the token may see."""
    return Call("GET", f"/v1/entries/{index}", orjson.loads)


# --- learners -------------------------------------------------------------------------------------


def open_learner(
    kind: str,
    number: str,
    name: str,
    *,
    country: str | None = None,
    phone: str | None = None,
    legal_basis: str | None = None,
) -> Call[answers.Opened]:
    """Return the account for an identity document, opened if there is none.

    `country` is the three letters of the state that issued a passport, and only of that.
    """
    body = {
        "document": _document(kind, number, country),
        "name": name,
        **given(phone=phone, legal_basis=legal_basis),
    }
    return Call("POST", "/v1/learners", read_as(answers.Opened), to_body(body))


def learner(account: str = "me") -> Call[answers.Learner]:
    """Return what the bank holds of a learner's identity, numbers masked."""
    return Call("GET", learner_path(account), read_as(answers.Learner))


def change_identity(account: str, **changes: Any) -> Call[dict[str, Any]]:
    """Change `name` or `phone`, or add a `document`, as seen at the desk."""
    path = learner_path(account, "identity")
    return Call("POST", path, orjson.loads, to_body(changes), repeatable=False)


def issue_code(account: str) -> Call[answers.OneTimeCode]:
    """Return a one-time code for the learner at the desk; an earlier one ends."""
    return Call("POST", learner_path(account, "codes"), read_as(answers.OneTimeCode))


def open_session(
    *,
    code: str,
    account: str | None = None,
    kind: str | None = None,
    number: str | None = None,
    country: str | None = None,
) -> Call[answers.Session]:
    """Sign a learner in by a one-time code and their account, or their identity document."""
    document = _document(kind, number, country) if number is not None else None
    body = given(account=account, document=document, code=code)
    # A code can be used once: asked again after a lost answer, it would count as a wrong one.
    return Call("POST", "/v1/sessions", read_as(answers.Session), to_body(body), repeatable=False)


def _document(kind: str | None, number: str, country: str | None) -> dict[str, Any]:
    return {"kind": kind, "number": number, **given(country=country)}


def token_held() -> Call[TokenHeld]:
    """Return organisation, role, scopes and expiry of the token in use."""
    return Call("GET", "/v1/tokens/current", read_as(TokenHeld))


def close_session() -> Call[None]:
    """Revoke the token that this is sent with."""
    return Call("DELETE", "/v1/sessions/current", read_nothing, repeatable=False)


def balance(
    account: str = "me", *, recorded_by: When | None = None, achieved_by: date | str | None = None
) -> Call[answers.Balance]:
    """Return a balance: now, as recorded by a time, as achieved by a date, or both."""
    query = given(recorded_by=time_text(recorded_by), achieved_by=time_text(achieved_by))
    return Call("GET", learner_path(account, "balance"), read_as(answers.Balance), query=query)


def outcomes(account: str = "me") -> Call[answers.Outcomes]:
    """Return a learner's outcomes."""
    return Call("GET", learner_path(account, "outcomes"), read_as(answers.Outcomes))


def statement(
    account: str = "me", *, after: int | None = None, limit: int | None = None
) -> Call[answers.Statement]:
    """Return a page of a statement: the entries after place `after` of the learner's chain."""
    path = learner_path(account, "statement")
    return Call("GET", path, read_as(answers.Statement), query=page(after, limit))


def proven_statement(
    account: str = "me", *, size: int | None = None, parts: Sequence[str] = ()
) -> Call[dict[str, Any]]:
    """Return a whole statement that proves itself complete, as `receipt` does for one entry."""
    path = learner_path(account, "statement/proven")
    return Call("GET", path, orjson.loads, query=shown(size, parts))


def export(account: str = "me") -> Call[dict[str, Any]]:
    """Return everything that the bank holds about a learner."""
    return Call("GET", learner_path(account, "export"), orjson.loads)


def access_log(
    account: str = "me", *, before: str | None = None, limit: int | None = None
) -> Call[answers.AccessLog]:
    """Return who read a learner's data, newest first; `before` is the `next` of a page."""
    query = given(before=before, limit=limit)
    path = learner_path(account, "access-log")
    return Call("GET", path, read_as(answers.AccessLog), query=query)


def restrict(account: str, *, until: date | str, reason: str) -> Call[dict[str, Any]]:
    """Stop the use of an account until a date (PIPL 47)."""
    body = to_body({"until": time_text(until), "reason": reason})
    return Call("PUT", learner_path(account, "restriction"), orjson.loads, body, repeatable=False)


def end_restriction(account: str) -> Call[None]:
    """End a restriction."""
    return Call("DELETE", learner_path(account, "restriction"), read_nothing, repeatable=False)


def erase(account: str = "me") -> Call[dict[str, Any]]:
    """Erase a learner. There is no way back."""
    return Call("DELETE", learner_path(account), orjson.loads, repeatable=False)


# --- grants ---------------------------------------------------------------------------------------


def grant(
    org: str, *, purpose: str, until: When, source_id: str | None = None
) -> Call[answers.RecordedGrant]:
    """Let an organisation read one's records until a time, as a learner.

    With a source id it is sent again after a lost answer, and is the same grant.
    """
    document = {"org": org, "purpose": purpose, "until": time_text(until)}
    body = to_body(document | given(source_id=source_id))
    repeatable = source_id is not None
    return Call("POST", "/v1/grants", read_as(answers.RecordedGrant), body, repeatable=repeatable)


def grants() -> Call[answers.Grants]:
    """Return a learner's grants, or those to one's organisation."""
    return Call("GET", "/v1/grants", read_as(answers.Grants))


def end_grant(grant_id: str) -> Call[None]:
    """End a grant; ending it twice is the same."""
    return Call("DELETE", f"/v1/grants/{path_step(grant_id)}", read_nothing)
