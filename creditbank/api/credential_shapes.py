"""What the bank answers about certificates, as published shapes; see `shapes`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from creditbank.api.shapes import Account, Index, Place, Shape, Time

CredentialId = Annotated[
    str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
]
Form = Literal["open_badge", "clr", "sd_jwt_vc", "decision"]
Status = Literal["valid", "suspended", "revoked", "withdrawn"]


class IssuedPart(Place):
    """A certificate as issued, and its permanent address."""

    credential: CredentialId
    form: Form
    url: str
    replayed: bool


class IssuedCredential(IssuedPart):
    """A certificate as issued; of a long statement the other parts too."""

    account: Account
    parts: list[IssuedPart] | None = None


class Credential(Shape):
    """A certificate: what it is about, and how it stands."""

    credential: CredentialId
    form: Form
    title: str
    title_en: str | None = None
    url: str
    status: Status
    superseded: bool | None = None
    replaces: CredentialId | None = None
    created: Time
    index: Index
    causes: list[Index]
    """The entries that it rests on."""


class Credentials(Shape):
    """A learner's certificates in the order in which they were issued."""

    account: Account
    credentials: list[Credential]


class ChangedCredential(Shape):
    """A change of a certificate; without an entry it was so before."""

    credential: CredentialId
    change: Literal["suspended", "resumed", "withdrawn"]
    index: Index | None = None
    at: Time | None = None
    leaf_hash: str | None = None


class Countersigned(Place):
    """The entry of a countersignature."""

    credential: CredentialId
    replayed: bool


class Share(Shape):
    """What is shown under a name, and the address that shows it."""

    name: str
    shows: list[Literal["name", "results", "document"]]
    url: str
    created: Time
    until: Time | None = None
    expired: bool


class Shares(Shape):
    """Everything that is shown of a certificate."""

    credential: CredentialId
    shares: list[Share]


class ShareEnded(Shape):
    """That nothing is shown under a name any more, and whether anything was."""

    ended: bool
