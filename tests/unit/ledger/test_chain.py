"""The chain of leaves: what an audit accepts, and how it names a break."""

from __future__ import annotations

import pytest

from creditbank.errors.ledger import BrokenChain, UnknownLeafVersion
from creditbank.ledger.chain import Head, empty_head, extend
from creditbank.ledger.entry import format_leaf, genesis_prev, leaf_hash

ORIGIN = "bank.example/log"
FIRST = format_leaf(at=100, body=bytes(32), index=0, prev=genesis_prev(ORIGIN))
HEAD = extend(empty_head(ORIGIN), FIRST)


def test_head_moves_with_each_leaf() -> None:
    assert Head(size=1, last=leaf_hash(FIRST), at=100) == HEAD
    second = format_leaf(at=100, body=bytes(32), index=1, prev=HEAD.last)
    assert extend(HEAD, second) == Head(size=2, last=leaf_hash(second), at=100)


@pytest.mark.parametrize(
    ("leaf", "reason"),
    [
        (format_leaf(at=100, body=bytes(32), index=1, prev=bytes(32)), "prev"),
        (format_leaf(at=100, body=bytes(32), index=2, prev=HEAD.last), "index"),
        (format_leaf(at=99, body=bytes(32), index=1, prev=HEAD.last), "time"),
        (FIRST, "prev"),
        (b"{}", "malformed"),
    ],
)
def test_break_names_index_reason_and_both_hashes(leaf: bytes, reason: str) -> None:
    with pytest.raises(BrokenChain) as caught:
        extend(HEAD, leaf)
    fields = caught.value.fields
    assert (fields["index"], fields["reason"]) == (1, reason)
    assert fields["expected"] == HEAD.last.hex()
    assert len(str(fields["found"])) == 64
    assert f"({reason})" in str(caught.value)


def test_leaf_of_another_version_is_not_called_a_break() -> None:
    with pytest.raises(UnknownLeafVersion):
        extend(HEAD, b'{"v":2}')


def test_log_of_another_origin_does_not_start_here() -> None:
    with pytest.raises(BrokenChain):
        extend(empty_head("other.example/log"), FIRST)
