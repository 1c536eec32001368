"""What one entry has to be by itself: its leaf, its parts, the columns it is looked up by.

Nothing that a row holds is trusted: on SQLite a column can hold a value of any type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from creditbank.domain import kinds
from creditbank.errors import N_, CreditBankError
from creditbank.ledger import entry
from creditbank.ledger.audit import Findings
from creditbank.ledger.parts import PartReader, ReadPart
from creditbank.ledger.suite import HASH_BYTES
from creditbank.storage.keyring import Keyring
from creditbank.storage.sealing import CLEAR_PARTS, Key
from creditbank.storage.sealing import _context as seal_context

UNREADABLE = (
    CreditBankError, AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError,
    AssertionError,
)  # fmt: skip
"""What reading a row, or folding it, may raise if it is not what the program writes."""


class EntryTuple(NamedTuple):
    """A row of `entries`, in column order."""

    entry_index: int
    at: int
    body: bytes
    leaf_hash: bytes
    org: str
    org_seq: int
    source: bytes
    open: bytes
    person_digest: bytes | None
    learner_link_digest: bytes | None
    attest_digest: bytes | None
    actor_digest: bytes | None
    sealed: bytes | None
    sealed_ref: int | None
    actor_sealed: bytes | None
    actor_ref: int | None


_REQUIRED = (int, int, bytes, bytes, str, int, bytes, bytes)
_OPTIONAL = (bytes, bytes, bytes, bytes, bytes, int, bytes, int)


class Read(NamedTuple):
    """An entry as read. `private` is None where it was erased or does not open."""

    act: dict[str, Any]
    link: dict[str, Any]
    private: dict[str, ReadPart]
    key_id: int | None


class EntryChecks:
    """Checks entries one after the other; what it finds goes to `found`."""

    def __init__(self, keyring: Keyring, reader: PartReader, found: Findings) -> None:
        self._keyring = keyring
        self._reader = reader
        self.found = found
        self._shapes: set[tuple[type, ...]] = set()

    def is_shaped(self, row: EntryTuple) -> bool:
        """Return whether every column holds a value of its type, and report if not."""
        shape = tuple(map(type, row))
        if shape not in self._shapes:
            required, optional = shape[: len(_REQUIRED)], shape[len(_REQUIRED) :]
            if required != _REQUIRED or any(
                kind not in {given, type(None)}
                for kind, given in zip(optional, _OPTIONAL, strict=True)
            ):
                self._report("columns", row, N_("the row holds a value of another type"))
                return False
            self._shapes.add(shape)
        if len(row.leaf_hash) != HASH_BYTES:
            self._report("leaves", row, N_("the leaf hash has not 32 bytes"))
            return False
        return True

    def check_leaf(self, row: EntryTuple, prev: bytes | None) -> None:
        """Report unless the stored leaf hash is that of the entry, after the leaf `prev`."""
        if prev is None:
            return
        try:
            leaf = entry.format_leaf(at=row.at, body=row.body, index=row.entry_index, prev=prev)
        except UNREADABLE:
            self._report("leaves", row, N_("the entry has no leaf: its time or body cannot be"))
            return
        if entry.leaf_hash(leaf) != row.leaf_hash:
            self._report(
                "leaves",
                row,
                N_("the leaf does not hash to what is stored: it or the one before it was changed"),
            )

    def check_clear(self, row: EntryTuple) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return `act` and `org_link`, None if they cannot be read; report what is wrong."""
        try:
            parts = self._reader.read(row.open)
            act, link = parts["act"].value, parts["org_link"].value
            digests = {name: entry.part_digest(name, one[0], one[1]) for name, one in parts.items()}
            digests |= _learner_digests(row)
            if row.actor_digest is not None:
                digests["actor"] = row.actor_digest
            body = entry.body_commitment(digests)
            said = (act.get("org"), act.get("source"), link.get("chain"), link.get("seq"))
        except UNREADABLE:
            self._report("commitments", row, N_("the clear parts cannot be read"))
            return None
        if body != row.body or len(parts) != len(CLEAR_PARTS):
            self._report("commitments", row, N_("the parts are not those that were committed to"))
        if said != (row.org, row.source.hex(), row.org, row.org_seq):
            self._report(
                "columns", row, N_("organisation, place or source id differ from the entry's")
            )
        if act.get("kind") not in kinds.PARTS:
            self._report("kinds", row, N_("the entry is of a kind that this program does not know"))
        return act, link

    def open(
        self, row: EntryTuple, owner: str, sealed: bytes | None, key: Key
    ) -> dict[str, ReadPart] | None:
        """Return the parts sealed under `key` for the `owner`, learner or actor.

        None if they do not open or are not those that the entry committed to, which is reported.
        """
        try:
            data = key.cipher.unseal(sealed or b"", seal_context(owner, row.entry_index))
            parts = self._reader.read(data)
        except UNREADABLE:
            self._report("commitments", row, N_("a private part does not open under its key"))
            return None
        found = {name: entry.part_digest(name, one[0], one[1]) for name, one in parts.items()}
        expected = _learner_digests(row) if owner == "learner" else {"actor": row.actor_digest}
        if found != expected:
            for name in sorted(found.keys() | expected.keys()):
                if found.get(name) != expected.get(name):
                    message = N_("part {part} is another one")
                    self._report("commitments", row, message, part=name)
            return None
        return parts

    def check_source(
        self, row: EntryTuple, act: dict[str, Any], person: dict[str, Any] | None
    ) -> None:
        """Report if the source id is not the one that the entry's own content makes.

        For kinds whose source id is drawn by chance nothing can be told.
        """
        try:
            source = _SOURCES.get(act["kind"])
            named = source(row, act, person or {}) if source else None
        except UNREADABLE:
            self._report("idempotency", row, N_("the entry does not say what its source id is of"))
            return
        if named is not None and self._keyring.source(*named) != row.source:
            self._report(
                "idempotency", row, N_("the source id is not that of what the entry records")
            )

    def _report(self, check: str, row: EntryTuple, message: str, **fields: object) -> None:
        self.found.report(check, row.entry_index, message, **fields)


def _learner_digests(row: EntryTuple) -> dict[str, bytes]:
    """Return the digests of the parts sealed under the learner's key."""
    digests = {}
    if row.person_digest is not None:
        digests["person"] = row.person_digest
    if row.learner_link_digest is not None:
        digests["learner_link"] = row.learner_link_digest
    if row.attest_digest is not None:
        digests["attest"] = row.attest_digest
    return digests


Named = tuple[str, str] | None
_SOURCES: dict[str, Callable[[EntryTuple, dict[str, Any], dict[str, Any]], Named]] = {
    "outcome/1": lambda row, _, person: (
        (row.org, person["submission"]["source_id"]) if person else None
    ),
    "account/1": lambda _, __, person: ("bank:account", person["account"]) if person else None,
    "register/1": lambda _, act, __: (
        "bank:register",
        "/".join(act["register"][name] for name in ("kind", "id", "version")),
    ),
    "batch/1": lambda _, act, __: ("bank:batch", act["batch"]["id"]),
    "grant/1": lambda _, act, __: ("bank:grant/1", act["grant"]),
    "grant_end/1": lambda _, act, __: ("bank:grant_end/1", act["grant"]),
    "genesis/1": lambda _, act, __: ("bank:genesis", act["origin"]),
}
"""Organisation and source id whose keyed hash an entry has to have, where its content tells."""
