"""What the bank answers, as types.

A member that this version does not know is kept (`model_extra`) rather than refused, so that a
newer bank can be asked by an older program. Whatever is secret or personal is left out of `repr`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from creditbank.clients.problems import Problem


class Answer(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Yield what `repr` shows: nothing that this version does not know to be harmless."""
        known = type(self).model_fields
        yield from (shown for shown in super().__repr_args__() if shown[0] in known)

    def document(self) -> dict[str, Any]:
        """Return the answer as JSON values, members that are absent left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Credit(Answer):
    """An amount in its credit system."""

    system: str
    amount: str


class Awarded(Answer):
    """The lot of an outcome: amounts, and class-hours of theory and practice."""

    credits: tuple[Credit, ...] = ()
    hours: dict[str, str] = {}


class Place(Answer):
    """Where an entry stands in the log."""

    index: int
    at: str
    leaf_hash: str


class Posted(Place):
    """An outcome as recorded. `awarded` is absent until all that it needs is there."""

    account: str
    outcome: str
    awarded: Awarded | None = None
    number_format: str | None = None
    replayed: bool = False
    checkpoint: str | None = Field(default=None, repr=False)
    """The signed checkpoint of the commit; keep it with index and leaf hash."""


class ItemResult(Answer):
    """What became of one item of a batch; `row` counts the items from one."""

    row: int
    status: Literal["recorded", "replayed", "refused"]
    index: int | None = None
    at: str | None = None
    leaf_hash: str | None = None
    account: str | None = None
    outcome: str | None = None
    awarded: Awarded | None = None
    number_format: str | None = None
    problem: Problem | None = None


class BatchAnswer(Answer):
    """What became of a batch. `batch` and `index` are absent if nothing was recorded."""

    batch: str | None = None
    index: int | None = None
    items: int
    recorded: int
    replayed: int
    refused: int
    dry_run: bool = False
    results: tuple[ItemResult, ...] = ()
    checkpoint: str | None = Field(default=None, repr=False)


class BatchItem(Answer):
    """Which entry a row of a batch became."""

    row: int
    index: int
    leaf_hash: str


class Revoked(Place):
    """A revocation as recorded."""

    target: int
    replayed: bool = False


class Batch(Place):
    """A batch as it stands in the ledger."""

    batch: str
    org: str
    items: int
    recorded: int
    replayed: int
    refused_rows: tuple[int, ...] = ()
    file_digest: str | None = None
    results: tuple[BatchItem, ...] = ()


class Used(Answer):
    """What the lots are in one scope: what decisions left, reserved and consumed of them."""

    available: str
    reserved: str
    consumed: str
    revoked: str
    expired: str


class Tally(Used):
    """Amounts by status, what is available by scene and level, and each scope of use's; as text."""

    awarded: str
    by_scene: dict[str, str] = {}
    by_level: dict[str, str] = {}
    by_use: dict[str, Used] = {}


class SystemBalance(Answer):
    """The balance in one credit system. The two tallies are never added to each other."""

    system: str
    verified: Tally | None = None
    self_declared: Tally | None = None


class Balance(Answer):
    """A learner's balance. Amounts of different systems are never added."""

    account: str
    lots: int
    systems: tuple[SystemBalance, ...] = ()
    class_hours: dict[str, Tally] = {}

    def available(self, system: str) -> str:
        """Return what is verified and available in `system`, "0.00" if nothing is."""
        found = (one.verified for one in self.systems if one.system == system and one.verified)
        return next((tally.available for tally in found), "0.00")


class Entry(Place):
    """An entry, with the parts that the token may see."""

    kind: str
    act: dict[str, Any] | None = Field(default=None, repr=False)
    person: dict[str, Any] | None = Field(default=None, repr=False)
    actor: dict[str, Any] | None = Field(default=None, repr=False)
    erased: bool = False
    restricted: bool = False


class Entries(Answer):
    """A page of entries; `next` is absent at the end."""

    entries: tuple[Entry, ...] = ()
    next: int | None = None


class StatementEntry(Entry):
    """An entry of a learner's chain and its place there."""

    seq: int


class Statement(Answer):
    """A page of a learner's statement, in the order of the chain; `next` is absent at the end."""

    account: str
    entries: tuple[StatementEntry, ...] = ()
    next: int | None = None


class Outcome(Answer):
    """An outcome with its stages 学 训 证, its attempts 评 and the credit it brought."""

    outcome: str
    type: str
    title: str
    org: str
    status: Literal["begun", "credited", "revoked"]
    verification: str
    stages: tuple[dict[str, Any], ...] = Field(default=(), repr=False)
    attempts: tuple[dict[str, Any], ...] = Field(default=(), repr=False)
    credits: tuple[Credit, ...] = ()
    hours: dict[str, str] = {}
    opened_index: int
    credited_index: int | None = None


class Outcomes(Answer):
    """A learner's outcomes, in the order in which they were begun."""

    account: str
    outcomes: tuple[Outcome, ...] = ()


class Opened(Answer):
    """A learner's account, and whether it was there before."""

    account: str
    replayed: bool = False


class Identity(Answer):
    """An identity document and what is on file beside it; numbers are masked."""

    kind: str
    number: str = Field(repr=False)
    country: str | None = Field(default=None, repr=False)
    name: str = Field(repr=False)
    phone: str | None = Field(default=None, repr=False)


class Learner(Answer):
    """Who an account belongs to."""

    account: str
    identities: tuple[Identity, ...] = ()
    restriction: dict[str, str] | None = Field(default=None, repr=False)


class OneTimeCode(Answer):
    """A code that the desk gives to the learner, and to nobody else."""

    code: str = Field(repr=False)
    expires_at: str


class Session(Answer):
    """A learner signed in."""

    token: str = Field(repr=False)
    account: str
    expires_at: str


class Access(Answer):
    """That somebody read a learner's data."""

    at: str
    org: str
    token_id: str
    action: str


class AccessLog(Answer):
    """Who read a learner's data, newest first; `next` is where the following page begins."""

    account: str
    accesses: tuple[Access, ...] = ()
    next: str | None = None


class RecordedGrant(Place):
    """A grant as recorded: what a learner lets an organisation read, until when."""

    grant: str
    org: str
    purpose: str
    until: str
    replayed: bool = False


class Grant(Answer):
    """A grant as it stands now."""

    grant: str
    account: str
    org: str
    purpose: str
    until: str
    status: Literal["stands", "ended", "expired"]


class Grants(Answer):
    """Grants of a learner, or to an organisation."""

    grants: tuple[Grant, ...] = ()


class RegisterVersion(Answer):
    """A register version; `document` is its normal form, which `digest` is of."""

    kind: str
    id: str
    version: str
    index: int
    digest: str
    content: dict[str, Any] = Field(alias="document", repr=False)


class Registers(Answer):
    """Registers of one kind; `next` is where the following page begins."""

    kind: str
    registers: tuple[RegisterVersion, ...] = ()
    next: int | None = None


class RegisterVersions(Answer):
    """Every version of one register, oldest first."""

    kind: str
    id: str
    versions: tuple[RegisterVersion, ...] = ()


class PublishedRegister(Place):
    """Where a register version stands in the log."""

    kind: str
    id: str
    version: str
    digest: str
    replayed: bool = False


class BankState(Answer):
    """The log as it stands: name, number of entries, root of the tree."""

    origin: str
    size: int
    root: str
    verifier_keys: tuple[str, ...] = ()


class KeyPeriod(Answer):
    """Keys that sign tree heads from a size on, as verifiers are given them."""

    generation: int
    index: int
    from_size: int
    keys: tuple[str, ...] = ()
    until: str | None = None


class LogKeys(Answer):
    """The log's public keys over time, oldest first, and the key of account heads."""

    origin: str
    periods: tuple[KeyPeriod, ...] = ()
    account_head: str

    @property
    def every(self) -> tuple[str, ...]:
        """Every key that verifies this bank's documents."""
        of_log = (key for period in self.periods for key in period.keys)
        return (*dict.fromkeys(of_log), self.account_head)


class LogStatus(Answer):
    """How far the log is: sizes committed, signed and published, and whether something stops it."""

    state: str
    committed: int
    signed: int
    published: int
    problem: str | None = None
    reason: str | None = None


class Verification(Answer):
    """The report on a receipt or statement; a step says what was held against what."""

    result: Literal["valid", "not_valid", "undecidable"]
    answers: tuple[str, ...] = ()
    document_kind: str | None = None
    bank: str | None = None
    size: int | None = None
    level: str | None = None
    as_of: str | None = None
    entries: tuple[dict[str, Any], ...] = Field(default=(), repr=False)
    steps: tuple[dict[str, Any], ...] = Field(default=(), repr=False)
