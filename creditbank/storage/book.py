"""The book: what one group of submissions sees and changes under the lock.

It is opened on the locked head, reads what the submissions will ask for in bulk, lets each of
them see the earlier ones of its group, and is written back in bulk. A book that holds something
refused is thrown away and opened again; nothing in it is undone piecemeal.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from creditbank.domain.catalogue import Catalogue, Published
from creditbank.domain.outcomes import Outcome, family_of
from creditbank.ledger import entry
from creditbank.ledger.merkle import CompactRange
from creditbank.storage import loading, vault, views
from creditbank.storage.database import insert_rows
from creditbank.storage.decision_views import Decisions
from creditbank.storage.keyring import Keyring
from creditbank.storage.loading import Account, Token
from creditbank.storage.needs import Needs
from creditbank.storage.sealing import Draft, Key, StoredEntry, learner_parts, seal_entry
from creditbank.storage.status_lists import Places
from creditbank.storage.tables import ActorRow, DocumentRow, EntryRow, IdentityRow, SecretRow
from creditbank.storage.vault import Identity
from creditbank.storage.views import Folded, ViewRows

__all__ = ["Book", "Needs", "Recorded"]

_KEY_ID_BITS = 62


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as recorded."""

    index: int
    at: int
    leaf_hash: bytes


class Book:
    """The workspace of one group. `now` is the group's time in unix seconds."""

    def __init__(
        self,
        connection: sa.Connection,
        keyring: Keyring,
        head: loading.Head,
        catalogue: Catalogue,
    ) -> None:
        self.connection = connection
        self.keyring = keyring
        self.origin = head.origin
        self.now = head.now
        self.catalogue = catalogue
        self.size = head.size
        self.last = head.last
        self.registers_size = head.registers_size
        self.tree = CompactRange.from_bytes(head.size, head.compact_range)
        self.entries: list[StoredEntry] = []
        self.documents: dict[bytes, bytes] = {}
        self.secrets: list[tuple[int, bytes]] = []
        self.identities: list[tuple[bytes, str, bytes]] = []
        self.actors: list[tuple[bytes, int]] = []
        self.side_rows: list[tuple[type[Any], tuple[Any, ...]]] = []
        self.statements: list[sa.Executable] = []
        self.views = ViewRows()
        self.decisions = Decisions(connection)
        self.places = Places(connection)
        self._by_source: dict[bytes, StoredEntry | None] = {}
        self._by_handle: dict[bytes, tuple[str, bytes] | None] = {}
        self._accounts: dict[str, Account | None] = {}
        self._keys: dict[int, Key] = {}
        self._erased_keys: set[int] = set()
        self._outcomes: dict[tuple[str, str], list[Outcome]] = {}
        self._outcomes_by_id: dict[str, Outcome] = {}
        self._read_accounts: set[str] = set()
        self._read_families: set[str] = set()
        self._new_accounts: set[str] = set()
        self._erased: set[str] = set()
        self._certificates: dict[str, int | None] = {}
        self._tokens: dict[str, Token | None] = {}
        self._actor_keys: dict[bytes, Key] = {}
        self._org_heads: dict[str, tuple[int, bytes | None]] = {}

    @property
    def changes(self) -> int:
        """How much was put into the book; equal before and after means nothing was."""
        lists = (self.entries, self.side_rows, self.statements, self.identities, self.secrets)
        return sum(len(items) for items in lists)

    # --- reading

    def load(self, needs: Needs) -> None:
        """Read in bulk what the group will ask for."""
        connection = self.connection
        self._tokens.update(loading.tokens(connection, needs.tokens))
        self._by_source.update(loading.entries_by_source(connection, needs.sources))
        self._by_handle.update(loading.identities(connection, needs.handles))
        accounts = needs.accounts | {found[0] for found in self._by_handle.values() if found}
        self._remember_accounts(loading.accounts(connection, self.keyring, accounts))
        known = {name for name in accounts if self._accounts.get(name)}
        self._read_accounts, self._read_families = known, set(map(family_of, needs.subjects))
        for outcome in loading.outcomes(connection, known, self._read_families):
            self._remember(outcome)
        numbers = {subject for subject in needs.subjects if subject.startswith("certificate:")}
        self._certificates.update(loading.certificates(connection, numbers))

    def token(self, token_id: str) -> Token | None:
        """Return a token as it is now."""
        if token_id not in self._tokens:
            self._tokens.update(loading.tokens(self.connection, {token_id}))
        return self._tokens[token_id]

    def entry_by_source(self, source: bytes) -> StoredEntry | None:
        """Return the entry with this keyed source id, recorded or of this group."""
        if source not in self._by_source:
            self._by_source.update(loading.entries_by_source(self.connection, {source}))
        return self._by_source[source]

    def entry_at(self, index: int) -> StoredEntry | None:
        """Return the entry at `index`, recorded or of this group."""
        first_new = self.size - len(self.entries)
        if index >= first_new:
            return self.entries[index - first_new] if index < self.size else None
        return loading.entry_at(self.connection, index)

    def identity(self, handle: bytes) -> tuple[str, bytes] | None:
        """Return account and sealed content of an identity document."""
        if handle not in self._by_handle:
            self._by_handle.update(loading.identities(self.connection, {handle}))
        return self._by_handle[handle]

    def account(self, name: str) -> Account | None:
        """Return an account, None if there is none or it was erased."""
        if name not in self._accounts:
            self._remember_accounts(loading.accounts(self.connection, self.keyring, {name}))
        return self._accounts[name]

    def outcomes(self, account: str, subject: str) -> list[Outcome]:
        """Return the account's live outcomes of the family of a subject."""
        key = (account, family_of(subject))
        if key not in self._outcomes:
            self._outcomes[key] = []
            read = account in self._read_accounts and key[1] in self._read_families
            if read or account in self._new_accounts:
                return []
            for outcome in loading.outcomes(self.connection, {account}, {key[1]}):
                self._remember(outcome)
        return [one for one in self._outcomes[key] if one.is_live]

    def outcome(self, outcome_id: str) -> Outcome | None:
        """Return an outcome by id."""
        if outcome_id not in self._outcomes_by_id:
            found = loading.outcome(self.connection, outcome_id)
            if found is None:
                return None
            self.outcomes(found.account, found.subject)
            if outcome_id not in self._outcomes_by_id:
                self._remember(found)
        return self._outcomes_by_id[outcome_id]

    def certificate_index(self, subject: str) -> int | None:
        """Return the entry that recorded a certificate number, None if none did."""
        if subject not in self._certificates:
            self._certificates.update(loading.certificates(self.connection, {subject}))
        return self._certificates[subject]

    def identities_of(self, account: Account) -> list[Identity]:
        """Return what the vault holds about an account, as changed by this group so far."""
        return vault.identities(self.connection, account, self._by_handle)

    def was_erased(self, account: str) -> bool:
        """Return whether an account of this name was erased."""
        if account in self._erased:
            return True
        return loading.was_erased(self.connection, self.keyring.erased_mac(account))

    def learner_values(self, row: StoredEntry) -> dict[str, Any]:
        """Return the learner's parts of an entry by name; raise `Erased` if their key is gone."""
        if row.sealed_ref is None:
            return {}
        key = self._key(self.keyring.mask(row.sealed_ref, row.index))
        return {name: part.value for name, part in learner_parts(row, key).items()}

    # --- writing

    def open_account(self, name: str) -> Account:
        """Add an account with a fresh key; it becomes visible with its first entry."""
        key = self._make_key()
        account = Account(name, key, count=0, last=None)
        self._accounts[name] = account
        self._new_accounts.add(name)
        return account

    def add_identity(self, handle: bytes, account: Account, content: dict[str, Any]) -> None:
        """Add an identity document to the vault, sealed under the learner's key."""
        sealed = loading.seal_identity(account.key, handle, content)
        self._by_handle[handle] = (account.name, sealed)
        self.identities.append((handle, account.name, sealed))

    def change_identity(self, handle: bytes, account: Account, content: dict[str, Any]) -> None:
        """Replace an identity's content in the vault."""
        sealed = loading.seal_identity(account.key, handle, content)
        self._by_handle[handle] = (account.name, sealed)
        self.statements.append(vault.replacing(handle, sealed))

    def add_row(self, row: type[Any], values: tuple[Any, ...]) -> None:
        """Add a row that is no entry: an access record, an erasure."""
        self.side_rows.append((row, values))

    def add_statement(self, statement: sa.Executable) -> None:
        """Add a change outside the ledger: to the vault, to tokens."""
        self.statements.append(statement)

    def forget(self, account: str) -> None:
        """Let the rest of the group see an erased account as gone."""
        state = self._accounts[account]
        if state is not None:
            self._keys.pop(state.key.key_id, None)
            self._erased_keys.add(state.key.key_id)
        self._erased.add(account)
        self._accounts[account] = None
        self.decisions.forget(account)
        for handle, found in self._by_handle.items():
            if found and found[0] == account:
                self._by_handle[handle] = None
        self._certificates.clear()

    def publish(self, item: Published) -> None:
        """Add a register version to what the rest of the group sees."""
        self.registers_size = item.index + 1
        self.catalogue = self.catalogue.with_published([item], size=self.catalogue.size)

    def record(self, draft: Draft) -> Recorded:
        """Give `draft` its place in the log and fold it into the views."""
        index, at = self.size, self.now
        account = self.account(draft.account) if draft.account else None
        org_seq, org_prev = self._org_head(draft.org)
        row = seal_entry(
            draft,
            index=index,
            at=at,
            prev=self.last,
            org_link=entry.link(draft.org, org_seq + 1, org_prev),
            org_seq=org_seq + 1,
            learner_link=(
                entry.link(account.name, account.count + 1, account.last) if account else None
            ),
            learner_key=account.key if account else None,
            actor_key=self._actor_key(draft.actor) if draft.actor else None,
            mask=self.keyring.mask(0, index),
        )
        for content in draft.documents:
            self.documents[loading.document_digest(content)] = content
        self.entries.append(row)
        self.size, self.last = index + 1, row.leaf_hash
        self.tree.append(row.leaf_hash)
        self._org_heads[draft.org] = (org_seq + 1, row.leaf_hash)
        self._by_source[draft.source] = row
        seq = None
        if account:
            account.count, account.last = account.count + 1, row.leaf_hash
            seq = account.count
        act = {"kind": draft.kind, "org": draft.org} | draft.act
        views.fold(
            self,
            Folded(
                index=index,
                at=at,
                leaf_hash=row.leaf_hash,
                act=act,
                person=draft.person,
                account=draft.account,
                seq=seq,
                key_id=account.key.key_id if account else None,
            ),
        )
        return Recorded(index, at, row.leaf_hash)

    def write(self) -> None:
        """Write everything back: entries, views, vault, tree state, head."""
        connection = self.connection
        insert_rows(connection, SecretRow, self.secrets)
        known = loading.known_documents(connection, self.documents)
        insert_rows(
            connection,
            DocumentRow,
            [pair for pair in self.documents.items() if pair[0] not in known],
        )
        insert_rows(connection, EntryRow, [row.values() for row in self.entries])
        self.views.write(connection)
        self.decisions.write(connection)
        insert_rows(connection, IdentityRow, self.identities)
        insert_rows(connection, ActorRow, self.actors)
        beside: dict[type[Any], list[tuple[Any, ...]]] = {}
        for row, values in self.side_rows:
            beside.setdefault(row, []).append(values)
        for row, rows in beside.items():
            insert_rows(connection, row, rows)
        for statement in self.statements:
            connection.execute(statement)
        if self.entries:
            loading.move_head(
                connection,
                size=self.size,
                at=self.now,
                last=self.last,
                tree=self.tree,
                registers_size=self.registers_size,
            )

    # --- what folding needs: see `views.Shelf`

    def put_outcome(self, outcome: Outcome, *, new: bool) -> None:
        """Take a new or changed outcome into the views."""
        if new:
            self._outcomes.setdefault((outcome.account, family_of(outcome.subject)), [])
            self._remember(outcome)
        self.views.put_outcome(outcome, new=new)

    def put_certificate(self, subject: str, outcome: Outcome, index: int) -> None:
        """Take a certificate number into the views."""
        self._certificates[subject] = index
        self.views.certificates[subject] = (subject, outcome.id, outcome.account, index)

    def drop_certificate(self, subject: str) -> None:
        """Take a certificate number out of the views."""
        self._certificates[subject] = None
        self.views.drop_certificate(subject)

    def restrict(self, account: str, until: str | None, reason: str | None) -> None:
        """Take a restriction of an account, or its end, into the views."""
        state = self.account(account)
        if state:
            state.restricted_until, state.restricted_reason = until, reason
        self.views.restrictions[account] = (until, reason)

    # --- inside

    def _remember(self, outcome: Outcome) -> None:
        self._outcomes_by_id[outcome.id] = outcome
        shelf = self._outcomes.setdefault((outcome.account, family_of(outcome.subject)), [])
        if all(one.id != outcome.id for one in shelf):
            shelf.append(outcome)

    def _remember_accounts(self, found: dict[str, Account | None]) -> None:
        self._accounts.update(found)
        self._keys.update(
            (account.key.key_id, account.key) for account in found.values() if account
        )

    def _org_head(self, org: str) -> tuple[int, bytes | None]:
        if org not in self._org_heads:
            self._org_heads[org] = loading.org_head(self.connection, org)
        return self._org_heads[org]

    def _make_key(self) -> Key:
        key_id, secret = secrets.randbits(_KEY_ID_BITS), secrets.token_bytes(32)
        self.secrets.append((key_id, secret))
        key = self._keys[key_id] = Key(key_id, self.keyring.cipher(secret))
        return key

    def _key(self, key_id: int) -> Key | None:
        """Return a learner's key, None if its secret was destroyed."""
        if key_id in self._erased_keys:
            return None
        return self._keys.get(key_id) or loading.key(self.connection, self.keyring, key_id)

    def _actor_key(self, actor: dict[str, Any]) -> Key:
        """Return the key of this token with these operators, made at its first use."""
        mac = self.keyring.actor_mac(actor)
        key = self._actor_keys.get(mac)
        if key is None:
            key = loading.actor_key(self.connection, self.keyring, mac)
            if key is None:
                key = self._make_key()
                self.actors.append((mac, key.key_id))
            self._actor_keys[mac] = key
        return key
