"""A small log in memory: entries with parts, checkpoints, receipts and statements. No database."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from creditbank.domain.attestation import Item, learner_commitment, sign_items
from creditbank.domain.registers import parse_register
from creditbank.domain.submissions import OUTCOME, normal_form
from creditbank.domain.verification import RECEIPT, STATEMENT, Report, Result
from creditbank.ledger import canonical, entry
from creditbank.ledger.account_head import AccountHead, account_head_key_name, sign_account_head
from creditbank.ledger.checkpoint import Checkpoint, sign_checkpoint
from creditbank.ledger.keys import KeyType, VerifierKey
from creditbank.ledger.merkle import node_hash
from creditbank.ledger.note import NoteSigner, add_signatures, format_note, sign_note
from creditbank.ledger.proofs import prove_inclusion, subtree_root
from creditbank.ledger.receipt import Receipt, format_receipt
from creditbank.ledger.suite import Ed25519Signer, MlDsa44Signer, hash_bytes
from creditbank.ledger.treehead import TreeHead
from tests import factories

ORIGIN = "bank.example/log"
AT = 1_782_000_000  # 2026-06-21
SCHOOL = factories.organisation_code(1)
ALICE, BOB = "la-aaaaaaaaaaaaaaaa", "la-bbbbbbbbbbbbbbbb"
LEARNER = frozenset({"act", "attest", "learner_link", "person"})
ED25519 = NoteSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(b"\1" * 32))
MLDSA44 = NoteSigner(ORIGIN, KeyType.MLDSA44, MlDsa44Signer(b"\2" * 32))
ACCOUNTS = NoteSigner(account_head_key_name(ORIGIN), KeyType.ED25519, Ed25519Signer(b"\3" * 32))
WITNESSES = tuple(
    NoteSigner(f"w{number}.example", KeyType.COSIGNATURE, Ed25519Signer(bytes([number]) * 32))
    for number in (11, 12, 13)
)
INSTITUTION_KEY = Ed25519Signer(b"\4" * 32)
KEYS = (ED25519.key, MLDSA44.key, ACCOUNTS.key)
Document = dict[str, Any]


def mldsa_key(name: str, seed: int) -> VerifierKey:
    """Return an ML-DSA-44 key."""
    return NoteSigner(name, KeyType.MLDSA44, MlDsa44Signer(bytes([seed]) * 32)).key


@dataclass(slots=True)
class Recorded:
    """An entry: its leaf and its parts with their salts."""

    leaf: bytes
    parts: dict[str, tuple[bytes, Any]]

    @property
    def digests(self) -> dict[str, bytes]:
        return {
            name: entry.part_digest(name, salt, canonical.encode(value))
            for name, (salt, value) in self.parts.items()
        }

    def document(self, visible: Iterable[str]) -> Document:
        shown = {name: part for name, part in self.parts.items() if name in set(visible)}
        return {
            "leaf": self.leaf.decode(),
            "leaf_hash": entry.leaf_hash(self.leaf).hex(),
            "parts": {
                name: {"salt": salt.hex(), "value": copy.deepcopy(value)}
                for name, (salt, value) in shown.items()
            },
            "digests": {name: digest.hex() for name, digest in self.digests.items()},
        }


@dataclass
class Log:
    """A log of `origin`; `add` appends, `receipt` and `statement` make documents."""

    origin: str = ORIGIN
    at: int = AT
    entries: list[Recorded] = field(default_factory=list)
    chains: dict[str, list[int]] = field(default_factory=dict)
    registers: list[tuple[int, Document]] = field(default_factory=list)

    @cached_property
    def levels(self) -> list[list[bytes]]:
        return [[]]

    def hash(self, index: int) -> bytes:
        return self.levels[0][index]

    def read(self, level: int, index: int) -> bytes:
        if level == 0:
            return self.hash(index)
        return node_hash(self.read(level - 1, 2 * index), self.read(level - 1, 2 * index + 1))

    def add(
        self,
        kind: str,
        act: Document,
        *,
        org: str = SCHOOL,
        account: str | None = None,
        **parts: Any,
    ) -> int:
        """Append an entry and return its index; parts that are None are left out."""
        index = len(self.entries)
        source = sha256(f"source {index}".encode()).hexdigest()
        values: Document = {
            "act": {"kind": kind, "org": org, "source": source} | act,
            "org_link": self._link(org, index),
            "actor": {"token": "token-1"},
        }
        if account is not None:
            values["learner_link"] = self._link(account, index)
        values |= {name: value for name, value in parts.items() if value is not None}
        salted = {
            name: (sha256(f"{index} {name}".encode()).digest()[:16], value)
            for name, value in values.items()
            if value is not None
        }
        prev = self.hash(index - 1) if index else entry.genesis_prev(self.origin)
        recorded = Recorded(b"", salted)
        recorded.leaf = entry.format_leaf(
            at=self.at, body=entry.body_commitment(recorded.digests), index=index, prev=prev
        )
        self.entries.append(recorded)
        self.levels[0].append(entry.leaf_hash(recorded.leaf))
        return index

    def _link(self, chain: str, index: int) -> Document:
        places = self.chains.setdefault(chain, [])
        prev = self.hash(places[-1]) if places else None
        places.append(index)
        return entry.link(chain, len(places), prev)

    # --- what is recorded

    def genesis(self) -> int:
        act = {"origin": self.origin, "suite": 1, "keys": []}
        return self.add("genesis/1", act, org="bank", actor=None)

    def institution(self, org: str = SCHOOL, **more: Any) -> int:
        """Publish an institution with the key `k1`."""
        key = {
            "kid": "k1",
            "alg": "ed25519",
            "public": INSTITUTION_KEY.public.hex(),
            "valid_from": "2026-01-01",
        }
        document = factories.institution(org, **({"keys": [key]} | more))
        register = parse_register("institution", document)
        content = register.document()
        named = {
            "kind": "institution",
            "id": org,
            "version": register.version,
            "digest": hash_bytes(canonical.encode(content)).hex(),
            "valid_from": register.valid_from.isoformat(),
        }
        index = self.add("register/1", {"register": named}, org="bank", actor=None)
        self.registers.append((index, content))
        return index

    def account(self, account: str = ALICE) -> int:
        person = {
            "account": account,
            "legal_basis": "statutory_duty",
            "notice": "1",
            "document_kind": "resident_id",
        }
        return self.add("account/1", {}, account=account, person=person)

    def outcome(
        self,
        account: str = ALICE,
        outcome: str = "0" * 32,
        *,
        award: bool = True,
        corrects: Document | None = None,
        signed: bool = False,
        **act: Any,
    ) -> int:
        """Record an outcome; `signed` by the institution's key `k1`."""
        posted = OUTCOME.validate_python(factories.course(f"c{len(self.entries)}", 1))
        submission = normal_form(posted) | ({"corrects": corrects} if corrects else {})
        person = {
            "account": account,
            "schema": "outcome-submission/1",
            "submission": submission,
            "subject": "academic_course:x",
            "title": "高等数学",
            "stages": [],
            "attempts": [],
        }
        members: Document = {
            "type": "academic_course",
            "outcome": outcome,
            "verification": "issuer",
        }
        if award:
            credits_ = [{"system": "cn-18", "amount": "4.00"}]
            members["award"] = {
                "credits": credits_,
                "hours": {"theory": "72.00", "practice": "0.00"},
            }
        attest = self.attest(submission) if signed else None
        return self.add("outcome/1", members | act, account=account, person=person, attest=attest)

    def attest(
        self, submission: Document, *, log: str | None = None, org: str = SCHOOL
    ) -> Document:
        """Return the attest part over a submission that was third in a batch of five."""
        learner = learner_commitment({"account": ALICE}, b"l" * 16)
        others = [Item({"n": number}, learner, bytes([number]) * 16) for number in range(4)]
        items = [*others[:2], Item(submission, learner, b"s" * 16), *others[2:]]
        signed = sign_items(
            items,
            log=log or self.origin,
            org=org,
            kid="k1",
            alg="ed25519",
            signer=INSTITUTION_KEY,
        )
        return signed[2].part()

    def revoke(self, target: int, account: str = ALICE, outcome: str = "0" * 32, **act: Any) -> int:
        named = {"log": self.origin, "index": target, "hash": self.hash(target).hex()}
        person = {"account": account, "reason": "录入有误"}
        members = {"target": named, "outcome": outcome} | act
        return self.add("revocation/1", members, account=account, person=person)

    # --- what is shown

    def checkpoint(
        self,
        size: int | None = None,
        *,
        signers: Sequence[NoteSigner] = (ED25519, MLDSA44),
        witnesses: Sequence[NoteSigner] = (),
    ) -> Checkpoint:
        size = len(self.entries) if size is None else size
        head = TreeHead(self.origin, size, subtree_root(self.read, 0, size))
        made = sign_checkpoint(head, signers, at=self.at + 60)
        for witness in witnesses:
            lines = sign_note(made.note.text, [witness], at=self.at + 90).signatures
            made = Checkpoint(head, add_signatures(made.note, lines))
        return made

    def receipt(
        self,
        index: int,
        visible: Iterable[str] = LEARNER,
        *,
        checkpoint: Checkpoint | None = None,
        registers: bool = True,
    ) -> Document:
        checkpoint = checkpoint or self.checkpoint()
        proof = prove_inclusion(self.read, index, checkpoint.head.size)
        text = format_receipt(Receipt(index, proof, checkpoint)).decode()
        document = {"format": RECEIPT, **self.entries[index].document(visible), "proof": text}
        return document | (self._evidence(checkpoint) if registers and self.registers else {})

    def proven(self, index: int, visible: Iterable[str], size: int) -> Document:
        proof = prove_inclusion(self.read, index, size)
        document = self.entries[index].document(visible)
        return document | {"proof": [node.hex() for node in proof]}

    def _evidence(self, checkpoint: Checkpoint) -> Document:
        size = checkpoint.head.size
        return {
            "registers": [
                self.proven(index, {"act"}, size) | {"document": copy.deepcopy(document)}
                for index, document in self.registers
                if index < size
            ]
        }

    def head(self, account: str, size: int, **more: Any) -> AccountHead:
        places = [index for index in self.chains[account] if index < size]
        members: Document = {
            "origin": self.origin,
            "chain": account,
            "count": len(places),
            "last": self.hash(places[-1]),
            "size": size,
            "root": subtree_root(self.read, 0, size),
        }
        return AccountHead(**(members | more))

    def statement(
        self,
        account: str = ALICE,
        visible: Iterable[str] = LEARNER,
        *,
        checkpoint: Checkpoint | None = None,
        signer: NoteSigner = ACCOUNTS,
        **head: Any,
    ) -> Document:
        checkpoint = checkpoint or self.checkpoint()
        size = checkpoint.head.size
        note = sign_account_head(self.head(account, size, **head), signer)
        document: Document = {
            "format": STATEMENT,
            "checkpoint": format_note(checkpoint.note).decode(),
            "account_head": format_note(note).decode(),
            "entries": [
                self.proven(index, visible, size) for index in self.chains[account] if index < size
            ],
        }
        return document | (self._evidence(checkpoint) if self.registers else {})


def to_bytes(document: Document) -> bytes:
    """Return a document without any white space, so that each of its bytes says something."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def standard_log() -> Log:
    """Return a log with two learners: genesis, a register, accounts, outcomes."""
    log = Log()
    log.genesis()  # 0
    log.institution()  # 1
    log.account(ALICE)  # 2
    log.account(BOB)  # 3
    log.outcome(ALICE, "a" * 32, signed=True)  # 4
    log.outcome(BOB, "b" * 32)  # 5
    log.outcome(ALICE, "c" * 32)  # 6
    return log


def as_good(changed: Report, report: Report) -> bool:
    """Return whether a report says as much as another, which is of a valid document."""
    return changed.result is Result.VALID and (changed.entries, changed.signed_by) == (
        report.entries,
        report.signed_by,
    )
