"""A log as files, made without a bank: leaves, tiles, and checkpoints signed on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from creditbank.ledger import entry
from creditbank.ledger.checkpoint import format_checkpoint, sign_checkpoint
from creditbank.ledger.keys import KeyType, VerifierKey
from creditbank.ledger.merkle import root_of
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.suite import Ed25519Signer, MlDsa44Signer
from creditbank.ledger.treehead import TreeHead
from creditbank.services.auditing import AuditReport
from creditbank.services.log_auditing import audit_log
from creditbank.services.log_copy import LogCopy, history_line

ORIGIN = "bank.example/log"
AT = 1_782_000_000
SIGNERS = (
    NoteSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(b"\1" * 32)),
    NoteSigner(ORIGIN, KeyType.MLDSA44, MlDsa44Signer(b"\2" * 32)),
)
STRANGER = NoteSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(b"\3" * 32))
KEYS: Sequence[VerifierKey] = [signer.key for signer in SIGNERS]
SIZES = (100, 300, 600)

Found = set[tuple[str, int | None]]
Change = Callable[[int, dict[str, Any]], None]


def no_change(_index: int, _members: dict[str, Any]) -> None:
    """Leave a leaf as it is."""


@dataclass
class Leaves:
    """The leaves of a log; `change` may alter the members of one before the next follows it."""

    size: int = SIZES[-1]
    origin: str = ORIGIN
    change: Change = no_change
    leaves: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        prev = entry.genesis_prev(self.origin)
        for index in range(self.size):
            members: dict[str, Any] = {
                "at": AT + index // 7,
                "body": sha256(b"%d" % index).digest(),
            }
            members |= {"index": index, "prev": prev}
            self.change(index, members)
            self.leaves.append(entry.format_leaf(**members))
            prev = entry.leaf_hash(self.leaves[-1])

    def root(self, size: int) -> bytes:
        return root_of(entry.leaf_hash(leaf) for leaf in self.leaves[:size])

    def note(self, size: int, signers: Sequence[NoteSigner] = SIGNERS) -> bytes:
        head = TreeHead(self.origin, size, self.root(size))
        return format_checkpoint(sign_checkpoint(head, signers, at=AT))

    def write(self, folder: Path, sizes: Sequence[int] = SIZES) -> None:
        """Write the log as published at each of `sizes`, the last one being the newest."""
        copy = LogCopy(folder, sizes[-1])
        for leaf in self.leaves:
            copy.add(leaf, entry.leaf_hash(leaf))
        copy.finish()
        notes = [(size, AT, self.note(size)) for size in sizes]
        copy.history().write_bytes(b"".join(history_line(*note) for note in notes))
        copy.write_checkpoint(notes[-1][2])


def audited(location: str | Path, **given: Any) -> AuditReport:
    return audit_log(str(location), given.pop("keys", KEYS), **given)


def found_in(location: str | Path, **given: Any) -> Found:
    """Return check and entry of every finding."""
    report = audited(location, **given)
    assert all(str(finding.document()["message"]) for finding in report.findings)
    return {(finding.check, finding.index) for finding in report.findings}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder as any HTTP server does, and yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
