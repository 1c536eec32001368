"""Publishes what a test bank has recorded, and makes documents of it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from creditbank.clients.signing import InstitutionSigner
from creditbank.domain.verification import Report, verify
from creditbank.ledger.checkpoint import format_checkpoint, sign_checkpoint
from creditbank.ledger.keys import KeyType, VerifierKey
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.suite import Ed25519Signer, MlDsa44Signer
from creditbank.ledger.treehead import TreeHead
from creditbank.services import proving
from creditbank.storage import keyring, loading, reading
from creditbank.storage.reading import Connection
from creditbank.storage.tilestore import Cache
from tests import factories
from tests.banks import ORIGIN, SCHOOL, TestBank
from tests.proof_scene import LEARNER

Document = dict[str, Any]


@dataclass(slots=True)
class Desk:
    """A bank with its own signing keys at hand."""

    bank: TestBank
    cache: Cache = field(default_factory=OrderedDict)

    @property
    def log_signers(self) -> list[NoteSigner]:
        seeds = keyring.load_signing_keys(self.bank.keys)
        return [
            NoteSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(seeds.ed25519)),
            NoteSigner(ORIGIN, KeyType.MLDSA44, MlDsa44Signer(seeds.mldsa44)),
        ]

    @property
    def signer(self) -> NoteSigner:
        return proving.account_head_signer(ORIGIN, self.bank.keys)

    @property
    def keys(self) -> list[VerifierKey]:
        return [*(signer.key for signer in self.log_signers), self.signer.key]

    def checkpoint(self, *, only_committed: bool = False) -> bytes:
        """Return the signed checkpoint of the newest commit."""
        head = self.bank.database.read_sync(loading.read_head)
        signers = self.log_signers[:1] if only_committed else self.log_signers
        tree = TreeHead(head.origin, head.size, head.root)
        return format_checkpoint(sign_checkpoint(tree, signers, at=head.at))

    def publish(self) -> int:
        """Publish the newest commit; return its size."""
        note = self.checkpoint()

        def write(connection: Connection) -> int:
            head = loading.read_head(connection)
            reading.add_checkpoint(connection, head.size, head.at, note)
            return head.size

        return self.bank.database.write_sync(write)

    def receipt(self, index: int, visible: frozenset[str] = LEARNER, **more: Any) -> Document:
        return self.bank.database.read_sync(
            lambda connection: proving.receipt(
                connection, self.bank.bank.keyring, index, visible, self.cache, **more
            )
        )

    def statement(self, account: str, visible: frozenset[str] = LEARNER, **more: Any) -> Document:
        return self.bank.database.read_sync(
            lambda connection: proving.statement(
                connection,
                self.bank.bank.keyring,
                account,
                visible,
                self.cache,
                signer=self.signer,
                **more,
            )
        )

    def verify(self, document: Document, **more: Any) -> Report:
        return verify(document, self.keys, **more)

    # --- an institution that signs

    def signer_of(self, org: str = SCHOOL, kid: str = "k1", seed: int = 4) -> InstitutionSigner:
        return InstitutionSigner.from_seed(bytes([seed]) * 32, log=ORIGIN, org=org, kid=kid)

    def register(self, *signers: InstitutionSigner, version: str = "2", **more: Any) -> None:
        """Publish a version of the school's register with these keys."""
        keys = [signer.public_key | {"valid_from": "2026-01-01"} for signer in signers]
        self.bank.publish(
            "institution", factories.institution(SCHOOL, version=version, keys=keys) | more
        )
