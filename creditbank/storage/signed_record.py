"""The record, outside the database, of the largest tree head that was signed.

One small file, replaced in place: it is on disk before a signature leaves, so that no crash,
restore or failover of the database can make the bank sign two histories. All processes that sign
for one log share it, under a lock. It fits one sector, so that a write happens as a whole or not
at all; should it ever be torn, its digest tells, and nothing is signed.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from creditbank.errors.log import LogFrozen, RecordUnavailable
from creditbank.ledger.suite import hash_bytes

_FORM: Final = re.compile(
    r"(creditbank signed/v1\n(\S+)\n(0|[1-9][0-9]{0,18})\n([0-9a-f]{64})\n)([0-9a-f]{64})\n *\n"
)
_BYTES: Final = 512


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A tree head that was, or may have been, signed: size in leaves, and root."""

    size: int
    root: bytes


class SignedRecord:
    """The file at `path`, of the log `origin`. Its methods wait for the disk."""

    def __init__(self, path: Path, origin: str) -> None:
        self.path = path
        self._origin = origin

    def read(self) -> SignedHead | None:
        """Return the largest head that was signed, None before anything was.

        Raises `LogFrozen` if the file is not of the form or another log's.
        """
        try:
            with self._opened(os.O_RDONLY, fcntl.LOCK_SH) as file:
                return self._parsed(os.pread(file, _BYTES + 1, 0))
        except FileNotFoundError:
            return None
        except OSError:
            raise LogFrozen(size="?", reason="record_unreadable") from None

    def advance(self, known: SignedHead | None, new: SignedHead) -> SignedHead | None:
        """Put `new` in the place of `known` and return it, once it is on disk.

        Where the record does not say `known`, nothing is changed and what it says is returned.
        Raises `LogFrozen` as `read`, `RecordUnavailable` if it cannot be written.
        """
        if known is None:
            self._create()
        try:
            with self._opened(os.O_RDWR, fcntl.LOCK_EX) as file:
                found = self._parsed(os.pread(file, _BYTES + 1, 0))
                if found != known or found == new:
                    return found
                self._write(file, new)
                return new
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unavailable(error) from error

    @contextmanager
    def _opened(self, flags: int, lock: int) -> Iterator[int]:
        file = os.open(self.path, flags | os.O_CLOEXEC)
        try:
            fcntl.flock(file, lock)
            yield file
        finally:
            os.close(file)

    def _create(self) -> None:
        """Make an empty file, and its name durable, unless there is one."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise self._unavailable(error) from error

    def _write(self, file: int, head: SignedHead) -> None:
        text = f"creditbank signed/v1\n{self._origin}\n{head.size}\n{head.root.hex()}\n"
        text += hash_bytes(text.encode()).hex() + "\n"
        data = text.encode()
        os.pwrite(file, data + b" " * (_BYTES - len(data) - 1) + b"\n", 0)
        os.fsync(file)

    def _parsed(self, data: bytes) -> SignedHead | None:
        if not data:
            return None
        match = _FORM.fullmatch(data.decode(errors="replace"))
        if match is None or hash_bytes(match[1].encode()).hex() != match[5]:
            raise LogFrozen(size="?", reason="record_unreadable")
        if match[2] != self._origin:
            raise LogFrozen(size=int(match[3]), reason="record_other_log")
        return SignedHead(int(match[3]), bytes.fromhex(match[4]))

    def _unavailable(self, error: OSError) -> RecordUnavailable:
        return RecordUnavailable(file=self.path.name, reason=error.strerror or "?")
