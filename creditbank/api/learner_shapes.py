"""What the bank answers about learners and their records, as published shapes; see `shapes`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from creditbank.api.shapes import (
    Account,
    Amount,
    CreditAmount,
    Date,
    EntryParts,
    Hash,
    Hours,
    Id,
    Index,
    Place,
    ProvenEntry,
    Shape,
    Time,
)


class OpenedAccount(Shape):
    """A learner's account."""

    account: Account
    replayed: bool


class Identity(Shape):
    """An identity document and what is on file beside it; numbers masked except in an export."""

    kind: str
    number: str
    country: str | None = None
    name: str
    phone: str | None = None


class Restriction(Shape):
    """Until when, and why, an account is stored and not used."""

    until: Date
    reason: str


class Learner(Shape):
    """Who an account belongs to."""

    account: Account
    identities: list[Identity]
    restriction: Restriction | None = None


class Restricted(Shape):
    """Whether an account is restricted now, and the entry that says so."""

    restricted: bool
    until: Date | None = None
    index: Index | None = None
    at: Time | None = None
    leaf_hash: Hash | None = None


class ErasedLearner(Shape):
    """That a learner was erased, on which civil day."""

    erased: bool
    day: Date


class OneTimeCode(Shape):
    """A code for the learner at the counter, and for nobody else; shown once."""

    code: str
    expires_at: Time


class Session(Shape):
    """A learner signed in; the token is shown once."""

    token: str
    account: Account
    expires_at: Time


class TokenHeld(Shape):
    """The token that a request is sent with, but its text: whose it is and what it opens."""

    id: str
    org: str
    role: str
    scopes: list[str]
    expires_at: Time
    account: Account | None = None


class SessionEnded(Shape):
    """That a token cannot be used any more."""

    revoked: bool


class Used(Shape):
    """What the lots are in one scope: what decisions left, reserved and consumed of them."""

    available: Amount
    reserved: Amount
    consumed: Amount
    revoked: Amount
    expired: Amount


class Tally(Shape):
    """Amounts by status, what is available by scene and level, and per scope of use."""

    awarded: Amount
    available: Amount
    reserved: Amount
    consumed: Amount
    revoked: Amount
    expired: Amount
    by_scene: dict[str, Amount]
    by_level: dict[str, Amount]
    by_use: dict[str, Used]
    """Scopes in which decisions use something; each holds all of `awarded`."""


class SystemBalance(Shape):
    """The balance in one credit system. The two tallies are never added to each other."""

    system: str
    verified: Tally | None = None
    self_declared: Tally | None = None


class Balance(Shape):
    """A balance. Amounts of different systems are never added."""

    account: Account
    lots: int
    systems: list[SystemBalance]
    class_hours: dict[str, Tally]


class OutcomeSummary(Shape):
    """An outcome with its stages 学 训 证, its attempts 评 and the credit it brought."""

    outcome: Id
    type: str
    title: str
    org: str
    verification: str
    status: Literal["begun", "credited", "revoked"]
    opened_index: Index
    stages: list[dict[str, Any]]
    attempts: list[dict[str, Any]]
    credits: list[CreditAmount]
    hours: Hours
    module: str | None = None
    version: str | None = None
    scene: str | None = None
    level: str | None = None
    achieved_on: Date | None = None
    credited_index: Index | None = None
    revoked_index: Index | None = None


class Outcomes(Shape):
    """A learner's outcomes."""

    account: Account
    outcomes: list[OutcomeSummary]


class StatementEntry(EntryParts):
    """An entry of a learner's chain and its place there."""

    seq: Annotated[int, Field(ge=1)]


class Statement(Shape):
    """A page of a learner's chain; `next` is absent at its end."""

    account: Account
    entries: list[StatementEntry]
    next: int | None = None


class ExportedEntry(ProvenEntry):
    """An entry of the learner's chain, with everything needed to check it."""

    seq: Annotated[int, Field(ge=1)]


class Access(Shape):
    """That somebody read a learner's data."""

    at: Time
    org: str
    token_id: str
    action: str


class AccessLog(Shape):
    """Who read a learner's data, newest first; `next` is absent at the end."""

    account: Account
    accesses: list[Access]
    next: str | None = None


class Grant(Shape):
    """What a learner lets an organisation read, until when."""

    grant: Id
    account: Account
    org: str
    purpose: str
    until: Time
    at: Time
    index: Index
    status: Literal["stands", "ended", "expired"]


class Grants(Shape):
    """Grants."""

    grants: list[Grant]


class RecordedGrant(Place):
    """A grant as recorded; `replayed` if it was before, under the same source id."""

    replayed: bool
    grant: Id
    org: str
    purpose: str
    until: Time


class EndedGrant(Place):
    """The end of a grant as recorded."""

    grant: Id
    ended: bool


class ExportedShare(Shape):
    """What the learner shows of a certificate, under which name, until when."""

    credential: str
    name: str
    shows: list[str]
    created: Time
    until: Time | None = None


class Export(Learner):
    """Everything that the bank holds about a learner."""

    origin: str
    at: Time
    outcomes: list[OutcomeSummary]
    grants: list[Grant]
    shares: list[ExportedShare]
    access_log: list[Access]
    entries: list[ExportedEntry]
