"""What an entry is, byte by byte: parts, body commitment, leaf, and links in further chains.

A part is committed by itself with its own salt, so that each can be shown or erased alone; the
body commits to the digests of its parts, and the public leaf to the body. `schemas/entry-v1.md`
says the same for other implementations. Leaf and commitment are written by hand, because their
canonical form is known and every append passes here; tests hold them to `canonical.encode`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from creditbank.errors.ledger import MalformedLeaf, MalformedPart, NotCanonical, UnknownLeafVersion
from creditbank.ledger.canonical import MAX_INTEGER, decode
from creditbank.ledger.keys import check_key_name
from creditbank.ledger.suite import HASH_BYTES, VERSION, hash_bytes
from creditbank.ledger.times import format_time, parse_time

__all__ = [
    "MAX_LEAF_BYTES",
    "MAX_PART_BYTES",
    "PARTS",
    "SALT_BYTES",
    "Leaf",
    "Link",
    "body_commitment",
    "format_leaf",
    "format_time",
    "genesis_prev",
    "leaf_hash",
    "link",
    "parse_leaf",
    "parse_link",
    "parse_time",
    "part_digest",
]

PARTS: Final = ("act", "actor", "attest", "learner_link", "org_link", "person")
SALT_BYTES: Final = 16
MAX_LEAF_BYTES: Final = 65_535  # an entry bundle has 16-bit lengths (c2sp.org/tlog-tiles)
MAX_PART_BYTES: Final = 1 << 20

_PART_PREFIX: Final = {name: b"creditbank/part/1\0" + name.encode() + b"\0" for name in PARTS}
_BODY_PREFIX: Final = b"creditbank/body/1\0{"
_GENESIS_PREFIX: Final = b"creditbank/ledger/1\0"
_LEAF: Final = re.compile(
    rb'\{"at":"([0-9TZ:-]{20})","body":"([0-9a-f]{64})","index":(0|[1-9][0-9]{0,15}),'
    rb'"prev":"([0-9a-f]{64})","v":1\}'
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A parsed leaf: `at` in unix seconds, `body` and `prev` as 32 bytes each."""

    at: int
    body: bytes
    index: int
    prev: bytes
    v: int = VERSION


@dataclass(frozen=True, slots=True)
class Link:
    """A place in a further chain: `seq` from 1, and the leaf hash before it unless it is 1."""

    chain: str
    seq: int
    prev: bytes | None


def part_digest(name: str, salt: bytes, data: bytes) -> bytes:
    """Return the 32-byte commitment to one part.

    SHA-256 over `creditbank/part/1`, NUL, the name, NUL, the 16-byte random salt and the
    canonical bytes of the part. The caller vouches that `data` is canonical.

    Raises:
        MalformedPart: for an unknown name, another length of the salt, or a part over 1 MiB.
    """
    prefix = _PART_PREFIX.get(name)
    if prefix is None:
        raise MalformedPart(reason="name")
    if len(salt) != SALT_BYTES:
        raise MalformedPart(reason="salt_length")
    if len(data) > MAX_PART_BYTES:
        raise MalformedPart(reason="size")
    return hash_bytes(prefix + salt + data)


def body_commitment(digests: Mapping[str, bytes]) -> bytes:
    """Return the 32-byte commitment to the parts that an entry has.

    SHA-256 over `creditbank/body/1`, NUL, and the canonical object that maps the name of each
    present part to its digest in hex. Every entry has an `act`: without one it has no kind.

    Raises:
        MalformedPart: for an unknown name, a digest that has not 32 bytes, or no `act`.
    """
    if "act" not in digests:
        raise MalformedPart(reason="no_act")
    members = []
    for name in sorted(digests):
        digest = digests[name]
        if name not in _PART_PREFIX:
            raise MalformedPart(reason="name")
        if len(digest) != HASH_BYTES:
            raise MalformedPart(reason="digest_length")
        members.append(f'"{name}":"{digest.hex()}"')
    return hash_bytes(_BODY_PREFIX + ",".join(members).encode() + b"}")


def format_leaf(*, at: int, body: bytes, index: int, prev: bytes) -> bytes:
    """Return the canonical leaf `{at, body, index, prev, v}`.

    `at` is in unix seconds, `index` counts from zero, `prev` is the hash of the leaf before
    (`genesis_prev` at index 0).

    Raises:
        MalformedLeaf: if a hash has not 32 bytes or `index` is outside 0 … 2^53 - 1.
        NotCanonical: if `at` lies before 1970 or after 9999.
    """
    if len(body) != HASH_BYTES or len(prev) != HASH_BYTES:
        raise MalformedLeaf(reason="hash_length")
    if not 0 <= index <= MAX_INTEGER:
        raise MalformedLeaf(reason="index")
    return (
        f'{{"at":"{format_time(at)}","body":"{body.hex()}","index":{index},'
        f'"prev":"{prev.hex()}","v":1}}'
    ).encode()


def parse_leaf(data: bytes) -> Leaf:
    """Return the leaf whose canonical bytes are `data`.

    Raises:
        MalformedLeaf: if `format_leaf` could not have returned these bytes.
        UnknownLeafVersion: (a MalformedLeaf) if they are canonical and of another version, so
            that a verifier answers "undecidable" and not "invalid".
    """
    match = _LEAF.fullmatch(data)
    if match is None:
        raise _not_a_leaf(data)
    at, body, index, prev = match.groups()
    if int(index) > MAX_INTEGER:
        raise MalformedLeaf(reason="index")
    try:
        seconds = parse_time(at.decode())
    except NotCanonical:
        raise MalformedLeaf(reason="time") from None
    return Leaf(seconds, bytes.fromhex(body.decode()), int(index), bytes.fromhex(prev.decode()))


def _not_a_leaf(data: bytes) -> MalformedLeaf:
    if len(data) > MAX_LEAF_BYTES:
        return MalformedLeaf(reason="size")
    try:
        value = decode(data)
    except NotCanonical:
        return MalformedLeaf(reason="not_canonical")
    version = value.get("v") if isinstance(value, dict) else None
    if type(version) is int and version != VERSION:
        return UnknownLeafVersion(version=version)
    return MalformedLeaf(reason="members")


def leaf_hash(leaf: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ leaf), RFC 6962 section 2.1: the chain's link and the tree's leaf."""
    return hash_bytes(b"\0" + leaf)


def genesis_prev(origin: str) -> bytes:
    """Return the `prev` of entry 0: SHA-256 over `creditbank/ledger/1`, NUL and the origin.

    Raises:
        MalformedKey: if the origin could not be the name of the log's key.
    """
    return hash_bytes(_GENESIS_PREFIX + check_key_name(origin).encode())


def link(chain: str, seq: int, prev: bytes | None) -> dict[str, object]:
    """Return the value of a `learner_link` or `org_link`: place `seq` in `chain`.

    `seq` starts at 1, where `prev` is absent; later it is the leaf hash of the last entry of
    that chain.

    Raises:
        MalformedPart: for an empty chain name, or a `prev` missing, too much or too short.
    """
    if not chain or not 1 <= seq <= MAX_INTEGER or (seq == 1) != (prev is None):
        raise MalformedPart(reason="link")
    if prev is None:
        return {"chain": chain, "seq": seq}
    if len(prev) != HASH_BYTES:
        raise MalformedPart(reason="digest_length")
    return {"chain": chain, "prev": prev.hex(), "seq": seq}


def parse_link(value: object) -> Link:
    """Return the link whose value, a decoded `learner_link` or `org_link`, this is.

    Raises:
        MalformedPart: if `link` could not have returned it.
    """
    if not isinstance(value, dict):
        raise MalformedPart(reason="link")
    chain, seq, prev = value.get("chain"), value.get("seq"), value.get("prev")
    if type(chain) is not str or type(seq) is not int:
        raise MalformedPart(reason="link")
    try:
        parsed = Link(chain, seq, None if prev is None else bytes.fromhex(prev))
    except (TypeError, ValueError):
        raise MalformedPart(reason="link") from None
    if link(chain, seq, parsed.prev) != value:  # other members, or another form of the hash
        raise MalformedPart(reason="link")
    return parsed
