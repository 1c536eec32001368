"""The journal: the one door in, for every kind of write.

One task gathers what arrives while the previous group is being written, and commits it together:
lock the head → answer replays → check under the lock → assign index, time and prev → write entries,
views and tree state → move the head → commit → only then answer. Many processes may do so on one
database; the head row's lock orders them.

If a group fails, each of its members is tried alone. Where it is not known whether a commit took
place, the member goes through the same door again, and finds itself recorded or not: every work
can be repeated, because it looks for its own source id first.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import sqlalchemy as sa

from creditbank.domain.catalogue import Catalogue
from creditbank.errors import CreditBankError
from creditbank.errors.storage import ClockOff, Overloaded, StorageUnavailable
from creditbank.storage import loading
from creditbank.storage.book import Book, Needs
from creditbank.storage.database import Database, is_database_error, is_outage
from creditbank.storage.keyring import Keyring
from creditbank.storage.needs import all_needs

_LONG_ITEMS_MIN = 256


class Work(Protocol):
    """A submission. `decide` must be repeatable: it changes nothing but the book it is given."""

    @property
    def needs(self) -> Needs:
        """What to read in bulk before `decide`."""

    @property
    def items(self) -> int:
        """How many items it holds, for sizing a group."""

    def decide(self, book: Book) -> Any:
        """Return the answer after recording into `book`, or raise a refusal."""


@dataclass(slots=True)
class _Waiting:
    work: Work
    answer: asyncio.Future[_Answered] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Answered:
    """What became of one work: an answer or a refusal, and the tree head of the commit."""

    value: Any = None
    refusal: CreditBankError | None = None
    size: int = 0
    root: bytes = b""


class Recorder:
    """Records groups of works: the part of the journal that needs no event loop."""

    def __init__(
        self,
        keyring: Keyring,
        *,
        clock_tolerance_seconds: int = 2,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keyring = keyring
        self._tolerance = clock_tolerance_seconds
        self._now = now
        self._catalogue = Catalogue()

    def record(self, connection: sa.Connection, works: Sequence[Work]) -> list[_Answered]:
        """Return what became of each work, with everything written but not yet committed."""
        loading.lock_head(connection)
        head = self._timed(loading.read_head(connection))
        catalogue = self._catalogue_at(connection, head)
        refused: dict[int, _Answered] = {}
        while True:
            book = Book(connection, self._keyring, head, catalogue)
            book.load(
                all_needs(work.needs for number, work in enumerate(works) if number not in refused)
            )
            answers = self._decide(book, works, refused)
            if answers is not None:
                book.write()
                root = book.tree.root()
                return [replace(answered, size=book.size, root=root) for answered in answers]

    def _decide(
        self, book: Book, works: Sequence[Work], refused: dict[int, _Answered]
    ) -> list[_Answered] | None:
        """Return all answers, or None if the book must be opened again without a new refusal."""
        answers = []
        for number, work in enumerate(works):
            if number in refused:
                answers.append(refused[number])
                continue
            before = book.changes
            try:
                answers.append(_Answered(work.decide(book)))
            except CreditBankError as refusal:
                answers.append(_Answered(refusal=refusal))
                if book.changes != before:
                    refused[number] = answers[-1]
                    return None
        return answers

    def _timed(self, head: loading.Head) -> loading.Head:
        """Return the head with the time of this group: the database's, never decreasing.

        Raises `ClockOff` if the database's clock is behind the ledger, or disagrees with this
        process's, by more than the tolerance.
        """
        off = max(head.at - head.now, abs(int(self._now()) - head.now))
        if off > self._tolerance:
            raise ClockOff(seconds=off, tolerance=self._tolerance)
        return loading.with_now(head, max(head.at, head.now))

    def catalogue_of(self, connection: sa.Connection) -> Catalogue:
        """Return every register version as of what `connection` sees, or later ones too."""
        size = loading.read_head(connection).registers_size
        known = self._catalogue
        if known.size >= size:
            return known
        self._catalogue = loading.catalogue_from(connection, known, size)
        return self._catalogue

    def _catalogue_at(self, connection: sa.Connection, head: loading.Head) -> Catalogue:
        if self._catalogue.size != head.registers_size:
            self._catalogue = loading.catalogue_from(
                connection, self._catalogue, head.registers_size
            )
        return self._catalogue


class Journal:
    """Gathers concurrent works into one transaction each time round."""

    def __init__(
        self,
        database: Database,
        recorder: Recorder,
        *,
        group_items_max: int = 10_000,
        waiting_items_max: int = 100_000,
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._group_items_max = group_items_max
        self._waiting_items_max = waiting_items_max
        self._waiting: deque[_Waiting] = deque()
        self._waiting_items = 0
        self._wake = asyncio.Event()
        self._closed = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task that writes."""
        self._task = asyncio.create_task(self._run(), name="journal")

    async def close(self) -> None:
        """Write what is waiting, then stop."""
        self._closed = True
        self._wake.set()
        if self._task is not None:
            await self._task

    @property
    def is_running(self) -> bool:
        """Whether the task that writes is at work."""
        return self._task is not None and not self._task.done()

    @property
    def waiting_items(self) -> int:
        """How many items wait to be written."""
        return self._waiting_items

    async def submit(self, work: Work) -> Any:
        """Return the work's answer once it is committed; raise its refusal.

        Raises `Overloaded` if too much is waiting, `StorageUnavailable` if the database did not
        answer: then it is not known whether the work was recorded, and it may be submitted again.
        """
        return (await self._submit(work)).value

    async def submit_with_head(self, work: Work) -> tuple[Any, int, bytes]:
        """Return the work's answer, and size and root of the log as committed with it.

        Of a replay that is the log as it stands now, which holds what was recorded then. Raises as
        `submit`.
        """
        answered = await self._submit(work)
        return answered.value, answered.size, answered.root

    async def _submit(self, work: Work) -> _Answered:
        if self._closed or self._waiting_items + work.items > self._waiting_items_max:
            raise Overloaded
        waiting = _Waiting(work, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._waiting_items += work.items
        self._wake.set()
        # A client that hangs up does not take back what it posted.
        return await asyncio.shield(waiting.answer)

    async def _run(self) -> None:
        while True:
            if not self._waiting:
                if self._closed:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            # One turn of the loop lets every request that is ready join this group.
            await asyncio.sleep(0)
            await self._write_group(self._take_group())

    def _take_group(self) -> list[_Waiting]:
        group = [self._waiting.popleft()]
        items = group[0].work.items
        while (
            self._waiting
            and not (_goes_alone(group[0].work) or _goes_alone(self._waiting[0].work))
            and items + self._waiting[0].work.items <= self._group_items_max
        ):
            group.append(self._waiting.popleft())
            items += group[-1].work.items
        self._waiting_items -= items
        return group

    async def _write_group(self, group: list[_Waiting]) -> None:
        try:
            await self._commit(group)
        except Exception as error:  # noqa: BLE001  # each member is tried alone, and told
            if len(group) == 1 and not is_database_error(error):
                _tell(group[0], error)
                return
            await self._write_each(group)

    async def _write_each(self, group: list[_Waiting]) -> None:
        """Try each member alone; when the database is out, do not make the rest wait for it."""
        out = False
        for member in group:
            if out:
                _tell(member, StorageUnavailable())
                continue
            try:
                await self._commit([member])
            except Exception as error:  # noqa: BLE001  # told to the one who waits
                out = is_outage(error)
                _tell(member, StorageUnavailable() if out else error)

    async def _commit(self, group: list[_Waiting]) -> None:
        works = [member.work for member in group]
        answers = await self._database.write(
            lambda connection: self._recorder.record(connection, works),
            long=sum(work.items for work in works) >= _LONG_ITEMS_MIN,
        )
        # What the group recorded is durable from here on; only now may anybody be told.
        for member, answered in zip(group, answers, strict=True):
            if answered.refusal is not None:
                _tell(member, answered.refusal)
            elif not member.answer.done():
                member.answer.set_result(answered)


def _goes_alone(work: Work) -> bool:
    """Return whether a work is likely to refuse after it changed the book.

    Then all that came before it in its group would have to be decided again, under the lock.
    """
    return bool(getattr(work, "alone", False))


def _tell(member: _Waiting, error: BaseException) -> None:
    if not member.answer.done():
        member.answer.set_exception(error)
        # Whoever waited may have gone; that is no news for the log.
        member.answer.exception()


def record_now(database: Database, recorder: Recorder, work: Work) -> Any:
    """Return a work's answer once it is committed, without an event loop."""
    answered = database.write_sync(lambda connection: recorder.record(connection, [work]))[0]
    if answered.refusal is not None:
        raise answered.refusal
    return answered.value
