"""The text of a checkpoint: whose tree, how large, with which root (c2sp.org/tlog-checkpoint)."""

from __future__ import annotations

from dataclasses import dataclass

from creditbank.errors.ledger import MalformedCheckpoint
from creditbank.ledger.merkle import MAX_SIZE
from creditbank.ledger.suite import HASH_BYTES
from creditbank.ledger.wire import (
    check_lines,
    decode_base64,
    decode_decimal,
    encode_base64,
    is_line,
)


@dataclass(frozen=True, slots=True)
class TreeHead:
    """A log's origin, its size in leaves and its 32-byte root.

    The origin is any line: other logs need not name themselves like a key. Extension lines of
    other logs are kept, in their order; this one has none, because ML-DSA-44 cosignatures do not
    cover them.

    Raises:
        MalformedCheckpoint: if a field is not of the form.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise MalformedCheckpoint(reason="size")
        if len(self.root) != HASH_BYTES:
            raise MalformedCheckpoint(reason="root")
        for line in (self.origin, *self.extensions):
            if not is_line(line):
                raise MalformedCheckpoint(reason="line")


def format_tree_head(head: TreeHead) -> str:
    """Return the lines origin, size in decimal, root in base64, and extensions if any."""
    lines = (head.origin, str(head.size), encode_base64(head.root), *head.extensions)
    return "".join(f"{line}\n" for line in lines)


def parse_tree_head(text: str) -> TreeHead:
    """Return the tree head whose text is `text`.

    Raises:
        MalformedCheckpoint: if `format_tree_head` could not have returned it.
    """
    try:
        lines = check_lines(text)[:-1].split("\n")
        origin, size, root, *extensions = lines  # fewer are a ValueError too
        return TreeHead(
            origin, decode_decimal(size, MAX_SIZE), decode_base64(root), tuple(extensions)
        )
    except ValueError:
        raise MalformedCheckpoint(reason="form") from None
