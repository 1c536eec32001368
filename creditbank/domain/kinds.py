"""The kinds of entry, and what their `act` and `person` parts say: the published contract.

A kind is `name/version`. A part's schema never changes once a version is released; another shape
is another version, and every version stays readable for ever.
"""

from __future__ import annotations

from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,  # pydantic needs these before Python 3.12
)

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, with_config
from typing_extensions import TypedDict

from creditbank.domain.attest_forms import ATTEST
from creditbank.domain.conversion_kinds import CONVERSION_PARTS
from creditbank.domain.credential_kinds import CREDENTIAL_PARTS, PUBLIC_CREDENTIAL_KINDS
from creditbank.domain.register_signing import RegisterSignature
from creditbank.domain.submissions import (
    AccountId,
    AmountIn,
    CivilDate,
    Digest,
    LevelIn,
    Line,
    LongLine,
    RegisterId,
)

_STRICT = ConfigDict(extra="forbid", strict=True)
Index = Annotated[int, Field(ge=0, lt=2**53)]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Seconds = Annotated[int, Field(ge=0, lt=2**53)]
Decimal = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]*)\.[0-9]{2}$")]


class _Act(TypedDict):
    """Every act: its kind, the acting organisation, and the keyed source id."""

    kind: str
    org: Line
    source: Digest


@with_config(_STRICT)
class PublicKey(TypedDict):
    """A public key of the log."""

    alg: Literal["ed25519", "ml-dsa-44"]
    public: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]+$")]


@with_config(_STRICT)
class GenesisAct(_Act):
    """Entry 0: origin, suite and keys."""

    origin: Line
    suite: int
    keys: list[PublicKey]


@with_config(_STRICT)
class KeysAct(_Act):
    """The log's keys changed: `keys` sign tree heads from `from_size` on, the first that holds this
    entry. The keys before them sign along until `previous_until` (unix seconds), and verify what
    they signed for ever. Genesis is generation 0.
    """

    generation: Annotated[int, Field(ge=1, lt=2**53)]
    keys: list[PublicKey]
    from_size: Index
    previous_until: Seconds


@with_config(_STRICT)
class RegisterReference(TypedDict):
    """A register version, its document named by digest."""

    kind: RegisterId
    id: RegisterId
    version: RegisterId
    digest: Digest
    valid_from: CivilDate
    valid_to: NotRequired[CivilDate]


@with_config(_STRICT)
class RegisterAct(_Act):
    """A register version was published."""

    register: RegisterReference
    signature: NotRequired[RegisterSignature]
    """The owner's, of a rulebook that it published itself and signed."""


@with_config(_STRICT)
class PlainAct(_Act):
    """An act that says nothing but its kind."""


@with_config(_STRICT)
class AccountPerson(TypedDict):
    """An account was opened."""

    account: AccountId
    legal_basis: Line
    notice: Line
    document_kind: RegisterId


@with_config(_STRICT)
class IdentityPerson(TypedDict):
    """What changed in the vault; never what it is."""

    account: AccountId
    changed: list[Literal["document", "name", "phone"]]


@with_config(_STRICT)
class RestrictionPerson(TypedDict):
    """A restriction; without `until`, its end."""

    account: AccountId
    reason: LongLine
    until: NotRequired[CivilDate]


@with_config(_STRICT)
class ModuleReference(TypedDict):
    """A module version, its document named by digest."""

    id: RegisterId
    version: RegisterId
    digest: Digest


@with_config(_STRICT)
class AwardedHours(TypedDict):
    """Class-hours credited."""

    theory: Decimal
    practice: Decimal


@with_config(_STRICT)
class AwardFact(TypedDict):
    """The lot: amounts per credit system and class-hours."""

    credits: list[AmountIn]
    hours: AwardedHours


@with_config(_STRICT)
class BatchPlace(TypedDict):
    """Which row of which batch."""

    id: Id
    row: Annotated[int, Field(ge=1)]


OutcomeType = Literal[
    "module", "academic_course", "self_study_exam", "online_course", "certificate", "achievement"
]
Verification = Literal["self_declared", "original_seen", "national_query", "issuer"]


@with_config(_STRICT)
class OutcomeAct(_Act):
    """An outcome, or stages of one, was recorded; with `award`, credit was awarded.

    With `extends`, the outcome was begun by an earlier entry.
    """

    type: OutcomeType
    outcome: Id
    verification: Verification
    extends: NotRequired[Literal[True]]
    module: NotRequired[ModuleReference]
    scene: NotRequired[Line]
    level: NotRequired[LevelIn]
    number_format: NotRequired[RegisterId]
    award: NotRequired[AwardFact]
    batch: NotRequired[BatchPlace]


@with_config(_STRICT)
class AttemptFact(TypedDict):
    """An attempt as numbered per assessment event."""

    event: str
    attempt: Annotated[int, Field(ge=1)]
    sitting: Literal["first", "resit", "absent", "transferred"]
    passed: bool
    on: CivilDate
    verification: Verification


@with_config(_STRICT)
class OutcomePerson(TypedDict):
    """The submission in its normal form under `schema`, and what follows from it.

    `named` says that whoever posted it named the learner by document and name, as on file.
    """

    account: AccountId
    schema: Literal["outcome-submission/1"]
    submission: dict[str, Any]
    subject: Annotated[str, StringConstraints(max_length=1000)]
    title: Line
    stages: list[dict[str, Any]]
    attempts: list[AttemptFact]
    achieved_on: NotRequired[CivilDate]
    named: NotRequired[Literal[True]]


@with_config(_STRICT)
class EntryReference(TypedDict):
    """Another entry."""

    log: Line
    index: Index
    hash: Digest


@with_config(_STRICT)
class RevocationAct(_Act):
    """An outcome was revoked; what others contributed goes on as the outcome `continues`."""

    target: EntryReference
    outcome: Id
    continues: NotRequired[Id]


@with_config(_STRICT)
class RevocationPerson(TypedDict):
    """Why an outcome was revoked."""

    account: AccountId
    reason: LongLine
    note: NotRequired[LongLine]


@with_config(_STRICT)
class BatchSummary(TypedDict):
    """A batch: counts, and which rows were refused."""

    id: Id
    items: Index
    recorded: Index
    replayed: Index
    refused_rows: list[Annotated[int, Field(ge=1)]]
    file_digest: NotRequired[Digest]


@with_config(_STRICT)
class BatchAct(_Act):
    """A batch was recorded."""

    batch: BatchSummary


@with_config(_STRICT)
class GrantAct(_Act):
    """A grant was given or ended."""

    grant: Id


@with_config(_STRICT)
class GrantFact(TypedDict):
    """Which organisation may read, for what, until when (unix seconds)."""

    org: Line
    purpose: LongLine
    until: Seconds


@with_config(_STRICT)
class GrantPerson(TypedDict):
    """A learner's grant."""

    account: AccountId
    grant: GrantFact


@with_config(_STRICT)
class AccountOnly(TypedDict):
    """A person part that names the account and nothing else."""

    account: AccountId


@with_config(_STRICT)
class ErasureAct(_Act):
    """Which keys were destroyed, by keyed digest, sorted."""

    erased: list[Digest]


@with_config(_STRICT)
class Actor(TypedDict):
    """Who acted: the token, and the operators 经办 and 复核 that the institution names."""

    token: Line
    operator: NotRequired[Line]
    reviewer: NotRequired[Line]


PARTS: dict[str, dict[str, TypeAdapter[Any]]] = {
    "genesis/1": {"act": TypeAdapter(GenesisAct)},
    "keys/1": {"act": TypeAdapter(KeysAct)},
    "register/1": {"act": TypeAdapter(RegisterAct)},
    "account/1": {"act": TypeAdapter(PlainAct), "person": TypeAdapter(AccountPerson)},
    "identity/1": {"act": TypeAdapter(PlainAct), "person": TypeAdapter(IdentityPerson)},
    "restriction/1": {"act": TypeAdapter(PlainAct), "person": TypeAdapter(RestrictionPerson)},
    "outcome/1": {"act": TypeAdapter(OutcomeAct), "person": TypeAdapter(OutcomePerson)},
    "revocation/1": {"act": TypeAdapter(RevocationAct), "person": TypeAdapter(RevocationPerson)},
    "batch/1": {"act": TypeAdapter(BatchAct)},
    "grant/1": {"act": TypeAdapter(GrantAct), "person": TypeAdapter(GrantPerson)},
    "grant_end/1": {"act": TypeAdapter(GrantAct), "person": TypeAdapter(AccountOnly)},
    "erasure/1": {"act": TypeAdapter(ErasureAct)},
    **CONVERSION_PARTS,
    **CREDENTIAL_PARTS,
}
ACTOR: TypeAdapter[Any] = TypeAdapter(Actor)
_OF_ANY_KIND = {"actor.v1": ACTOR, "attest.v1": ATTEST}
PUBLIC_KINDS = PUBLIC_CREDENTIAL_KINDS | {"genesis/1", "keys/1", "register/1", "erasure/1"}


def kind_schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of each kind's parts, by `kind.vN.part`, and of `actor`, `attest`."""
    schemas = {name: _schema(name, part) for name, part in _OF_ANY_KIND.items()}
    for kind, parts in PARTS.items():
        name, version = kind.split("/")
        for part, adapter in parts.items():
            key = f"{name}.v{version}.{part}"
            schema = schemas[key] = _schema(key, adapter)
            if part == "act":
                schema["properties"]["kind"] = {"const": kind}
    return schemas


def _schema(key: str, adapter: TypeAdapter[Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:creditbank:schema:kind:{key}",
    } | adapter.json_schema()
