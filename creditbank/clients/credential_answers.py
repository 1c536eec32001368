"""What the bank answers about certificates, as types; see `answers`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from creditbank.clients.answers import Answer, Place
from creditbank.clients.problems import Problem


class IssuedPart(Place):
    """A certificate as issued, and its permanent address."""

    credential: str
    form: str
    url: str
    replayed: bool = False


class Issued(IssuedPart):
    """A certificate as issued; of a long statement the other parts too."""

    account: str
    parts: tuple[IssuedPart, ...] = ()


class IssuedRow(Answer):
    """What became of one outcome of many; `row` counts them from one."""

    row: int
    of: int
    outcome: str
    status: Literal["issued", "replayed", "refused"]
    credential: str | None = None
    url: str | None = None
    account: str | None = None
    problem: Problem | None = None


class Credential(Answer):
    """A certificate: what it is about, and how it stands."""

    credential: str
    form: str
    title: str
    title_en: str | None = None
    url: str
    status: Literal["valid", "suspended", "revoked", "withdrawn"]
    superseded: bool = False
    replaces: str | None = None
    created: str
    index: int
    causes: tuple[int, ...]


class Credentials(Answer):
    """A learner's certificates in the order in which they were issued."""

    account: str
    credentials: tuple[Credential, ...]


class Changed(Answer):
    """A change of a certificate; without an entry it was so before."""

    credential: str
    change: str
    index: int | None = None
    at: str | None = None
    leaf_hash: str | None = None


class Countersigned(Place):
    """The entry of a countersignature."""

    credential: str
    replayed: bool = False


class Share(Answer):
    """What is shown under a name; whoever has `url` sees it."""

    name: str
    shows: tuple[str, ...]
    url: str = Field(repr=False)
    created: str
    until: str | None = None
    expired: bool = False


class Shares(Answer):
    """Everything that is shown of a certificate."""

    credential: str
    shares: tuple[Share, ...]
