"""The published vectors hold for this program, and for a reader written from the text alone.

The reader below uses nothing of the package: `schemas/entry-v1.md`, SHA-256 and an RFC 8785
library are all it needs, which is what anyone else has.
"""

from __future__ import annotations

import json
import runpy
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import rfc8785

from creditbank.errors.ledger import MalformedLeaf, NotCanonical, UnknownLeafVersion
from creditbank.ledger import canonical, entry
from creditbank.ledger.chain import ChainHead, empty_head, extend, follow
from creditbank.ledger.merkle import CompactRange
from creditbank.ledger.proofs import check_consistency, check_inclusion

HERE, SCHEMAS = Path(__file__).parent, Path(__file__).parents[2] / "schemas"
VECTORS: dict[str, Any] = json.loads((SCHEMAS / "vectors" / "entry-v1.json").read_text("ascii"))
ENTRIES: list[dict[str, Any]] = VECTORS["chain"]["entries"]


def schema(name: str) -> jsonschema.Draft202012Validator:
    document = json.loads((SCHEMAS / "entry" / f"{name}.v1.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def test_file_is_what_the_program_writes_today() -> None:
    built = runpy.run_path(str(HERE / "entry_vectors.py"))["build"]()
    assert (SCHEMAS / "vectors" / "entry-v1.json").read_text("ascii") == built


# The reader from the text alone.


def digest(*pieces: bytes) -> bytes:
    return sha256(b"".join(pieces)).digest()


def node(hashes: list[bytes]) -> bytes:
    if len(hashes) < 2:
        return hashes[0] if hashes else digest()
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return digest(b"\x01", node(hashes[:split]), node(hashes[split:]))


def test_reader_from_the_text_finds_the_same_canonical_bytes() -> None:
    for case in VECTORS["canonical"]["accepted"]:
        assert rfc8785.dumps(case["value"]).hex() == case["hex"]


def test_reader_from_the_text_finds_the_same_log() -> None:
    prev = digest(b"creditbank/ledger/1\0", VECTORS["chain"]["origin"].encode())
    assert prev.hex() == VECTORS["chain"]["genesis_prev"]
    hashes = []
    for index, told in enumerate(ENTRIES):
        digests = {}
        for name, part in told["parts"].items():
            data = part["data"].encode()
            assert rfc8785.dumps(json.loads(data)) == data
            prefix = b"creditbank/part/1\0" + name.encode() + b"\0"
            digests[name] = digest(prefix, bytes.fromhex(part["salt"]), data).hex()
            assert digests[name] == part["digest"]
        body = digest(b"creditbank/body/1\0", rfc8785.dumps(digests)).hex()
        leaf = json.loads(told["leaf"])
        assert leaf == {
            "at": leaf["at"], "body": body, "index": index, "prev": prev.hex(), "v": 1,
        }  # fmt: skip
        assert rfc8785.dumps(leaf) == told["leaf"].encode()
        prev = digest(b"\0", told["leaf"].encode())
        hashes.append(prev)
        assert prev.hex() == told["leaf_hash"]
        assert node(hashes).hex() == told["root"]


def test_reader_from_the_text_finds_the_same_trees() -> None:
    leaves = [digest(b"\0", bytes([index])) for index in range(18)]
    for told in VECTORS["trees"]["sizes"]:
        size = told["size"]
        assert node(leaves[:size]).hex() == told["root"]
        state, start = [], 0
        for bit in reversed(range(size.bit_length())):
            if size >> bit & 1:
                state.append(node(leaves[start : start + (1 << bit)]).hex())
                start += 1 << bit
        assert state == told["state"]


def test_reader_from_the_text_finds_the_same_bodies() -> None:
    for told in VECTORS["bodies"]:
        body = digest(b"creditbank/body/1\0", rfc8785.dumps(told["digests"]))
        assert body.hex() == told["commitment"]


# This program.


def test_canonical_cases_are_decided_as_told() -> None:
    for case in VECTORS["canonical"]["accepted"]:
        assert canonical.decode(bytes.fromhex(case["hex"])) == case["value"]
    for case in VECTORS["canonical"]["refused"]:
        with pytest.raises(NotCanonical):
            canonical.decode(bytes.fromhex(case["hex"]))


def test_leaf_cases_are_decided_as_told() -> None:
    for leaf in VECTORS["leaves"]["valid"]:
        entry.parse_leaf(leaf.encode())
    for leaf in VECTORS["leaves"]["undecidable"]:
        with pytest.raises(UnknownLeafVersion):
            entry.parse_leaf(leaf.encode())
    for leaf in VECTORS["leaves"]["refused"]:
        with pytest.raises(MalformedLeaf) as caught:
            entry.parse_leaf(leaf.encode())
        assert not isinstance(caught.value, UnknownLeafVersion)


def test_times_are_as_told() -> None:
    for text, seconds in VECTORS["times"].items():
        assert (entry.format_time(seconds), entry.parse_time(text)) == (text, seconds)


def test_chain_holds_with_all_its_links() -> None:
    head, tree = empty_head(VECTORS["chain"]["origin"]), CompactRange()
    chains: dict[str, ChainHead] = {}
    for told in ENTRIES:
        head = extend(head, told["leaf"].encode())
        tree.append(head.last)
        assert tree.hashes == tuple(map(bytes.fromhex, told["state"]))
        for name in ("org_link", "learner_link"):
            if name in told["parts"]:
                value = canonical.decode(told["parts"][name]["data"].encode())
                before = chains.get(value["chain"], ChainHead(value["chain"]))
                chains[value["chain"]] = follow(before, value, head.last)
    assert {
        name: {"count": chain.count, "last": (chain.last or b"").hex()}
        for name, chain in chains.items()
    } == VECTORS["chain"]["chains"]


def test_proofs_hold() -> None:
    roots = {told["size"]: bytes.fromhex(told["root"]) for told in VECTORS["trees"]["sizes"]}
    for told in VECTORS["trees"]["inclusion"]:
        check_inclusion(
            index=told["index"], size=told["size"], root=roots[told["size"]],
            leaf_hash=entry.leaf_hash(bytes([told["index"]])),
            proof=[bytes.fromhex(each) for each in told["proof"]],
        )  # fmt: skip
    for told in VECTORS["trees"]["consistency"]:
        check_consistency(
            old=told["old"], old_root=roots[told["old"]],
            new=told["new"], new_root=roots[told["new"]],
            proof=[bytes.fromhex(each) for each in told["proof"]],
        )  # fmt: skip


def test_schemas_accept_leaves_and_links_and_refuse_others() -> None:
    leaf, org_link, learner_link = map(schema, ("leaf", "org_link", "learner_link"))
    for text in VECTORS["leaves"]["valid"]:
        leaf.validate(json.loads(text))
    links = [(learner_link, "learner_link"), (org_link, "org_link")]
    for told in ENTRIES:
        leaf.validate(json.loads(told["leaf"]))
        for validator, name in links:
            if name in told["parts"]:
                validator.validate(json.loads(told["parts"][name]["data"]))
    for validator, name in links:
        for refused in (
            {}, {"chain": "x"}, {"chain": "", "seq": 1}, {"chain": "x", "seq": 0},
            {"chain": "x", "seq": 2}, {"chain": "x", "seq": 1, "prev": "a" * 64},
            {"chain": "x", "seq": 2, "prev": "A" * 64}, {"chain": "x", "seq": 1, name: 1},
        ):  # fmt: skip
            assert not validator.is_valid(refused), refused
    for text in ('{"v":1}', VECTORS["leaves"]["undecidable"][0], "{}"):
        assert not leaf.is_valid(json.loads(text))
