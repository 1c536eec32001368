"""The guard: nothing is signed that does not follow from everything signed before.

It keeps the tree's right edge at the largest head that was signed and extends it by the leaf
hashes of new entries alone. What it lets through is therefore, by construction, where an earlier
head leads to, whatever the database says of older entries; the record outside the database carries
this over restarts and between processes.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from itertools import pairwise
from typing import Final

from creditbank.errors.log import LogFrozen
from creditbank.errors.storage import StorageUnavailable
from creditbank.ledger.merkle import CompactRange
from creditbank.storage import publication
from creditbank.storage.database import Database
from creditbank.storage.signed_record import SignedHead, SignedRecord
from creditbank.storage.tilestore import Cache

_CHUNK_LEAVES: Final = 5_000  # some ten milliseconds of hashing before others have their turn
_ATTEMPTS: Final = 20


class Guard:
    """Of one log: the only way to the record of what was signed."""

    def __init__(self, database: Database, record: SignedRecord) -> None:
        self._database = database
        self._record = record
        self._known: SignedHead | None = None
        self._tree: CompactRange | None = None
        self._lock = asyncio.Lock()
        self.cache: Cache = OrderedDict()
        self.watched = b""
        """Source id of an entry that the signer waits for."""
        self.seen = True
        """Whether that entry may have come by since this was last set to False."""

    @property
    def signed_size(self) -> int:
        """The largest size that was recorded, as far as this process knows."""
        return self._known.size if self._known else 0

    async def confirm(self, heads: Collection[SignedHead]) -> None:
        """Return once each of `heads` may be signed: it follows, and that is on record.

        Raises:
            LogFrozen: if ledger and record disagree.
            RecordUnavailable: if the record cannot be written.
            StorageUnavailable: if the database does not answer, or others always come first.
        """
        async with self._lock:
            try:
                await self._confirm(heads)
            except LogFrozen:
                self.cache.clear()  # it may hold what another database said
                raise

    async def _confirm(self, heads: Collection[SignedHead]) -> None:
        tree = await self._opened()
        for _ in range(_ATTEMPTS):
            grown = await self._extended(tree, heads)
            await self._require_passed(tree, heads)
            new = SignedHead(grown.size, grown.root())
            found = await asyncio.to_thread(self._record.advance, self._known, new)
            if found == new:
                self._known, self._tree = new, grown
                return
            tree = await self._follow(tree, found)
        raise StorageUnavailable

    async def recorded_size(self) -> int:
        """Return the largest size on record now, following what other processes signed.

        Raises as `confirm`.
        """
        async with self._lock:
            tree = await self._opened()
            found = await asyncio.to_thread(self._record.read)
            if found != self._known:
                await self._follow(tree, found)
            return self.signed_size

    async def _opened(self) -> CompactRange:
        """Return the right edge at the recorded size; at first it is read from the ledger."""
        if self._tree is None:
            found = await asyncio.to_thread(self._record.read)
            self._known, self._tree = found, await self._tree_at(found)
        return self._tree

    async def _tree_at(self, recorded: SignedHead | None) -> CompactRange:
        if recorded is None:
            state = await self._database.read(publication.read_state)
            if state.published:
                raise LogFrozen(size=state.published, reason="record_missing")
            return CompactRange()
        tree = await self._database.read(publication.range_reader(recorded.size, self.cache))
        if tree is None:
            raise LogFrozen(size=recorded.size, reason="ledger_behind")
        if tree.root() != recorded.root:
            raise LogFrozen(size=recorded.size, reason="ledger_differs")
        return tree

    async def _follow(self, tree: CompactRange, found: SignedHead | None) -> CompactRange:
        """Take up what another process has put on record, if it follows from what is known."""
        if found is None:
            raise LogFrozen(size=tree.size, reason="record_missing")
        if found.size < tree.size or (found.size == tree.size and found.root != tree.root()):
            raise LogFrozen(size=tree.size, reason="record_behind")
        self._tree = await self._extended(tree, [found])
        self._known = found
        return self._tree

    async def _extended(self, tree: CompactRange, heads: Collection[SignedHead]) -> CompactRange:
        """Return the right edge at the largest of `heads`, after meeting each on the way."""
        grown = tree.copy()
        roots: dict[int, bytes] = {}
        for head in heads:
            if head.size > tree.size and roots.setdefault(head.size, head.root) != head.root:
                raise LogFrozen(size=head.size, reason="ledger_differs")
        last = max(roots, default=tree.size)
        for first, end in pairwise(sorted({*roots, *range(tree.size, last, _CHUNK_LEAVES)})):
            await self._grow(grown, first, end)
            if end in roots and grown.root() != roots[end]:
                raise LogFrozen(size=end, reason="ledger_differs")
        return grown

    async def _grow(self, tree: CompactRange, first: int, end: int) -> None:
        rows = await self._database.read(publication.leaf_rows(first, end))
        if len(rows) != end - first:
            raise LogFrozen(size=end, reason="ledger_behind")
        for leaf_hash, source in rows:
            tree.append(leaf_hash)
            self.seen = self.seen or source == self.watched

    async def _require_passed(self, tree: CompactRange, heads: Collection[SignedHead]) -> None:
        """Check heads no larger than what was signed: answers that come late, or a fork."""
        own = SignedHead(tree.size, tree.root())
        passed = {head for head in heads if head.size <= own.size} - {own}
        if not passed:
            return
        sizes = sorted({own.size, *(head.size for head in passed)})
        found = await self._database.read(publication.roots_reader(sizes, self.cache))
        for head in (own, *sorted(passed, key=lambda head: head.size)):
            if found[head.size] is None:
                raise LogFrozen(size=head.size, reason="ledger_behind")
            if found[head.size] != head.root:
                raise LogFrozen(size=head.size, reason="ledger_differs")
