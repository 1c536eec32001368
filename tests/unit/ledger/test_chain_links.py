"""Links of learners' and organisations' chains: form, and a chain that is complete."""

from __future__ import annotations

import pytest

from creditbank.errors.ledger import BrokenLink, MalformedPart
from creditbank.ledger.chain import ChainHead, follow
from creditbank.ledger.entry import Link, link, parse_link

A, B = b"\xaa" * 32, b"\xbb" * 32


@pytest.mark.parametrize("made", [Link("x", 1, None), Link("x", 2, A)])
def test_link_is_read_back(made: Link) -> None:
    assert parse_link(link(made.chain, made.seq, made.prev)) == made


@pytest.mark.parametrize(
    "value",
    [
        None, [], "x", {}, {"chain": "x"}, {"chain": 1, "seq": 1}, {"chain": "x", "seq": True},
        {"chain": "x", "seq": "1"}, {"chain": "", "seq": 1}, {"chain": "x", "seq": 2},
        {"chain": "x", "seq": 1, "prev": "aa" * 32}, {"chain": "x", "seq": 2, "prev": 7},
        {"chain": "x", "seq": 2, "prev": "zz" * 32}, {"chain": "x", "seq": 2, "prev": "aa" * 31},
        {"chain": "x", "seq": 2, "prev": "AA" * 32}, {"chain": "x", "seq": 1, "more": 1},
    ],
)  # fmt: skip
def test_other_values_are_not_a_link(value: object) -> None:
    with pytest.raises(MalformedPart):
        parse_link(value)


def test_chain_is_followed_from_its_first_entry() -> None:
    head = follow(ChainHead("x"), link("x", 1, None), A)
    assert follow(head, link("x", 2, A), B) == ChainHead("x", 2, B)


@pytest.mark.parametrize(
    ("value", "reason", "found"),
    [
        ({"chain": "x"}, "malformed", ""),
        (link("y", 2, A), "chain", A.hex()),
        (link("x", 1, None), "seq", ""),
        (link("x", 3, A), "seq", A.hex()),
        (link("x", 2, B), "prev", B.hex()),
    ],
)
def test_gap_is_named(value: object, reason: str, found: str) -> None:
    with pytest.raises(BrokenLink) as caught:
        follow(ChainHead("x", 1, A), value, B)
    expected = {"seq": 2, "reason": reason, "expected": A.hex(), "found": found}
    assert caught.value.fields == expected


def test_chain_does_not_start_in_the_middle() -> None:
    with pytest.raises(BrokenLink, match="Entry 1 of the chain"):
        follow(ChainHead("x"), link("x", 2, A), B)
