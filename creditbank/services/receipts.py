"""Receipts for whoever may see an entry: the parts that they see, proved under a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creditbank.domain.access import Principal, Scope
from creditbank.errors.access import Unauthenticated
from creditbank.errors.recording import EntryUnknown
from creditbank.services.enquiring import NoteAccess
from creditbank.services.permitting import Ground
from creditbank.services.proving import receipt
from creditbank.services.showing import LEARNER, visible_to
from creditbank.storage import loading, publication, reading
from creditbank.storage.tilestore import Cache

if TYPE_CHECKING:
    from creditbank.services.banking import Bank
    from creditbank.services.publishing import Publisher
    from creditbank.storage.reading import Connection


async def read_receipt(
    bank: Bank,
    publisher: Publisher,
    principal: Principal | None,
    index: int,
    cache: Cache,
    *,
    size: int | None = None,
) -> dict[str, Any]:
    """Return an entry's receipt under the newest published checkpoint, or that of `size`.

    Before the entry is published it is proved under the checkpoint of the newest commit. Refuses
    with `EntryUnknown` where the reader may see nothing of the entry, `Unauthenticated` where
    nobody asks and it is not public; `NotInLog` or `NotYetPublished` as `proving.receipt`. A
    reading of personal data is kept in the learner's access log.
    """
    visible = await bank.database.read(lambda found: _visible(found, principal, index))
    if not visible:
        raise Unauthenticated() if principal is None else EntryUnknown(index=index)
    committed = None if size is not None else await _committed(bank, publisher, index)

    def read(connection: Connection) -> dict[str, Any]:
        return receipt(
            connection, bank.keyring, index, visible, cache, size=size, committed=committed
        )

    document = await bank.database.read(read)
    person = document["parts"].get("person")
    if principal is not None and person is not None:
        await _note(bank, principal, person["value"]["account"])
    return document


def _visible(connection: Connection, principal: Principal | None, index: int) -> frozenset[str]:
    row = loading.entry_at(connection, index)
    if row is None:
        return frozenset()
    visible = visible_to(principal, row, row.act["kind"])
    if visible or principal is None or principal.account is None:
        return visible
    return LEARNER if reading.is_entry_of(connection, principal.account, index) else frozenset()


async def _committed(bank: Bank, publisher: Publisher, index: int) -> bytes | None:
    """Return the checkpoint of the newest commit, if no published one covers the entry yet."""
    state = await bank.database.read(publication.read_state)
    if index < state.published:
        return None
    note = await publisher.checkpoint_of(state.size, state.root)
    return None if note is None else note.encode()


async def _note(bank: Bank, principal: Principal, account: str) -> None:
    """Keep that the learner's data are going to be shown, and wait for the commit."""
    if principal.account:
        ground = Ground.OWN
    else:
        ground = Ground.AUDIT if principal.may(Scope.AUDIT) else Ground.POSTED
    await bank.journal.submit(NoteAccess(principal, {account}, "receipt", ground))
