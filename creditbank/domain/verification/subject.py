"""What is verified, as it was read: entries with what they show, and the notes beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from creditbank.domain.registers.faults import faults_of
from creditbank.domain.verification.forms import DOCUMENTS, RECEIPT, read_json
from creditbank.domain.verification.report import EntryReport
from creditbank.errors.ledger import MalformedCheckpoint, MalformedNote, MalformedReceipt
from creditbank.errors.verification import MalformedAccountHead, MalformedDocument
from creditbank.ledger.account_head import SignedAccountHead, read_account_head
from creditbank.ledger.checkpoint import Checkpoint, parse_checkpoint
from creditbank.ledger.entry import Leaf
from creditbank.ledger.proofs import Proof
from creditbank.ledger.receipt import parse_receipt

_LONGEST_SHOWN = 300
_PRIVATE = frozenset({"actor", "attest", "learner_link", "person"})


@dataclass(slots=True)
class Subject:
    """An entry as shown, and what the steps so far have found out about it.

    `leaf` and `leaf_hash` are set once the leaf held, `opened` gets the values of parts whose
    commitments held. `index_stated` is what the proof says; None if it does not say.
    """

    leaf_text: str
    leaf_hash_stated: bytes
    digests: Mapping[str, bytes]
    parts: Mapping[str, tuple[bytes, Any]]
    erased: frozenset[str]
    proof: Proof
    index_stated: int | None = None
    document: Any = None
    leaf: Leaf | None = None
    leaf_hash: bytes = b""
    opened: dict[str, Any] = field(default_factory=dict)
    kind: str | None = None
    is_included: bool = False
    report: EntryReport = field(default_factory=lambda: EntryReport(-1, ""))

    @property
    def index(self) -> int:
        """The index to name it by: the leaf's, once it could be read."""
        return self.leaf.index if self.leaf else self.report.index

    @property
    def hidden(self) -> frozenset[str]:
        """The parts that are neither shown nor said to be erased."""
        return frozenset(self.digests) - frozenset(self.parts) - self.erased


@dataclass(frozen=True, slots=True)
class Read:
    """A document as read. `registers` are entries too, shown for the keys in them."""

    kind: str
    checkpoint: Checkpoint
    entries: tuple[Subject, ...]
    registers: tuple[Subject, ...]
    account_head: SignedAccountHead | None = None

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Every entry that is shown."""
        return self.entries + self.registers


class UnknownFormat(Exception):  # a signal inside this package, never seen outside
    """The document says that it is something that this program does not know."""


def read(document: bytes | str | Mapping[str, Any]) -> Read:
    """Return what a document says; nothing is verified yet.

    Raises:
        MalformedDocument: if it is not of the published form, with the first place in `reason`.
        UnknownFormat: if it names another format, or none.
    """
    if isinstance(document, str):
        document = document.encode("utf-8", errors="surrogatepass")
    value = read_json(document) if isinstance(document, bytes) else document
    if not isinstance(value, Mapping):
        raise MalformedDocument(reason="object")
    name = value.get("format")
    if not isinstance(name, str) or name not in DOCUMENTS:
        raise UnknownFormat(plain(name) if isinstance(name, str) else "—")
    try:
        checked = DOCUMENTS[name].validate_python(dict(value))
    except ValidationError as error:
        fault = faults_of(error)[0]
        raise MalformedDocument(reason=plain(f"{fault.where} {fault.reason}")) from None
    try:
        return _receipt(checked) if name == RECEIPT else _statement(checked)
    except (MalformedReceipt, MalformedNote, MalformedCheckpoint, MalformedAccountHead) as error:
        reason = f"{error.slug} {error.fields['reason']}"
        raise MalformedDocument(reason=reason) from None


def plain(text: str) -> str:
    """Return a text of the document as it can be shown: cut, and nothing invisible in it."""
    shown = (one if one.isprintable() else f"\\u{ord(one):04x}" for one in text[:_LONGEST_SHOWN])
    return "".join(shown)


def _receipt(document: dict[str, Any]) -> Read:
    receipt = parse_receipt(document["proof"].encode())
    if receipt.extra:  # nobody has signed it, so it would look verified and not be
        raise MalformedDocument(reason="/proof extra")
    subject = _subject(document, receipt.proof, "")
    subject.index_stated = subject.report.index = receipt.index
    return Read("receipt", receipt.checkpoint, (subject,), _registers(document))


def _statement(document: dict[str, Any]) -> Read:
    return Read(
        "statement",
        parse_checkpoint(document["checkpoint"].encode()),
        tuple(
            _subject(entry, _hashes(entry["proof"]), f"/entries/{number}")
            for number, entry in enumerate(document["entries"])
        ),
        _registers(document),
        read_account_head(document["account_head"].encode()),
    )


def _registers(document: dict[str, Any]) -> tuple[Subject, ...]:
    found = []
    for number, evidence in enumerate(document.get("registers", ())):
        subject = _subject(evidence, _hashes(evidence["proof"]), f"/registers/{number}")
        subject.document = evidence["document"]
        found.append(subject)
    return tuple(found)


def _subject(entry: dict[str, Any], proof: Proof, where: str) -> Subject:
    subject = Subject(
        leaf_text=entry["leaf"],
        leaf_hash_stated=bytes.fromhex(entry["leaf_hash"]),
        digests={name: bytes.fromhex(digest) for name, digest in entry["digests"].items()},
        parts={
            name: (bytes.fromhex(part["salt"]), part["value"])
            for name, part in entry["parts"].items()
        },
        erased=frozenset(entry.get("erased", ())),
        proof=proof,
    )
    if not subject.parts.keys() <= subject.digests.keys():
        raise MalformedDocument(reason=f"{where}/parts no_digest")
    if not subject.erased <= (subject.digests.keys() - subject.parts.keys()) & _PRIVATE:
        raise MalformedDocument(reason=f"{where}/erased")
    subject.report.leaf_hash = entry["leaf_hash"]
    return subject


def _hashes(nodes: list[str]) -> Proof:
    return tuple(bytes.fromhex(node) for node in nodes)
