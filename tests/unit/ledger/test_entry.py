"""Parts, commitments, leaves and links: exact bytes, and what is refused."""

from __future__ import annotations

from hashlib import sha256

import pytest

from creditbank.errors.ledger import MalformedLeaf, MalformedPart, NotCanonical, UnknownLeafVersion
from creditbank.ledger import canonical, entry, times

SALT, DIGEST, OTHER = b"s" * 16, b"\xaa" * 32, b"\xbb" * 32
LEAF = (
    b'{"at":"2026-03-01T08:00:00Z","body":"' + b"aa" * 32 + b'","index":7,"prev":"'
    + b"bb" * 32 + b'","v":1}'
)  # fmt: skip
AT = 1_772_352_000


def reason_of(caught: pytest.ExceptionInfo[MalformedLeaf | MalformedPart]) -> object:
    return caught.value.fields["reason"]


def test_part_digest_is_salted_and_bound_to_its_name() -> None:
    expected = sha256(b"creditbank/part/1\0act\0" + SALT + b"{}").digest()
    assert entry.part_digest("act", SALT, b"{}") == expected
    assert len({entry.part_digest(name, SALT, b"{}") for name in entry.PARTS}) == 6


@pytest.mark.parametrize(
    ("name", "salt", "data", "reason"),
    [
        ("body", SALT, b"{}", "name"),
        ("act", SALT[1:], b"{}", "salt_length"),
        ("act", SALT + b"s", b"{}", "salt_length"),
        ("act", SALT, bytes(entry.MAX_PART_BYTES + 1), "size"),
    ],
)
def test_part_of_another_form_is_refused(name: str, salt: bytes, data: bytes, reason: str) -> None:
    with pytest.raises(MalformedPart) as caught:
        entry.part_digest(name, salt, data)
    assert reason_of(caught) == reason


def test_body_commitment_covers_the_canonical_object_of_digests() -> None:
    digests = {"person": OTHER, "act": DIGEST}
    members = canonical.encode({name: digest.hex() for name, digest in digests.items()})
    assert entry.body_commitment(digests) == sha256(b"creditbank/body/1\0" + members).digest()


@pytest.mark.parametrize(
    ("digests", "reason"),
    [
        ({}, "no_act"),
        ({"person": DIGEST}, "no_act"),
        ({"act": DIGEST, "note": DIGEST}, "name"),
        ({"act": DIGEST[1:]}, "digest_length"),
        ({"act": DIGEST, "person": DIGEST + b"x"}, "digest_length"),
    ],
)
def test_body_of_another_form_is_refused(digests: dict[str, bytes], reason: str) -> None:
    with pytest.raises(MalformedPart) as caught:
        entry.body_commitment(digests)
    assert reason_of(caught) == reason


def test_leaf_has_these_bytes() -> None:
    assert entry.format_leaf(at=AT, body=DIGEST, index=7, prev=OTHER) == LEAF
    assert entry.parse_leaf(LEAF) == entry.Leaf(at=AT, body=DIGEST, index=7, prev=OTHER, v=1)
    assert entry.leaf_hash(LEAF) == sha256(b"\0" + LEAF).digest()


@pytest.mark.parametrize(
    ("body", "index", "prev", "reason"),
    [
        (DIGEST[1:], 0, OTHER, "hash_length"),
        (DIGEST, 0, OTHER + b"x", "hash_length"),
        (DIGEST, -1, OTHER, "index"),
        (DIGEST, canonical.MAX_INTEGER + 1, OTHER, "index"),
    ],
)
def test_leaf_is_not_written_from_other_values(
    body: bytes, index: int, prev: bytes, reason: str
) -> None:
    with pytest.raises(MalformedLeaf) as caught:
        entry.format_leaf(at=0, body=body, index=index, prev=prev)
    assert reason_of(caught) == reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_canonical"),
        (b"\xff", "not_canonical"),
        (b"7", "members"),
        (b"{}", "members"),
        (LEAF + b"\n", "not_canonical"),
        (b" " + LEAF, "not_canonical"),
        (LEAF.replace(b'"index":7', b'"index":07'), "not_canonical"),
        (LEAF.replace(b'"index":7', b'"index":-7'), "members"),
        (LEAF.replace(b'"index":7', b'"index":9007199254740992'), "index"),
        (LEAF.replace(b"aa", b"AA", 1), "members"),
        (LEAF.replace(b"aa", b"", 1), "members"),
        (LEAF.replace(b'"v":1', b'"v":true'), "members"),
        (LEAF.replace(b'"v":1', b'"v":1,"w":1'), "members"),
        (LEAF.replace(b"2026-03-01", b"2026-02-29"), "time"),
        (LEAF.replace(b"2026-03-01", b"1969-12-31"), "time"),
        (LEAF.replace(b"T08:00:00Z", b"T08:00:60Z"), "time"),
        (LEAF.replace(b"T08:00:00Z", b"-08:00:00Z"), "time"),
        (b'"' + b"x" * entry.MAX_LEAF_BYTES + b'"', "size"),
    ],
)
def test_other_bytes_are_not_a_leaf(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedLeaf) as caught:
        entry.parse_leaf(data)
    assert not isinstance(caught.value, UnknownLeafVersion)
    assert reason_of(caught) == reason


@pytest.mark.parametrize("data", [LEAF.replace(b'"v":1', b'"v":2'), b'{"sm3":"x","v":0}'])
def test_leaf_of_another_version_is_undecidable(data: bytes) -> None:
    with pytest.raises(UnknownLeafVersion) as caught:
        entry.parse_leaf(data)
    assert caught.value.fields["version"] in {0, 2}


def test_entry_zero_follows_from_the_origin() -> None:
    expected = sha256(b"creditbank/ledger/1\0bank.example/log").digest()
    assert entry.genesis_prev("bank.example/log") == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"),
        (times.MAX_TIME, "9999-12-31T23:59:59Z"),
    ],
)
def test_time_has_one_text(seconds: int, text: str) -> None:
    assert entry.format_time(seconds) == text
    assert entry.parse_time(text) == seconds


@pytest.mark.parametrize("seconds", [-1, times.MAX_TIME + 1])
def test_time_outside_the_years_is_refused(seconds: int) -> None:
    with pytest.raises(NotCanonical, match="time"):
        entry.format_time(seconds)


@pytest.mark.parametrize(
    "text",
    ["", "1969-12-31T23:59:59Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
     "2026-01-01 00:00:00Z", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00Z\n",
     "٢٠٢٦-01-01T00:00:00Z", "2026-01-01T00:00:00.0Z"],
)  # fmt: skip
def test_other_text_is_not_a_time(text: str) -> None:
    with pytest.raises(NotCanonical, match="time"):
        entry.parse_time(text)


def test_link_names_the_entry_before_unless_it_is_the_first() -> None:
    assert entry.link("learner", 1, None) == {"chain": "learner", "seq": 1}
    assert entry.link("org", 2, DIGEST) == {"chain": "org", "prev": "aa" * 32, "seq": 2}


@pytest.mark.parametrize(
    ("chain", "seq", "prev", "reason"),
    [
        ("", 1, None, "link"),
        ("x", 0, None, "link"),
        ("x", 0, DIGEST, "link"),
        ("x", 1, DIGEST, "link"),
        ("x", 2, None, "link"),
        ("x", canonical.MAX_INTEGER + 1, DIGEST, "link"),
        ("x", 2, DIGEST[1:], "digest_length"),
    ],
)
def test_link_of_another_form_is_refused(
    chain: str, seq: int, prev: bytes | None, reason: str
) -> None:
    with pytest.raises(MalformedPart) as caught:
        entry.link(chain, seq, prev)
    assert reason_of(caught) == reason
