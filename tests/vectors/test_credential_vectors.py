"""Published signed credentials: ours verify them, and make the same bytes from the same keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from openvc.multibase import decode_multibase

from creditbank.credentials import contexts, proofs, signing, status
from creditbank.credentials.signing import Key
from creditbank.domain.certifying import Purpose
from creditbank.errors.ledger import SignatureInvalid
from creditbank.ledger.times import parse_time

_DATA = Path(__file__).parent / "data" / "credentials"
_EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"

# W3C vc-di-eddsa, TestVectors/keyPair.json; Open Badges 3.0, implementation guide.
W3C_SEED = decode_multibase("z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq")[2:]
ONE_EDTECH_SEED = bytes.fromhex("6241a409e6707bb640a0140a8a32bc3d193c33a661747284d6adfa4ed4180be4")
ONE_EDTECH_ISSUER = "https://example.edu/issuers/565049"

VECTORS = {
    "w3c-eddsa-jcs-2022": Key(W3C_SEED),
    "w3c-eddsa-rdfc-2022": Key(W3C_SEED),
    "1edtech-open-badge": Key(ONE_EDTECH_SEED, ONE_EDTECH_ISSUER),
}


@pytest.fixture(autouse=True)
def _with_the_context_of_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve W3C's context of examples, which gives any term a meaning and is not installed."""
    installed = contexts.documents

    def documents(urls: Iterable[str]) -> Mapping[str, dict[str, Any]]:
        wanted = set(urls)
        found = dict(installed(wanted - {_EXAMPLES}))
        if _EXAMPLES in wanted:
            vocabulary = "https://www.w3.org/ns/credentials/examples#"
            found[_EXAMPLES] = {"@context": {"@vocab": vocabulary}}
        return found

    monkeypatch.setattr(contexts, "documents", documents)


def _read(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    document = json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))
    proof = document.pop("proof")
    return document, proof


@pytest.mark.parametrize(("name", "key"), VECTORS.items())
def test_published_proofs_hold_and_cover_everything(name: str, key: Key) -> None:
    document, proof = _read(name)
    proofs.check_proof(document, proof, key.public)
    proofs.check_coverage(document, proof)
    with pytest.raises(SignatureInvalid):
        proofs.check_proof({**document, "name": "another"}, proof, key.public)
    with pytest.raises(SignatureInvalid):
        proofs.check_proof(document, proof, Key(bytes(32)).public)


@pytest.mark.parametrize(("name", "key"), VECTORS.items())
def test_the_same_key_makes_the_same_proof(name: str, key: Key) -> None:
    document, proof = _read(name)
    assert key.id == proof["verificationMethod"]
    made = signing.countersign(document, key, parse_time(proof["created"]), proof["cryptosuite"])
    assert made == proof


def test_contexts_are_the_published_bytes() -> None:
    # W3C VC 2.0, appendix B.1, and the notes of the packages that bring the others.
    assert contexts.digest_of(contexts.CREDENTIALS) == (
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"
    )
    assert contexts.digest_of(contexts.OPEN_BADGES) == (
        "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84"
    )
    assert contexts.digest_of(contexts.CLR) == (
        "880f1902d4158f2f33ce06af41b90719977cd1ea337a9de2e41edb3ff5e543d6"
    )


def test_our_context_is_frozen() -> None:
    url = contexts.own_url("https://bank.example")
    assert contexts.digest_of(url) == contexts.OWN_DIGEST
    assert json.loads(contexts.own_bytes()) == contexts.documents([url])[url]


def test_the_empty_list_of_the_recommendation_is_read() -> None:
    # W3C Bitstring Status List 1.0, section 2.2: 131,072 positions, none of them set.
    document = {
        "credentialSubject": {
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": (
                "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
            ),
        }
    }
    for position in (0, 1, status.POSITIONS - 1):
        assert not status.read_bit(document, Purpose.REVOCATION, position)
