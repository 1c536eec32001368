"""What a process of an audit works with, and what several of its checks say."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from creditbank.errors import N_
from creditbank.ledger.parts import PartReader
from creditbank.storage.attest_checks import AttestChecks
from creditbank.storage.keyring import Keyring
from creditbank.storage.procedure_checks import Rulebooks
from creditbank.storage.scratch import Scratch

NOT_IN_CHAIN = N_("the entry says it is number {seq} of its chain and follows another entry")
NOT_COVERED = N_("the entry does not list the erasure that it is said to cover")
OTHER_TILE = N_("the tile of level {level}, number {number}, is not the entries' one")
NOT_REPLAYED = N_("the entry cannot be replayed")


@dataclass(frozen=True)
class Given:
    """What every process of an audit is given.

    Entries below `since` were audited before; of them only the leaf hashes are read.
    """

    origin: str
    keyring: Keyring
    scratch: Scratch
    since: int = 0
    wanted: tuple[int, ...] = ()


@dataclass
class Inspector:
    """A process of an audit: its connection, and what it keeps from range to range."""

    connection: sa.Connection
    given: Given
    reader: PartReader = field(default_factory=PartReader)
    attests: AttestChecks = field(init=False)
    rulebooks: Rulebooks = field(init=False)

    def __post_init__(self) -> None:
        self.attests = AttestChecks(self.connection, self.given.origin)
        self.rulebooks = Rulebooks(self.connection)


def inspector(connection: sa.Connection, given: Given) -> Inspector:
    """Return what a process works with."""
    return Inspector(connection, given)
