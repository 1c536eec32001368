"""Inspecting a database: the walk over entries, and the comparisons beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import sqlalchemy as sa

from creditbank.errors import N_, CreditBankError
from creditbank.errors.storage import ProtectionMissing
from creditbank.ledger import canonical, entry
from creditbank.ledger.merkle import CompactRange
from creditbank.storage import loading, protection, replaying, scratch, vault
from creditbank.storage.keyring import Keyring
from creditbank.storage.replaying import Keys
from creditbank.storage.sealing import (
    CLEAR_PARTS,
    LEARNER_PARTS,
    Part,
    StoredEntry,
    actor_parts,
    clear_parts,
    learner_parts,
)
from creditbank.storage.tables import CommitRow, DocumentRow, IdentityRow, RegisterRow, table_of

_COMMITS = table_of(CommitRow)
_DOCUMENTS = table_of(DocumentRow)
_IDENTITIES = table_of(IdentityRow)
_REGISTERS = table_of(RegisterRow)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be. `message` is a template filled from `fields`."""

    check: str
    index: int | None
    message: str
    fields: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the finding as JSON values, its message in English."""
        place = {} if self.index is None else {"index": self.index}
        return {"check": self.check, **place, "message": self.message.format(**self.fields)}


@dataclass(slots=True)
class Inspected:
    """The result of an inspection."""

    origin: str
    entries: int = 0
    erased_entries: int = 0
    root: bytes = b""
    findings: list[Finding] = field(default_factory=list)

    def report(self, check: str, index: int | None, message: str, **fields: object) -> None:
        """Add a finding."""
        self.findings.append(Finding(check, index, message, fields))


class Walk:
    """The walk over the entries, in order."""

    def __init__(
        self, connection: sa.Connection, keyring: Keyring, head: loading.Head, result: Inspected
    ) -> None:
        self._connection = connection
        self._keyring = keyring
        self._head = head
        self._result = result
        self.keys = Keys(connection, keyring)
        self._erased = vault.erasures(connection)
        self._covered: set[bytes] = set()
        self._uncovered: set[bytes] = set()
        self._prev = entry.genesis_prev(head.origin)
        self._at = 0
        self._tree = CompactRange()
        self._orgs: dict[str, tuple[int, bytes | None]] = {}
        self._learners: dict[str, tuple[int, bytes | None]] = {}
        self._commits = {row.size: row for row in connection.execute(sa.select(_COMMITS)).all()}

    def step(self, row: StoredEntry, expected_index: int) -> bool:
        """Check one entry; return whether it could be read well enough to be replayed."""
        report = self._result.report
        if row.index != expected_index:
            report(
                "leaves",
                expected_index,
                N_("the entry is missing; the next one has index {found}"),
                found=row.index,
            )
        readable = self._check_parts(row)
        self._check_leaf(row)
        return readable

    def finish(self) -> None:
        """Check what only the end of the walk can tell."""
        result, head = self._result, self._head
        result.root = self._tree.root()
        if self._tree.size != head.size:
            result.report(
                "tree",
                None,
                N_("the head says {head} entries, there are {found}"),
                head=head.size,
                found=self._tree.size,
            )
        if (head.root, head.last) != (result.root, self._prev):
            result.report("tree", None, N_("the head is not the one that the entries make"))
        if head.compact_range != self._tree.to_bytes():
            result.report("tree", None, N_("the head's right edge is not the entries' one"))
        for size in sorted(self._commits):
            result.report("tree", size, N_("a commit of size {size} has no entries"), size=size)
        listed = {digest for digest, index in self._erased.items() if index is not None}
        for digest in sorted(listed - self._covered):
            result.report(
                "erasures",
                self._erased[digest],
                N_("the entry does not list the erasure that it is said to cover"),
            )

    # --- leaves and tree

    def _check_leaf(self, row: StoredEntry) -> None:
        report = self._result.report
        leaf = entry.format_leaf(at=row.at, body=row.body, index=row.index, prev=self._prev)
        if entry.leaf_hash(leaf) != row.leaf_hash:
            report(
                "leaves",
                row.index,
                N_("the leaf does not hash to what is stored: it or the one before it was changed"),
            )
        if row.at < self._at:
            report("leaves", row.index, N_("the entry is earlier than the one before it"))
        self._prev, self._at = row.leaf_hash, row.at
        self._tree.append(row.leaf_hash)
        commit = self._commits.pop(self._tree.size, None)
        if commit is not None and commit.root != self._tree.root():
            report("tree", row.index, N_("the tree state of this commit is another one"))

    # --- parts

    def _check_parts(self, row: StoredEntry) -> bool:
        report = self._result.report
        try:
            parts = clear_parts(row)
            act = canonical.decode(parts["act"].data)
            link = canonical.decode(parts["org_link"].data)
        except (CreditBankError, KeyError, ValueError, TypeError):
            report("commitments", row.index, N_("the clear parts cannot be read"))
            return False
        digests = {
            name: entry.part_digest(name, part.salt, part.data) for name, part in parts.items()
        }
        for name in entry.PARTS:
            stored = None if name in CLEAR_PARTS else row.digest_of(name)
            if stored is not None:
                digests[name] = stored
        if entry.body_commitment(digests) != row.body:
            report("commitments", row.index, N_("the parts are not those that were committed to"))
        self._check_columns(row, act, link)
        self._check_chain(self._orgs, "organisation_chains", row, link)
        if act.get("kind") == "erasure/1":
            self._covered |= {bytes.fromhex(digest) for digest in act["erased"]}
        if act.get("kind") == "register/1":
            self._check_document(row, act)
        learner_ok = self._check_private(
            row, LEARNER_PARTS, row.sealed, row.sealed_ref, learner_parts
        )
        actor_ok = self._check_private(
            row, ("actor",), row.actor_sealed, row.actor_ref, actor_parts
        )
        return learner_ok and actor_ok

    def _check_columns(self, row: StoredEntry, act: Any, link: Any) -> None:
        said = (act.get("org"), act.get("source"), link.get("chain"), link.get("seq"))
        if said != (row.org, row.source.hex(), row.org, row.org_seq):
            self._result.report(
                "columns", row.index, N_("organisation, place or source id differ from the entry's")
            )

    def _check_chain(
        self,
        heads: dict[str, tuple[int, bytes | None]],
        check: str,
        row: StoredEntry,
        link: dict[str, Any],
    ) -> None:
        chain = link["chain"]
        count, last = heads.get(chain, (0, None))
        expected = entry.link(chain, count + 1, last)
        if link != expected:
            self._result.report(
                check,
                row.index,
                N_("the entry says it is number {seq} of its chain and follows another entry"),
                seq=link.get("seq"),
            )
        heads[chain] = (count + 1, row.leaf_hash)

    def _check_private(
        self,
        row: StoredEntry,
        names: Sequence[str],
        sealed: bytes | None,
        ref: int | None,
        opening: Callable[[StoredEntry, Any], dict[str, Part]],
    ) -> bool:
        present = [name for name in names if row.digest_of(name) is not None]
        if not present:
            return True
        key = self.keys.get(ref, row.index)
        if key is None or sealed is None:
            return self._check_erased(row, ref)
        try:
            parts = opening(row, key)
            for part in parts.values():
                canonical.decode(part.data)
        except (CreditBankError, KeyError, ValueError, TypeError):
            self._result.report(
                "commitments", row.index, N_("a private part does not open under its key")
            )
            return False
        for name in present:
            part_ = parts.get(name)
            if part_ is None or entry.part_digest(name, part_.salt, part_.data) != row.digest_of(
                name
            ):
                self._result.report(
                    "commitments", row.index, N_("part {part} is another one"), part=name
                )
                return False
        if "learner_link" in parts:
            link = parts["learner_link"].value
            self._check_chain(self._learners, "learner_chains", row, link)
        return True

    def _check_erased(self, row: StoredEntry, ref: int | None) -> bool:
        self._result.erased_entries += 1
        key_id = -1 if ref is None else self.keys.key_id(ref, row.index)
        if vault.key_digest(self._keyring, key_id) not in self._erased:
            self._result.report(
                "erasures",
                row.index,
                N_("a key is gone, and no erasure accounts for it"),
            )
        return True

    def _check_document(self, row: StoredEntry, act: dict[str, Any]) -> None:
        digest = bytes.fromhex(act["register"]["digest"])
        content = self._connection.execute(
            sa.select(_DOCUMENTS.c.content).where(_DOCUMENTS.c.digest == digest)
        ).scalar_one_or_none()
        if content is None or loading.document_digest(content) != digest:
            self._result.report(
                "documents", row.index, N_("the document is missing or was changed")
            )


def inspect(
    connection: sa.Connection, keyring: Keyring, progress: Callable[[int, int], None]
) -> Inspected:
    """Return what inspecting the whole database finds."""
    head = loading.read_head(connection)
    result = Inspected(head.origin)
    _check_protection(connection, result)
    walk = Walk(connection, keyring, head, result)
    with scratch.scratch_views() as replayed:
        replayable = True
        for chunk in replaying.chunks(connection, head.size):
            for row in chunk:
                readable = walk.step(row, result.entries)
                replayable = replayable and readable
                result.entries = row.index + 1
            if replayable:
                replayable = _replay(result, replayed, walk.keys, chunk)
            progress(result.entries, head.size)
        walk.finish()
        if replayable:
            for table, key, what in scratch.differences(connection, replayed):
                result.report(
                    "views", None, N_("view {table}, row {key}: {what}"),
                    table=table, key=key, what=what,
                )  # fmt: skip
        else:
            result.report("views", None, N_("the views cannot be checked: entries cannot be read"))
    _check_vault(connection, keyring, result)
    return result


def _replay(
    result: Inspected, replayed: sa.Connection, keys: Keys, chunk: list[StoredEntry]
) -> bool:
    try:
        replaying.fold_chunk(replayed, keys, chunk).write(replayed)
    except (CreditBankError, KeyError, ValueError, TypeError, AssertionError, sa.exc.DBAPIError):
        first, last = chunk[0].index, chunk[-1].index
        result.report(
            "views",
            first,
            N_("entries {first} to {last} cannot be replayed"),
            first=first,
            last=last,
        )
        return False
    return True


def _check_protection(connection: sa.Connection, result: Inspected) -> None:
    try:
        protection.require_protection(connection)
    except ProtectionMissing as missing:
        result.report("protection", None, N_("guards are missing: {missing}"), **missing.fields)


def _identities(connection: sa.Connection) -> Iterator[sa.Row[Any]]:
    yield from connection.execute(sa.select(_IDENTITIES).order_by(_IDENTITIES.c.account))


def _check_vault(connection: sa.Connection, keyring: Keyring, result: Inspected) -> None:
    rows = list(_identities(connection))
    accounts = loading.accounts(connection, keyring, {row.account for row in rows})
    for row in rows:
        if not _opens(accounts[row.account], row, keyring):
            result.report(
                "vault", None, N_("the identity of account {account} does not open"),
                account=row.account,
            )  # fmt: skip


def _opens(account: loading.Account | None, row: sa.Row[Any], keyring: Keyring) -> bool:
    if account is None:
        return False
    try:
        content = loading.unseal_identity(account.key, row.handle, row.sealed)
        found: bytes = keyring.document_handle(content["kind"], content["number"])
    except (CreditBankError, KeyError, orjson.JSONDecodeError):
        return False
    return found == bytes(row.handle)
