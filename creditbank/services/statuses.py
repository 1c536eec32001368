"""Status lists as they are served: signed, as of now or of any moment of the past.

A list is worked out from entries. It is signed anew when the log has grown, and kept until then;
of a moment of the past it is the same for ever, but for the key that signs it.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from creditbank.credentials import status
from creditbank.domain.certifying import IssuerFacts, Purpose, StatusMessage
from creditbank.errors.certifying import StatusListUnknown
from creditbank.errors.keys import KeyMissing
from creditbank.ledger.times import MAX_TIME
from creditbank.services.certifying import Issuing
from creditbank.services.credential_keys import Signers, read_keys
from creditbank.storage import loading, status_lists
from creditbank.storage.keyring import CREDENTIAL_KEY_FILE
from creditbank.storage.reading import Connection
from creditbank.storage.status_lists import ErasedPlaces

if TYPE_CHECKING:
    from creditbank.services.banking import Bank

TOKEN: Final = "token"  # noqa: S105  # a Token Status List, for SD-JWT VCs
_NAME: Final = re.compile(r"(revocation|suspension|message|token)-([1-9][0-9]{0,8})")
_KEPT_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class ListName:
    """What a list is called in its address: its purpose and its number."""

    purpose: str
    number: int

    @classmethod
    def parse(cls, text: str) -> ListName:
        """Return the name; refuse another text with `StatusListUnknown`."""
        match = _NAME.fullmatch(text)
        if match is None:
            raise StatusListUnknown(list=text)
        return cls(match[1], int(match[2]))

    def __str__(self) -> str:
        """Return the name as it stands in an address."""
        return f"{self.purpose}-{self.number}"


def list_url(site: str, purpose: str, number: int) -> str:
    """Return the address of a status list."""
    return f"{site}/status/{purpose}-{number}"


@dataclass(frozen=True, slots=True)
class Marks:
    """What a list says as of unix second `at`, and the size of the log then known."""

    at: int
    revoked: frozenset[int] = frozenset()
    suspended: frozenset[int] = frozenset()
    messages: tuple[tuple[int, frozenset[StatusMessage]], ...] = ()


def read_marks(
    connection: Connection, erased: ErasedPlaces, name: ListName, timestamp: int | None
) -> Marks:
    """Return what a list says now, or said at unix second `timestamp`.

    Refuses with `StatusListUnknown` where there was none, or the moment is yet to come.
    """
    head = loading.read_head(connection)
    at = head.at if timestamp is None else timestamp
    if at > head.now or not status_lists.taken(connection, name.number, at):
        raise StatusListUnknown(list=str(name))
    until = MAX_TIME if timestamp is None else timestamp
    revoked = suspended = frozenset[int]()
    messages: dict[int, set[StatusMessage]] = {}
    if name.purpose in {Purpose.REVOCATION, TOKEN}:
        revoked = frozenset(status_lists.revoked(connection, name.number, until))
    if name.purpose in {Purpose.SUSPENSION, TOKEN}:
        suspended = frozenset(status_lists.suspended(connection, name.number, until))
    if name.purpose == Purpose.MESSAGE:
        for position in status_lists.superseded(connection, name.number, until):
            messages.setdefault(position, set()).add(StatusMessage.SUPERSEDED)
        for position in erased.positions(connection, name.number, until):
            messages.setdefault(position, set()).add(StatusMessage.ERASED)
    said = tuple((position, frozenset(messages[position])) for position in sorted(messages))
    return Marks(at, revoked, suspended, said)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A list as it is kept: what it says follows from this, and so does who signs it.

    Of a moment that the log is past no entry will ever tell more, whatever the `size`.
    """

    name: str
    timestamp: int | None
    size: int | None
    public: bytes


class StatusLists:
    """Serves the status lists of one bank. Anybody may ask, so each list is made once at a time."""

    def __init__(self, bank: Bank, issuing: Issuing, signers: Signers) -> None:
        self._bank, self._issuing, self._signers = bank, issuing, signers
        self._erased = ErasedPlaces(bank.keyring)
        self._kept: OrderedDict[_Wanted, dict[str, Any] | str] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def get(self, name: ListName, timestamp: int | None = None) -> dict[str, Any] | str:
        """Return the signed list: a credential, or the text of a Token Status List.

        `timestamp` is a unix second of the past. Refuses as `read_marks`, and with `KeyMissing`.
        """
        read = self._bank.database.read
        wanted = await read(lambda connection: self._wanted(connection, name, timestamp))
        if wanted not in self._kept:
            lock = self._locks.setdefault(str(name), asyncio.Lock())
            async with lock:
                if wanted not in self._kept:
                    await self._make(wanted, name)
        self._kept.move_to_end(wanted)
        return self._kept[wanted]

    async def _make(self, wanted: _Wanted, name: ListName) -> None:
        marks = await self._bank.database.read(
            lambda found: read_marks(found, self._erased, name, wanted.timestamp), long=True
        )
        self._keep(wanted, await asyncio.to_thread(self._sign, name, marks, wanted.public))

    def _wanted(self, connection: Connection, name: ListName, timestamp: int | None) -> _Wanted:
        keys = read_keys(connection, self._bank.keyring, self._bank.origin)
        if not keys:
            raise KeyMissing(file=CREDENTIAL_KEY_FILE)
        head = loading.read_head(connection)
        is_past = timestamp is not None and timestamp < head.at
        return _Wanted(str(name), timestamp, None if is_past else head.size, keys[-1].public)

    def _keep(self, wanted: _Wanted, made: dict[str, Any] | str) -> None:
        if wanted.timestamp is None:
            current = (one for one in self._kept if one.name == wanted.name)
            for one in [one for one in current if one.timestamp is None]:
                del self._kept[one]  # the log has grown since
        self._kept[wanted] = made
        while len(self._kept) > _KEPT_MAX:
            self._kept.popitem(last=False)

    def _sign(self, name: ListName, marks: Marks, public: bytes) -> dict[str, Any] | str:
        key = self._signers.of(public)
        issuer = IssuerFacts(self._issuing.did, self._issuing.site, self._issuing.name)
        url = list_url(self._issuing.site, name.purpose, name.number)
        if name.purpose == TOKEN:
            return status.list_token(
                url,
                sorted(marks.revoked),
                sorted(marks.suspended),
                issuer=issuer,
                key=key,
                created=marks.at,
            )
        purpose = Purpose(name.purpose)
        marked: Any = {
            Purpose.REVOCATION: marks.revoked,
            Purpose.SUSPENSION: marks.suspended,
            Purpose.MESSAGE: dict(marks.messages),
        }[purpose]
        return status.list_credential(
            url, purpose, marked, issuer=issuer, key=key, created=marks.at
        )
