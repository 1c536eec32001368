"""Every request that can be made of a bank: what is sent, and how the answer is read.

A call is a value. `BankClient` and `AsyncBankClient` both send these, so that neither can do what
the other cannot. `repeatable` says whether the same call sent twice has the effect of one: then it
is sent again when the answer was lost. Postings are, by their source id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

import orjson
from pydantic import BaseModel

from creditbank.clients import answers

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
Document = Mapping[str, Any]
When = str | date | datetime


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request and the reading of its answer. The body is personal and stays out of `repr`."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    read: Callable[[bytes], T] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True


# --- the bank and its registers -------------------------------------------------------------------


def bank() -> Call[answers.BankState]:
    """Return name, size and root of the log."""
    return Call("GET", "/v1/bank", _as(answers.BankState))


def registers(
    kind: str, *, on: When | None = None, every_version: bool = False
) -> Call[answers.Registers]:
    """Return the registers of a kind that are in force today, on a date, or in every version."""
    query = _given(on=_time(on), all="true" if every_version else None)
    return Call("GET", f"/v1/registers/{_step(kind)}", _as(answers.Registers), query=query)


def register(kind: str, register_id: str) -> Call[answers.RegisterVersions]:
    """Return every version of one register."""
    return Call(
        "GET", f"/v1/registers/{_step(kind)}/{_step(register_id)}", _as(answers.RegisterVersions)
    )


def publish_register(kind: str, document: Document) -> Call[answers.PublishedRegister]:
    """Publish a register version, as an authority; publishing it again changes nothing."""
    path = f"/v1/registers/{_step(kind)}"
    return Call("POST", path, _as(answers.PublishedRegister), _body(document))


def log_keys() -> Call[answers.LogKeys]:
    """Return the log's public keys over time, and the one of account heads."""
    return Call("GET", "/v1/log/keys", _as(answers.LogKeys))


def log_status() -> Call[answers.LogStatus]:
    """Return how far the log is committed, signed and published."""
    return Call("GET", "/v1/log/status", _as(answers.LogStatus))


def verify(
    document: Document, *, keys: Sequence[str] = (), policy: str | None = None
) -> Call[answers.Verification]:
    """Return what the server makes of a receipt or statement, without keys under its own.

    To trust nobody's server, run `creditbank.clients.offline.verify`: it is the same function.
    """
    body = {"document": document} | ({"keys": list(keys)} if keys else {}) | _given(policy=policy)
    return Call("POST", "/v1/verify", _as(answers.Verification), _body(body))


# --- posting --------------------------------------------------------------------------------------


def post_outcome(
    outcome: Document, *, operator: str | None = None, reviewer: str | None = None
) -> Call[answers.Posted]:
    """Post one outcome; `operator` 经办 and `reviewer` 复核 are named as the institution does."""
    body = {**outcome, **_given(operator=operator, reviewer=reviewer)}
    return Call("POST", "/v1/outcomes", _as(answers.Posted), _body(body))


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
    body |= _given(operator=operator, reviewer=reviewer, file_digest=file_digest)
    return Call("POST", "/v1/batches", _as(answers.BatchAnswer), _body(body))


def batch(batch_id: str) -> Call[answers.Batch]:
    """Return a batch as it stands in the ledger."""
    return Call("GET", f"/v1/batches/{_step(batch_id)}", _as(answers.Batch))


def correct(
    index: int,
    outcome: Document,
    *,
    reason: str,
    operator: str | None = None,
    reviewer: str | None = None,
) -> Call[answers.Posted]:
    """Put `outcome`, under a source id of its own, in the place of entry `index`."""
    named = _given(operator=operator, reviewer=reviewer)
    body = {"index": index, "reason": reason, "outcome": outcome, **named}
    return Call("POST", "/v1/corrections", _as(answers.Posted), _body(body))


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
    named = _given(note=note, operator=operator, reviewer=reviewer)
    body = {"index": index, "reason": reason, "source_id": source_id, **named}
    return Call("POST", "/v1/revocations", _as(answers.Revoked), _body(body))


def receipt(
    index: int, *, size: int | None = None, parts: Sequence[str] = ()
) -> Call[dict[str, Any]]:
    """Return the receipt of an entry, which anybody can verify without the bank.

    It is under the newest published checkpoint, or the one at `size`, with the `parts` named, or
    all that the token may see.
    """
    path = f"/v1/entries/{index}/receipt"
    return Call("GET", path, orjson.loads, query=_shown(size, parts))


def entries(*, after: int | None = None, limit: int | None = None) -> Call[answers.Entries]:
    """Return a page of what was posted in the organisation's name; an auditor sees all."""
    return Call("GET", "/v1/entries", _as(answers.Entries), query=_page(after, limit))


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
        **_given(phone=phone, legal_basis=legal_basis),
    }
    return Call("POST", "/v1/learners", _as(answers.Opened), _body(body))


def learner(account: str = "me") -> Call[answers.Learner]:
    """Return what the bank holds of a learner's identity, numbers masked."""
    return Call("GET", _learner(account), _as(answers.Learner))


def change_identity(account: str, **changes: Any) -> Call[dict[str, Any]]:
    """Change `name` or `phone`, or add a `document`, as seen at the desk."""
    path = _learner(account, "identity")
    return Call("POST", path, orjson.loads, _body(changes), repeatable=False)


def issue_code(account: str) -> Call[answers.OneTimeCode]:
    """Return a one-time code for the learner at the desk; an earlier one ends."""
    return Call("POST", _learner(account, "codes"), _as(answers.OneTimeCode))


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
    body = _given(account=account, document=document, code=code)
    # A code can be used once: asked again after a lost answer, it would count as a wrong one.
    return Call("POST", "/v1/sessions", _as(answers.Session), _body(body), repeatable=False)


def _document(kind: str | None, number: str, country: str | None) -> dict[str, Any]:
    return {"kind": kind, "number": number, **_given(country=country)}


def close_session() -> Call[None]:
    """Revoke the token that this is sent with."""
    return Call("DELETE", "/v1/sessions/current", _nothing, repeatable=False)


def balance(
    account: str = "me", *, recorded_by: When | None = None, achieved_by: date | str | None = None
) -> Call[answers.Balance]:
    """Return a balance: now, as recorded by a time, as achieved by a date, or both."""
    query = _given(recorded_by=_time(recorded_by), achieved_by=_time(achieved_by))
    return Call("GET", _learner(account, "balance"), _as(answers.Balance), query=query)


def outcomes(account: str = "me") -> Call[answers.Outcomes]:
    """Return a learner's outcomes."""
    return Call("GET", _learner(account, "outcomes"), _as(answers.Outcomes))


def statement(
    account: str = "me", *, after: int | None = None, limit: int | None = None
) -> Call[answers.Statement]:
    """Return a page of a statement: the entries after place `after` of the learner's chain."""
    path = _learner(account, "statement")
    return Call("GET", path, _as(answers.Statement), query=_page(after, limit))


def proven_statement(
    account: str = "me", *, size: int | None = None, parts: Sequence[str] = ()
) -> Call[dict[str, Any]]:
    """Return a whole statement that proves itself complete, as `receipt` does for one entry."""
    path = _learner(account, "statement/proven")
    return Call("GET", path, orjson.loads, query=_shown(size, parts))


def export(account: str = "me") -> Call[dict[str, Any]]:
    """Return everything that the bank holds about a learner."""
    return Call("GET", _learner(account, "export"), orjson.loads)


def access_log(account: str = "me") -> Call[answers.AccessLog]:
    """Return who read a learner's data, and when."""
    return Call("GET", _learner(account, "access-log"), _as(answers.AccessLog))


def restrict(account: str, *, until: date | str, reason: str) -> Call[dict[str, Any]]:
    """Stop the use of an account until a date (PIPL 47)."""
    body = _body({"until": _time(until), "reason": reason})
    return Call("PUT", _learner(account, "restriction"), orjson.loads, body, repeatable=False)


def end_restriction(account: str) -> Call[None]:
    """End a restriction."""
    return Call("DELETE", _learner(account, "restriction"), _nothing, repeatable=False)


def erase(account: str = "me") -> Call[dict[str, Any]]:
    """Erase a learner. There is no way back."""
    return Call("DELETE", _learner(account), orjson.loads, repeatable=False)


# --- grants ---------------------------------------------------------------------------------------


def grant(org: str, *, purpose: str, until: When) -> Call[answers.RecordedGrant]:
    """Let an organisation read one's records until a time, as a learner."""
    body = _body({"org": org, "purpose": purpose, "until": _time(until)})
    return Call("POST", "/v1/grants", _as(answers.RecordedGrant), body, repeatable=False)


def grants() -> Call[answers.Grants]:
    """Return a learner's grants, or those to one's organisation."""
    return Call("GET", "/v1/grants", _as(answers.Grants))


def end_grant(grant_id: str) -> Call[None]:
    """End a grant; ending it twice is the same."""
    return Call("DELETE", f"/v1/grants/{_step(grant_id)}", _nothing)


# --- how things are written -----------------------------------------------------------------------


def _as(model: type[M]) -> Callable[[bytes], M]:
    return model.model_validate_json


def _nothing(_data: bytes) -> None:
    """Read an answer that says no more than that it was done."""


def _body(document: Document) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:
        # Half of a character cannot be written as UTF-8. Escaped, it reaches the bank, which
        # names its place instead of refusing all ten thousand rows.
        return json.dumps(document).encode()


def _given(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _shown(size: int | None, parts: Sequence[str]) -> dict[str, str]:
    query = {} if size is None else {"size": str(size)}
    return query | ({"parts": ",".join(parts)} if parts else {})


def _page(after: int | None, limit: int | None) -> dict[str, str]:
    return {name: str(value) for name, value in _given(after=after, limit=limit).items()}


def _time(when: When | None) -> str | None:
    """Return a date as YYYY-MM-DD, a time in UTC; raises ValueError for a time without a zone."""
    if not isinstance(when, datetime):
        return when.isoformat() if isinstance(when, date) else when
    if when.tzinfo is None:
        raise ValueError("a time needs its zone")
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _step(text: str) -> str:
    return quote(text, safe="")


def _learner(account: str, what: str = "") -> str:
    return f"/v1/learners/{_step(account)}" + (f"/{what}" if what else "")
