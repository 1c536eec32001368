"""Writes `schemas/vectors/entry-v1.json`, from which others can check their implementation.

Run `python tests/vectors/entry_vectors.py` after a change; a test compares the file with it.
What acts and persons say here is invented: only their bytes matter.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from creditbank.ledger import canonical, entry, proofs
from creditbank.ledger.merkle import CompactRange, node_hash
from creditbank.ledger.suite import Ed25519Signer

FILE = Path(__file__).parents[2] / "schemas" / "vectors" / "entry-v1.json"
ORIGIN = "bank.example/log"
AT = 1_772_352_000
LEARNER, SCHOOL, BANK = "account-1", "organisation-1", "organisation-0"

ACCEPTED = [
    {}, [], "", 0, True, False, -1, canonical.MAX_INTEGER, -canonical.MAX_INTEGER,
    {"b": [1, {"z": "", "a_1": False}], "a": "工业视觉检测", "a0": 1, "a_": 2, "aa": 3},
    'quote " backslash \\ slash / delete \x7f',
    "\b\t\n\f\r\x01\x1f", "e\u0301 is not \u00e9", "\u2028\U0001f600\ufeff", "\\u0000",
    {"amount": "1.50", "at": "2026-03-01T08:00:00Z", "on": "2026-03-01"},
]  # fmt: skip
REFUSED = {
    "null": b"null",
    "null inside": b'{"a":null}',
    "float": b"1.5",
    "float of a whole number": b"1.0",
    "exponent": b"1e2",
    "negative zero": b"-0",
    "leading zero": b"01",
    "2^53": b"9007199254740992",
    "-2^53": b"-9007199254740992",
    "larger than 64 bits": b"18446744073709551616",
    "space": b'{"a": 1}',
    "newline at the end": b"{}\n",
    "byte order mark": b"\xef\xbb\xbf{}",
    "order": b'{"b":1,"a":1}',
    "duplicate member": b'{"a":1,"a":1}',
    "upper case name": b'{"A":1}',
    "empty name": b'{"":1}',
    "name with a digit first": b'{"1a":1}',
    "name with a dash": b'{"a-b":1}',
    "name that is not ASCII": '{"é":1}'.encode(),
    "escaped slash": b'"\\/"',
    "escaped letter": b'"\\u0041"',
    "upper case escape": b'"\\u001F"',
    "long escape of a newline": b'"\\u000a"',
    "escaped pair": b'"\\ud83d\\ude00"',
    "lone surrogate": b'"\\ud800"',
    "surrogate in UTF-8": b'"\xed\xa0\x80"',
    "NUL": b'"\\u0000"',
    "raw control": b'"\x01"',
    "not UTF-8": b'"\xff"',
    "nothing": b"",
    "two values": b"{}{}",
    "65 levels": b"[" * 65 + b"]" * 65,
}


def salt(*names: object) -> bytes:
    """Return a salt that only vectors may have: real ones are random."""
    return sha256("/".join(map(str, ("vector", *names))).encode()).digest()[: entry.SALT_BYTES]


def entries() -> list[dict[str, Any]]:
    """Return the values of the parts of each entry of the chain, without links."""
    key = {"alg": "ed25519", "public": Ed25519Signer(bytes(32)).public.hex()}
    done = {"org": SCHOOL, "module": {"code": "ivi-24", "version": 1}, "lot": 1}
    return [
        {"act": {"kind": "genesis/1", "org": BANK, "origin": ORIGIN, "suite": 1, "keys": [key]}},
        {
            "act": {"kind": "outcome/1", **done, "amounts": [{"system": "s16", "amount": "1.50"}]},
            "actor": {"token": "token-1", "operator": "经办甲"},
            "person": {"account": LEARNER, "completed_on": "2026-02-28", "score": "86.00"},
        },
        {
            "act": {"kind": "certificate/1", "org": SCHOOL, "lot": 2},
            "attest": {"alg": "ed25519", "kid": "key-1", "path": "/person", "sig": "00" * 64},
            "person": {"account": LEARNER, "number": "example", "issued_on": "2026-02-28"},
        },
        {"act": {"kind": "erasure/1", "org": BANK, "entries": []}},
    ]


def chain() -> dict[str, Any]:
    """Return a short log: each entry with parts, body, leaf, hash, tree state and root."""
    tree, prev = CompactRange(), entry.genesis_prev(ORIGIN)
    links: dict[str, tuple[int, bytes]] = {}
    told = []
    for index, parts in enumerate(entries()):
        for part, name in (("org_link", parts["act"]["org"]), ("learner_link", LEARNER)):
            if part == "org_link" or "person" in parts:
                parts[part] = place(links, name)
        shown = {name: shown_part(index, name, value) for name, value in sorted(parts.items())}
        digests = {name: bytes.fromhex(part["digest"]) for name, part in shown.items()}
        body = entry.body_commitment(digests)
        leaf = entry.format_leaf(at=AT + index // 2, body=body, index=index, prev=prev)
        prev = entry.leaf_hash(leaf)
        for part in ("org_link", "learner_link"):
            if part in parts:
                links[parts[part]["chain"]] = (parts[part]["seq"], prev)
        tree.append(prev)
        told.append({
            "parts": shown, "body": body.hex(), "leaf": leaf.decode(), "leaf_hash": prev.hex(),
            "state": [node.hex() for node in tree.hashes], "root": tree.root().hex(),
        })  # fmt: skip
    return {
        "origin": ORIGIN,
        "genesis_prev": entry.genesis_prev(ORIGIN).hex(),
        "entries": told,
        "chains": {
            name: {"count": seq, "last": last.hex()} for name, (seq, last) in sorted(links.items())
        },
    }


def place(links: dict[str, tuple[int, bytes]], name: str) -> dict[str, object]:
    """Return the link of the next entry of the chain `name`."""
    if name not in links:
        return entry.link(name, 1, None)
    seq, last = links[name]
    return entry.link(name, seq + 1, last)


def shown_part(index: int, name: str, value: object) -> dict[str, str]:
    """Return salt, canonical text and digest of one part."""
    data = canonical.encode(value)
    digest = entry.part_digest(name, salt(index, name), data)
    return {"salt": salt(index, name).hex(), "data": data.decode(), "digest": digest.hex()}


def bodies() -> list[dict[str, Any]]:
    """Return commitments to `act` alone and to all six parts."""
    all_digests = {name: sha256(name.encode()).digest() for name in entry.PARTS}
    return [
        {
            "digests": {name: digest.hex() for name, digest in digests.items()},
            "commitment": entry.body_commitment(digests).hex(),
        }
        for digests in ({"act": all_digests["act"]}, all_digests)
    ]


def leaves() -> dict[str, list[str]]:
    """Return leaves that are valid by themselves, undecidable ones, and bytes that are none."""
    good = entry.format_leaf(at=AT, body=b"\xaa" * 32, index=7, prev=b"\xbb" * 32).decode()
    edges = [(0, 0), (253_402_300_799, canonical.MAX_INTEGER)]
    more = [
        entry.format_leaf(at=at, body=bytes(32), index=index, prev=bytes(32)).decode()
        for at, index in edges
    ]
    changes = [
        ('"index":7', '"index":07'), ('"index":7', '"index":-7'), ('"index":7', '"index":7.0'),
        ('"index":7', '"index":9007199254740992'), ('"index":7', '"index":"7"'),
        ("aa" * 32, "AA" * 32), ("aa" * 32, "aa" * 31), ('"v":1', '"v":true'),
        ('"v":1', '"v":1,"w":1'), ('"v":1', '"v": 1'), ("2026-03-01", "2026-02-29"),
        ("2026-03-01", "1969-12-31"), ("08:00:00", "08:00:60"), ("08:00:00", "24:00:00"),
        ("08:00:00Z", "08:00:00+00:00"), ("}", "}\n"), (',"v":1', ""),
    ]  # fmt: skip
    return {
        "valid": [good, *more],
        "undecidable": [good.replace('"v":1', '"v":2'), '{"v":0}'],
        "refused": [good.replace(old, new) for old, new in changes],
    }


def trees() -> dict[str, Any]:
    """Return states, roots and proofs of trees whose leaf i is the single byte i."""

    def read(level: int, index: int) -> bytes:
        if level == 0:
            return entry.leaf_hash(bytes([index]))
        return node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))

    def texts(hashes: tuple[bytes, ...]) -> list[str]:
        return [each.hex() for each in hashes]

    tree, sizes = CompactRange(), []
    for size in range(18):
        sizes.append({"size": size, "state": texts(tree.hashes), "root": tree.root().hex()})
        tree.append(read(0, size))
    inclusion = [
        {"index": index, "size": size, "proof": texts(proofs.prove_inclusion(read, index, size))}
        for size, index in ((1, 0), (2, 1), (7, 0), (7, 5), (7, 6), (17, 16), (17, 3))
    ]
    consistency = [
        {"old": old, "new": new, "proof": texts(proofs.prove_consistency(read, old, new))}
        for old, new in ((0, 7), (1, 2), (3, 7), (4, 7), (6, 7), (7, 7), (8, 17), (11, 17))
    ]
    return {"sizes": sizes, "inclusion": inclusion, "consistency": consistency}


def build() -> str:
    """Return the text of the vectors file."""
    times = {text: entry.parse_time(text) for text in
             ("1970-01-01T00:00:00Z", "2000-02-29T12:34:56Z", "9999-12-31T23:59:59Z")}  # fmt: skip
    document = {
        "format": "creditbank entry vectors, version 1; see ../entry-v1.md",
        "canonical": {
            "accepted": [
                {"value": value, "hex": canonical.encode(value).hex()} for value in ACCEPTED
            ],
            "refused": [{"why": why, "hex": data.hex()} for why, data in REFUSED.items()],
        },
        "times": times,
        "bodies": bodies(),
        "leaves": leaves(),
        "chain": chain(),
        "trees": trees(),
    }
    return json.dumps(document, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(build(), encoding="ascii")
