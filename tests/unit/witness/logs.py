"""Logs and witnesses in memory, for the protocol between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from creditbank.clients.witness import format_request
from creditbank.ledger.checkpoint import Checkpoint, sign_checkpoint
from creditbank.ledger.entry import leaf_hash
from creditbank.ledger.keys import KeyType, VerifierKey
from creditbank.ledger.merkle import node_hash
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.proofs import Proof, prove_consistency, subtree_root
from creditbank.ledger.suite import Ed25519Signer, MlDsa44Signer
from creditbank.ledger.treehead import TreeHead
from creditbank.storage.witness_store import WitnessStore

WITNESS = "witness.test/w1"


def seed(number: int) -> bytes:
    return number.to_bytes(32, "big")


def witness_signers(number: int = 100, name: str = WITNESS) -> list[NoteSigner]:
    """Return a witness's two keys."""
    return [
        NoteSigner(name, KeyType.COSIGNATURE, Ed25519Signer(seed(number))),
        NoteSigner(name, KeyType.MLDSA44, MlDsa44Signer(seed(number + 1))),
    ]


def make_witness(folder: Path, signers: Sequence[NoteSigner] | None = None) -> None:
    """Make the memory of a witness."""
    WitnessStore.create(folder, tuple(str(one.key) for one in signers or witness_signers()))


@dataclass
class FakeLog:
    """A log whose leaf i is the text `mark`/i; `fork` changes all leaves from there on."""

    origin: str
    seed: int
    fork: int = 2**62
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)

    @property
    def signer(self) -> NoteSigner:
        return NoteSigner(self.origin, KeyType.ED25519, Ed25519Signer(seed(self.seed)))

    @property
    def key(self) -> VerifierKey:
        return self.signer.key

    def read(self, level: int, index: int) -> bytes:
        if (level, index) not in self.nodes:
            if level:
                children = self.read(level - 1, 2 * index), self.read(level - 1, 2 * index + 1)
                self.nodes[level, index] = node_hash(*children)
            else:
                mark = "other" if index >= self.fork else "leaf"
                self.nodes[level, index] = leaf_hash(f"{mark}/{index}".encode())
        return self.nodes[level, index]

    def checkpoint(self, size: int, *, root: bytes | None = None) -> Checkpoint:
        made = subtree_root(self.read, 0, size) if root is None else root
        return sign_checkpoint(TreeHead(self.origin, size, made), [self.signer])

    def proof(self, old: int, new: int) -> Proof:
        return prove_consistency(self.read, old, new)

    def request(self, old: int, new: int) -> bytes:
        """Return the body of a correct add-checkpoint."""
        return format_request(old, self.proof(old, new), self.checkpoint(new))
