"""What the bank answers, as published shapes.

They describe; answers are built by hand and not through them. The tests hold every answer against
its shape.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Index = Annotated[int, Field(ge=0)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Salt = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Time = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
Date = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Amount = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]*)\.[0-9]{2}$")]
Account = Annotated[str, Field(pattern=r"^la-[a-z2-7]{16}$")]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Note = Annotated[str, Field(description="A signed checkpoint (c2sp.org/tlog-checkpoint).")]


class Shape(BaseModel):
    """Base of all published answers: complete, so an unknown member is a fault of ours."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """A problem document (RFC 9457); further members depend on the type."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    where: str | None = None
    """A JSON pointer into the body, or `query:name`, `path:name`."""
    request_id: str | None = None
    errors: list[dict[str, str]] | None = None
    """Every fault with its place and reason code, where there can be several."""


class CreditAmount(Shape):
    """An amount in its credit system."""

    system: str
    amount: Amount


class Hours(Shape):
    """Class-hours of theory and practice."""

    theory: Amount
    practice: Amount


class Awarded(Shape):
    """The lot of an outcome."""

    credits: list[CreditAmount]
    hours: Hours


class Place(Shape):
    """Where an entry stands in the log."""

    index: Index
    at: Time
    leaf_hash: Hash


class Posted(Place):
    """An outcome as recorded. `awarded` is absent until all that the outcome needs is there."""

    account: Account
    outcome: Id
    replayed: bool
    awarded: Awarded | None = None
    number_format: str | None = None
    checkpoint: Note | None = None


class BatchRow(Shape):
    """What became of one item; rows count from one. A dry run's would-be entries have no place."""

    row: Annotated[int, Field(ge=1)]
    status: Literal["recorded", "replayed", "refused"]
    index: Index | None = None
    at: Time | None = None
    leaf_hash: Hash | None = None
    account: Account | None = None
    outcome: Id | None = None
    awarded: Awarded | None = None
    number_format: str | None = None
    problem: Problem | None = None


class BatchAnswer(Shape):
    """What became of a batch. `batch` and `index` are absent if nothing was recorded."""

    batch: Id | None = None
    index: Index | None = None
    items: int
    recorded: int
    replayed: int
    refused: int
    dry_run: bool
    checkpoint: Note | None = None
    results: list[BatchRow]


class BatchEntry(Shape):
    """Which entry a row became."""

    row: int
    index: Index
    leaf_hash: Hash


class Batch(Place):
    """A batch as it stands in the ledger."""

    batch: Id
    org: str
    items: int
    recorded: int
    replayed: int
    refused_rows: list[int]
    file_digest: Hash | None = None
    results: list[BatchEntry]


class Revoked(Place):
    """A revocation as recorded."""

    target: Index
    replayed: bool


class PublicKey(Shape):
    """A public key of the log, in hex."""

    alg: str
    public: str


class BankState(Shape):
    """The log as it stands."""

    origin: str
    size: int
    root: Hash
    at: Time
    suite: int
    keys: list[PublicKey]
    verifier_keys: list[str]
    """Every key that verifies documents of this bank, as `creditbank verify --key` takes it."""


class RegisterKindCount(Shape):
    """A kind of register and how many registers it has."""

    kind: str
    title: str
    count: int


class RegisterKinds(Shape):
    """Every kind of register."""

    kinds: list[RegisterKindCount]


class RegisterVersion(Shape):
    """A register version; `document` is its normal form, which `digest` is of."""

    kind: str
    id: str
    version: str
    index: Index
    digest: Hash
    document: dict[str, Any]


class Registers(Shape):
    """Registers of one kind; `next` where these are a page and not its end."""

    kind: str
    registers: list[RegisterVersion]
    next: int | None = None


class RegisterVersions(Shape):
    """Every version of one register, oldest first."""

    kind: str
    id: str
    versions: list[RegisterVersion]


class ShownPart(Shape):
    """A part with the salt that its digest needs."""

    salt: Salt
    value: Any


class RegisterProof(Shape):
    """From the document to the log: digest in `act`, `act` in the body, body in the leaf."""

    leaf: str
    leaf_hash: Hash
    parts: dict[str, ShownPart]
    digests: dict[str, Hash]


class ProvenRegisterVersion(RegisterVersion):
    """A register version with its proof."""

    proof: RegisterProof


class PublishedRegister(Place):
    """Where a register version stands in the log."""

    kind: str
    id: str
    version: str
    digest: Hash
    replayed: bool


class EntryParts(Place):
    """An entry with the parts that the reader may see, as values."""

    kind: str
    act: dict[str, Any] | None = None
    person: dict[str, Any] | None = None
    actor: dict[str, Any] | None = None
    attest: dict[str, Any] | None = None
    org_link: dict[str, Any] | None = None
    learner_link: dict[str, Any] | None = None
    erased: bool | None = None
    restricted: bool | None = None


class Entries(Shape):
    """A page of entries; `next` is absent at its end."""

    entries: list[EntryParts]
    next: int | None = None


class ProvenEntry(Place):
    """An entry with its leaf, the digests of all its parts and the salted parts shown."""

    leaf: str
    parts: dict[str, ShownPart]
    digests: dict[str, Hash]
    kind: str | None = None
    erased: bool | None = None


class Health(Shape):
    """That the server lives, or is ready."""

    status: Literal["ok"]
