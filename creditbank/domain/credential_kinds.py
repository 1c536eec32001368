"""The kinds of entry about certificates 证书: issued, suspended or withdrawn, and the keys to them.

`credential/1` fixes everything that a certificate is made from, so that making and signing it is
a pure function of the entry. What ends a certificate because its outcome ended needs no entry of
its own: it follows from the entry that ended the outcome.
"""

from __future__ import annotations

from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,  # pydantic needs these before Python 3.12
)

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, with_config
from typing_extensions import TypedDict

from creditbank.domain.submissions import AccountId, Digest, Line, LongLine

FACTS_SCHEMA: Final = "credential-facts/1"
POSITIONS: Final = 131_072
"""Positions of a status list: the fewest that a list may have (W3C Bitstring Status List, 1.0)."""

_STRICT = ConfigDict(extra="forbid", strict=True)
Index = Annotated[int, Field(ge=0, lt=2**53)]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
CredentialId = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
    ),
]
Time = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")
]
Address = Annotated[str, StringConstraints(pattern=r"^[!-~]+$", max_length=2000)]
Form = Literal["open_badge", "clr", "sd_jwt_vc", "decision"]
FORMS: Final = ("open_badge", "clr", "sd_jwt_vc", "decision")
Change = Literal["suspended", "resumed", "withdrawn"]


class _Act(TypedDict):
    """Every act: its kind, the acting organisation, and the keyed source id."""

    kind: str
    org: Line
    source: Digest


@with_config(_STRICT)
class Cause(TypedDict):
    """An entry that the certificate rests on, and the outcome or decision that it belongs to."""

    index: Index
    hash: Digest
    outcome: NotRequired[Id]
    decision: NotRequired[Id]


@with_config(_STRICT)
class ContextDigest(TypedDict):
    """A JSON-LD context as it was used: the SHA-256 of its bytes."""

    url: Address
    digest: Digest


@with_config(_STRICT)
class CredentialAct(_Act):
    """A certificate was issued.

    `list` and `position` are its place in the status lists, never used again. `key` is the
    verification method that signs it, as a DID URL, and `site` the address under which the bank
    served when it was issued: both stand in what is signed. `replaces` is the certificate of an
    outcome that ended, in whose place this one is.
    """

    credential: CredentialId
    form: Form
    list: Annotated[int, Field(ge=1, lt=2**31)]
    position: Annotated[int, Field(ge=0, lt=POSITIONS)]
    created: Time
    key: Address
    site: Address
    contexts: list[ContextDigest]
    cause: Annotated[list[Cause], Field(min_length=1)]
    replaces: NotRequired[CredentialId]


@with_config(_STRICT)
class CredentialPerson(TypedDict):
    """Whose certificate it is, and everything that it says, in its form under `schema`."""

    account: AccountId
    schema: Literal["credential-facts/1"]
    facts: dict[str, Any]


@with_config(_STRICT)
class CredentialStatusAct(_Act):
    """A certificate itself was suspended, resumed or withdrawn; its outcome stands as it did."""

    credential: CredentialId
    change: Change


@with_config(_STRICT)
class CredentialStatusPerson(TypedDict):
    """Why a certificate was suspended, resumed or withdrawn."""

    account: AccountId
    reason: LongLine


@with_config(_STRICT)
class CredentialProofAct(_Act):
    """An institution signed a certificate that names it, beside the bank: its proof."""

    credential: CredentialId
    suite: Literal["eddsa-rdfc-2022"]
    created: Time
    method: Address
    value: Annotated[str, StringConstraints(pattern=r"^z[1-9A-HJ-NP-Za-km-z]{80,100}$")]


@with_config(_STRICT)
class CredentialProofPerson(TypedDict):
    """Whose certificate it is."""

    account: AccountId


@with_config(_STRICT)
class CredentialKeyAct(_Act):
    """The key that signs certificates from here on; those before it verify what they signed.

    Not so the one just before it if that was compromised.
    """

    generation: Index
    alg: Literal["ed25519"]
    public: Digest
    previous_compromised: NotRequired[Literal[True]]


CREDENTIAL_PARTS: dict[str, dict[str, TypeAdapter[Any]]] = {
    "credential/1": {
        "act": TypeAdapter(CredentialAct),
        "person": TypeAdapter(CredentialPerson),
    },
    "credential_status/1": {
        "act": TypeAdapter(CredentialStatusAct),
        "person": TypeAdapter(CredentialStatusPerson),
    },
    "credential_proof/1": {
        "act": TypeAdapter(CredentialProofAct),
        "person": TypeAdapter(CredentialProofPerson),
    },
    "credential_key/1": {"act": TypeAdapter(CredentialKeyAct)},
}
PUBLIC_CREDENTIAL_KINDS: Final = frozenset({"credential_key/1"})
