"""The parts of an audit that need no database, at their edges."""

from __future__ import annotations

import pytest

from creditbank.errors.ledger import MalformedPart, NotCanonical
from creditbank.ledger import entry
from creditbank.ledger.audit import (
    LISTED_MAX,
    Claim,
    Claims,
    Findings,
    Join,
    KeyPeriod,
    Mark,
    check_signatures,
)
from creditbank.ledger.checkpoint import format_checkpoint, sign_checkpoint
from creditbank.ledger.keys import KeyType
from creditbank.ledger.merkle import EMPTY_ROOT
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.parts import PartReader
from creditbank.ledger.segments import segment_of_leaves
from creditbank.ledger.suite import Ed25519Signer, MlDsa44Signer
from creditbank.ledger.treehead import TreeHead

ORIGIN = "bank.example/log"
SALT = "00" * 16
PREV = entry.genesis_prev(ORIGIN)


def signers(seed: int) -> list[NoteSigner]:
    return [
        NoteSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(bytes([seed]) * 32)),
        NoteSigner(ORIGIN, KeyType.MLDSA44, MlDsa44Signer(bytes([seed]) * 32)),
    ]


def keys(seed: int) -> tuple[object, ...]:
    return tuple(signer.key for signer in signers(seed))


PERIODS = [KeyPeriod(0, keys(1)), KeyPeriod(50, keys(2))]  # type: ignore[arg-type]


def note(size: int, *by: NoteSigner, origin: str = ORIGIN) -> bytes:
    return format_checkpoint(sign_checkpoint(TreeHead(origin, size, EMPTY_ROOT), by, at=1))


def messages(found: Findings) -> list[str]:
    return [str(finding.document()["message"]) for finding in found.listed]


# --- findings -----------------------------------------------------------------------------------


def test_findings_beyond_the_limit_are_counted() -> None:
    found = Findings()
    for index in range(LISTED_MAX + 5):
        found.report("leaves", index, "something")
    found.report("tree", None, "something {else_}", else_="more")
    assert len(found.listed) == LISTED_MAX + 1
    assert found.left_out == {"leaves": 5}
    other = Findings()
    other.take(found)
    other.take(found)
    assert len(other.listed) == LISTED_MAX + 2
    assert other.left_out == {"leaves": LISTED_MAX + 10}


def test_findings_are_ordered_by_entry_and_what_is_about_none_comes_last() -> None:
    found = Findings()
    for index in (7, None, 3):
        found.report("leaves", index, "something")
    assert [finding.index for finding in found.in_order()] == [3, 7, None]
    assert found.in_order()[0].document() == {"check": "leaves", "index": 3, "message": "something"}


# --- claims -------------------------------------------------------------------------------------


def test_claims_that_fail_one_after_the_other_are_one_finding() -> None:
    found, right, wrong = Findings(), bytes(32), b"\1" * 32
    claims = Claims(found)
    said = [Claim("commit", 1, wrong), Claim("commit", 2, right), Claim("commit", 3, wrong)]
    claims.hold(said, {1: right, 2: right, 3: right})
    claims.hold([Claim("commit", 4, wrong), Claim("checkpoint", 4, wrong)], {4: right})
    claims.finish()
    assert [(one.check, one.index) for one in found.listed] == [
        ("tree", 0),
        ("tree", 2),
        ("checkpoints", 3),
    ]
    assert "2 commits" in messages(found)[1]


def test_claim_about_a_size_that_there_is_not_fails() -> None:
    found = Findings()
    claims = Claims(found)
    claims.hold([Claim("record", 9, bytes(32))], {})
    claims.finish()
    assert [(one.check, one.index) for one in found.listed] == [("record", 8)]


# --- signatures ---------------------------------------------------------------------------------


def signed(size: int, data: bytes) -> list[str]:
    found = Findings()
    check_signatures(data, size, ORIGIN, PERIODS, found)
    return messages(found)


def test_checkpoint_signed_by_the_keys_in_force_is_good() -> None:
    assert signed(10, note(10, *signers(1))) == []
    assert signed(50, note(50, *signers(2))) == []
    assert signed(60, note(60, *signers(2), *signers(1))) == []


@pytest.mark.parametrize(
    ("size", "data"),
    [
        (10, note(10, *signers(2))),
        (60, note(60, *signers(1))),
        (10, note(10, *signers(3))),
        (10, note(10, signers(1)[0])),
        (10, note(10, signers(1)[1])),
        (60, note(60, *signers(2)).replace(b"60", b"61")),
        (60, note(61, *signers(2))),
        (10, b"no note"),
    ],
)
def test_checkpoint_signed_otherwise_is_a_finding(size: int, data: bytes) -> None:
    assert len(signed(size, data)) == 1


def test_checkpoint_of_another_log_is_a_finding() -> None:
    other = "other.example/log"
    by = NoteSigner(other, KeyType.ED25519, Ed25519Signer(b"\1" * 32))
    assert len(signed(10, note(10, by, origin=other))) == 1


def test_checkpoint_before_the_first_key_is_held_to_that() -> None:
    found = Findings()
    later = [KeyPeriod(5, keys(1))]  # type: ignore[arg-type]
    check_signatures(note(1, *signers(1)), 1, ORIGIN, later, found)
    assert messages(found) == []


# --- leaves -------------------------------------------------------------------------------------


def leaf(index: int, prev: bytes, at: int = 100) -> bytes:
    return entry.format_leaf(at=at, body=bytes(32), index=index, prev=prev)


def test_a_leaf_with_another_index_is_a_finding() -> None:
    found = Findings()
    segment, hashes = segment_of_leaves(0, [leaf(5, PREV)], (), found)
    assert [(one.check, one.index) for one in found.listed] == [("leaves", 0)]
    assert (segment.prev, segment.last, segment.first_at) == (PREV, hashes[0], 100)


def test_segments_are_held_to_the_ones_before_them() -> None:
    found = Findings()
    join = Join(PREV, found)
    block = []
    prev = PREV
    for index in range(256):
        block.append(leaf(index, prev))
        prev = entry.leaf_hash(block[-1])
    join.add(segment_of_leaves(0, block, (), found)[0])
    join.add(segment_of_leaves(256, [leaf(256, bytes(32), at=99)], (), found)[0])
    assert [(one.check, one.index) for one in found.listed] == [("leaves", 256)] * 2


def test_segment_of_unreadable_leaves_says_nothing_of_its_neighbours() -> None:
    found = Findings()
    segment, _ = segment_of_leaves(0, [b"", b"{}"], (), found)
    assert (segment.prev, segment.first_at, segment.last_at) == (None, None, 0)
    join = Join(PREV, found)
    join.add(segment)
    assert len(found.listed) == 2


def test_mark_at_the_end_of_a_block_knows_what_comes_next_must_name() -> None:
    found = Findings()
    mark = Mark(ORIGIN, 256, (bytes(32),), b"\5" * 32, 100)
    join = Join(PREV, found, mark)
    assert (join.last, join.at, mark.start) == (mark.last, 100, 256)
    join.add(segment_of_leaves(256, [leaf(256, bytes(32), at=99)], (), found)[0])
    assert len(found.listed) == 2


# --- parts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", NotCanonical),
        (b"[]", MalformedPart),
        (b"5", MalformedPart),
        (b'{"act":5}', MalformedPart),
        (b'{"act":{"value":{}}}', MalformedPart),
        (b'{"act":{"salt":5,"value":{}}}', MalformedPart),
        (b'{"act":{"salt":"00","value":{}}}', MalformedPart),
        (b'{"zz":{"salt":"%s","value":{}}}' % SALT.encode(), MalformedPart),
        (b'{"act":{"more":1,"salt":"%s","value":{}}}' % SALT.encode(), NotCanonical),
        (b'{"act":{"salt":"%s","value":{"A":1}}}' % SALT.encode(), NotCanonical),
        (b'{"act":{"salt":"%s","value":{"a":1.5}}}' % SALT.encode(), NotCanonical),
        (b'{"act":{"salt":"%s","value":{"a":"\\u0000"}}}' % SALT.encode(), NotCanonical),
        (b'{"act":{"salt":"%s","value":{}} }' % SALT.encode(), NotCanonical),
        (b'{"actor":{"salt":"%s","value":{}},"act":{"salt":"%s","value":{}}}'
         % (SALT.encode(), SALT.encode()), NotCanonical),
    ],
)  # fmt: skip
def test_bytes_that_are_no_parts_are_refused(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        PartReader().read(data)


def test_deep_parts_are_read_as_the_profile_allows() -> None:
    def nested(depth: int) -> bytes:
        return b'{"act":{"salt":"%s","value":' % SALT.encode() + b"[" * depth + b"]" * depth + b"}}"

    assert PartReader().read(nested(64))["act"].data == b"[" * 64 + b"]" * 64
    with pytest.raises(NotCanonical):
        PartReader().read(nested(65))


def test_reader_forgets_names_before_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditbank.ledger.parts._NAMES_KEPT_MAX", 3)
    reader = PartReader()
    for name in ("a", "b", "c", "d"):
        data = b'{"act":{"salt":"%s","value":{"%s":1}}}' % (SALT.encode(), name.encode())
        assert reader.read(data)["act"].value == {name: 1}
