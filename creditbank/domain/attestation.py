"""Attestations: an institution signs what it submits, one signature for a batch.

The signature is over the root of a Merkle tree of salted item digests, so that each entry can show
that it was among what was signed without showing the others. An item is the submission as the
`person` part keeps it and a commitment to the learner: afterwards the bank can neither invent nor
reassign a posting, nor the institution deny one. `schemas/proof-v1.md` has every byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from pydantic import ValidationError

from creditbank.domain.attest_forms import ATTEST
from creditbank.domain.identifiers import read_document
from creditbank.domain.registers.institution import Institution, SigningKey
from creditbank.domain.submissions import SUBMISSION_SCHEMA
from creditbank.errors.ledger import MalformedPart, MalformedProof, SignatureInvalid
from creditbank.ledger import canonical
from creditbank.ledger.entry import SALT_BYTES, leaf_hash
from creditbank.ledger.merkle import node_hash
from creditbank.ledger.proofs import (
    Proof,
    ReadNode,
    prove_inclusion,
    root_from_inclusion,
    subtree_root,
)
from creditbank.ledger.suite import Signer, hash_bytes, verify_ed25519, verify_mldsa44
from creditbank.ledger.wire import decode_base64, encode_base64

_LEARNER: Final = b"creditbank/attest/learner/1\0"
_ITEM: Final = b"creditbank/attest/item/1\0"
_BATCH: Final = b"creditbank/attest/batch/1\0"

_VERIFIERS: Final[dict[str, Callable[[bytes, bytes, bytes], None]]] = {
    "ed25519": verify_ed25519,
    "ml-dsa-44": verify_mldsa44,
}


@dataclass(frozen=True, slots=True)
class Attestation:
    """A signature over `size` items, and the proof that the item at `index` is one of them."""

    alg: str
    kid: str
    sig: bytes
    index: int
    size: int
    path: Proof
    salt: bytes
    learner: bytes

    def part(self) -> dict[str, Any]:
        """Return the value of the `attest` part."""
        return {
            "alg": self.alg,
            "kid": self.kid,
            "sig": encode_base64(self.sig),
            "index": self.index,
            "size": self.size,
            "path": [node.hex() for node in self.path],
            "salt": self.salt.hex(),
            "learner": self.learner.hex(),
        }

    def submitted(self, learner_salt: bytes) -> dict[str, Any]:
        """Return the member `attest` of a submission."""
        value = self.part()
        del value["learner"]
        return value | {"learner_salt": learner_salt.hex()}


def parse_attestation(value: object) -> Attestation:
    """Return the attestation whose `part` is `value`.

    Raises:
        MalformedPart: if it is of another form.
    """
    try:
        checked = ATTEST.validate_python(value)
        return _attestation(checked, bytes.fromhex(checked["learner"]))
    except ValidationError:
        raise MalformedPart(reason="attest") from None


def submitted_attestation(value: dict[str, Any], learner: dict[str, Any]) -> Attestation:
    """Return the attestation of a submission that names this `learner`.

    `value` was validated as `AttestIn`, `learner` as part of the submission. Raises
    InvalidDocument.
    """
    salt = bytes.fromhex(value["learner_salt"])
    return _attestation(value, learner_commitment(learner, salt))


def _attestation(value: dict[str, Any], learner: bytes) -> Attestation:
    return Attestation(
        alg=value["alg"],
        kid=value["kid"],
        sig=decode_base64(value["sig"]),
        index=value["index"],
        size=value["size"],
        path=tuple(bytes.fromhex(node) for node in value["path"]),
        salt=bytes.fromhex(value["salt"]),
        learner=learner,
    )


@dataclass(frozen=True, slots=True)
class Item:
    """What is signed of one posting: the submission's normal form and the learner's commitment."""

    submission: dict[str, Any]
    learner: bytes
    salt: bytes

    @property
    def digest(self) -> bytes:
        """The salted digest (32 bytes). Raises NotCanonical for what no submission can hold."""
        value = {
            "learner": self.learner.hex(),
            "schema": SUBMISSION_SCHEMA,
            "submission": self.submission,
        }
        return hash_bytes(_ITEM + self.salt + canonical.encode_checked(value))


def learner_commitment(learner: dict[str, Any], salt: bytes) -> bytes:
    """Return the commitment (32 bytes) to the learner whom a submission names.

    Of an identity document its normal form counts, otherwise the account. The salt (16 bytes)
    stays with institution and bank: with it, numbers could be guessed.
    Raises InvalidDocument.
    """
    if len(salt) != SALT_BYTES:
        raise MalformedPart(reason="salt_length")
    if "account" in learner:
        reference = {"account": learner["account"]}
    else:
        reference = read_document(learner["document"])
    return hash_bytes(_LEARNER + salt + canonical.encode_checked(reference))


def signed_bytes(*, log: str, org: str, root: bytes, size: int) -> bytes:
    """Return what an institution signs for a batch of `size` items with this root.

    `log` is the origin of the bank it is meant for, so that it means nothing at another one.
    """
    value = {"log": log, "org": org, "root": root.hex(), "size": size}
    return _BATCH + canonical.encode_checked(value)


def sign_items(
    items: Sequence[Item], *, log: str, org: str, kid: str, alg: str, signer: Signer
) -> list[Attestation]:
    """Return an attestation for each item, in order, all under one signature."""
    if not items:
        return []
    read, size = _tree([item.digest for item in items]), len(items)
    root = subtree_root(read, 0, size)
    sig = signer.sign(signed_bytes(log=log, org=org, root=root, size=size))
    return [
        Attestation(
            alg, kid, sig, index, size, prove_inclusion(read, index, size), item.salt, item.learner
        )
        for index, item in enumerate(items)
    ]


def _tree(digests: Sequence[bytes]) -> ReadNode:
    """Return how to read the complete subtrees over `digests`."""
    levels = [[leaf_hash(digest) for digest in digests]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[at - 1], below[at]) for at in range(1, len(below), 2)])
    return lambda level, index: levels[level][index]


def attested_root(attestation: Attestation, item: Item) -> bytes:
    """Return the root that `item` stands under at the place that its attestation says.

    Raises:
        MalformedProof: if there is no such place.
    """
    return root_from_inclusion(
        index=attestation.index,
        size=attestation.size,
        leaf_hash=leaf_hash(item.digest),
        proof=attestation.path,
    )


def check_attestation(  # everything that the signature speaks of
    attestation: Attestation, root: bytes, *, log: str, org: str, key: SigningKey
) -> None:
    """Return if the institution's `key` signed a batch with this root for the log `log`.

    Raises:
        SignatureInvalid: if it did not, or the key is for another algorithm.
    """
    message = signed_bytes(log=log, org=org, root=root, size=attestation.size)
    if attestation.alg != key.alg or not _holds(key.alg, key.public, attestation.sig, message):
        raise SignatureInvalid(reason="attestation")


@lru_cache(maxsize=256)  # the items of a batch share one signature
def _holds(alg: str, public: str, sig: bytes, message: bytes) -> bool:
    try:
        _VERIFIERS[alg](bytes.fromhex(public), sig, message)
    except (SignatureInvalid, ValueError):
        return False
    return True


def institution_key(institution: Institution, kid: str, on: date) -> SigningKey | None:
    """Return the institution's key of this id if it is valid on the civil date `on`."""
    for key in institution.keys:
        if key.kid == kid and key.in_force(on):
            return key
    return None


def attestation_fault(
    value: object,
    submission: dict[str, Any],
    *,
    log: str,
    org: str,
    institution: Institution | None,
    on: date,
) -> str | None:
    """Return what is wrong with a recorded `attest` part; None if it holds.

    For an audit: `institution` is the register version by which the entry was judged on the civil
    date `on`. The reason is `form`, `key`, `place` or `signature`.
    """
    try:
        attestation = parse_attestation(value)
        key = institution_key(institution, attestation.kid, on) if institution else None
        if key is None:
            return "key"
        item = Item(submission, attestation.learner, attestation.salt)
        root = attested_root(attestation, item)
        check_attestation(attestation, root, log=log, org=org, key=key)
    except MalformedPart:
        return "form"
    except MalformedProof:
        return "place"
    except SignatureInvalid:
        return "signature"
    return None
