"""Receipts and statements for those who may have them, and the keys that verify them.

Which parts a reader gets is decided as for any reading of an entry; each reading of personal data
is noted and committed before anything is answered. A reader may ask for fewer parts than they may
see, to hand the document on.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from creditbank.domain.access import Principal, Scope
from creditbank.errors.access import Unauthenticated
from creditbank.errors.recording import EntryUnknown
from creditbank.ledger.keys import VerifierKey
from creditbank.ledger.note import NoteSigner
from creditbank.services import proving
from creditbank.services.banking import Bank
from creditbank.services.enquiring import Enquiry, NoteAccess
from creditbank.services.log_keys import read_periods
from creditbank.services.permitting import Ground
from creditbank.services.showing import AUDITOR, LEARNER, person_kinds, visible_to
from creditbank.storage import loading, reading
from creditbank.storage.reading import Connection
from creditbank.storage.tilestore import Cache

SignCommit = Callable[[int, bytes], Awaitable[bytes]]

_OF_STATEMENT: Final = {Ground.AUDIT: AUDITOR}


class Proofs:
    """Makes the documents of one open bank.

    `sign_commit` signs the checkpoint of a commit; without it, entries have no receipt before they
    are published.
    """

    def __init__(self, bank: Bank, keys_dir: Path, sign_commit: SignCommit | None = None) -> None:
        self._bank, self._keys_dir, self._sign_commit = bank, keys_dir, sign_commit
        self._cache: Cache = OrderedDict()

    @cached_property
    def _signer(self) -> NoteSigner:
        return proving.account_head_signer(self._bank.origin, self._keys_dir)

    @property
    def account_head_key(self) -> VerifierKey:
        """The key that verifies account heads; raises `KeyMissing`."""
        return self._signer.key

    async def receipt(
        self,
        principal: Principal | None,
        index: int,
        *,
        size: int | None = None,
        parts: Iterable[str] | None = None,
    ) -> dict[str, Any]:
        """Return the receipt of an entry, with all parts that the reader may see or with `parts`.

        It stands under the newest published checkpoint, or that of `size`; before publication under
        one of the newest commit. Refuses with `EntryUnknown` where the reader may see nothing of
        the entry, with `Unauthenticated` where nobody asks and it is not public, with
        `NotYetPublished` and `NotInLog`.
        """
        bank = self._bank
        visible, account = await bank.database.read(
            lambda connection: _visible(connection, bank, principal, index)
        )
        if not visible:
            raise Unauthenticated() if principal is None else EntryUnknown(index=index)
        asked = visible if parts is None else visible & frozenset(parts)
        if principal is not None and account is not None and asked - {"act", "org_link"}:
            ground = _ground(principal)
            await bank.journal.submit(NoteAccess(principal, [account], "receipt", ground))
        committed = None if size is not None else await self._committed(index)
        return await bank.database.read(
            lambda connection: proving.receipt(
                connection,
                bank.keyring,
                index,
                asked,
                self._cache,
                size=size,
                committed=committed,
            )
        )

    async def _committed(self, index: int) -> bytes | None:
        """Return the checkpoint of the newest commit if no published one covers the entry."""
        if self._sign_commit is None:
            return None
        published, head = await self._bank.database.read(
            lambda connection: (
                reading.latest_checkpoint(connection),
                loading.read_head(connection),
            )
        )
        if published is not None and index < published[0]:
            return None
        return await self._sign_commit(head.size, head.root)

    async def statement(
        self,
        principal: Principal,
        account: str,
        *,
        size: int | None = None,
        parts: Iterable[str] | None = None,
    ) -> dict[str, Any]:
        """Return all entries of a learner below the newest published size, or `size`.

        Their places in the learner's chain are always shown: without them nothing would be proved.
        Refuses as any reading of a learner's data, with `NotYetPublished` and `NotInLog`.
        """
        enquiry = Enquiry(self._bank, principal, account, "proven_statement")
        visible = _OF_STATEMENT.get(enquiry.ground, LEARNER) | {"learner_link"}
        if parts is not None:
            visible &= frozenset(parts) | {"learner_link"}
        return await enquiry.read(
            lambda connection: proving.statement(
                connection,
                self._bank.keyring,
                account,
                visible,
                self._cache,
                signer=self._signer,
                size=size,
                person_of=person_kinds(enquiry.ground),
            ),
            long=True,
        )

    async def keys(self) -> tuple[VerifierKey, ...]:
        """Return every key that verifies this bank's documents, those of before too."""
        bank = self._bank
        periods = await bank.database.read(
            lambda connection: read_periods(connection, bank.keyring, bank.origin)
        )
        of_log = (key for period in periods for key in period.keys)
        return (*dict.fromkeys(of_log), self._signer.key)


def _visible(
    connection: Connection, bank: Bank, principal: Principal | None, index: int
) -> tuple[frozenset[str], str | None]:
    """Return the parts that a reader may see of an entry, and whose data those are."""
    row = loading.entry_at(connection, index)
    if row is None:
        return frozenset(), None
    visible = visible_to(principal, row, row.act["kind"])
    if principal is not None and principal.may(Scope.OWN) and not visible:
        own = reading.is_entry_of(connection, principal.account or "", index)
        visible = LEARNER if own else frozenset()
    if "person" not in visible:
        return visible, None
    shown = reading.show_entry(connection, bank.keyring, row, frozenset({"person"}))
    person = shown.parts.get("person")
    return visible, None if person is None else person.value["account"]


def _ground(principal: Principal) -> Ground:
    if principal.account:
        return Ground.OWN
    return Ground.AUDIT if principal.may(Scope.AUDIT) else Ground.POSTED
