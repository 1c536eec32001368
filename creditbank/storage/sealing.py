"""From a draft to the bytes of an entry, and back.

The clear parts (`act`, `org_link`) and their salts stand in one canonical object, `open`. The
learner's parts (`person`, `learner_link`, `attest`) stand in another, encrypted under the learner's
key; `actor` is encrypted under a key of its own. The digests of encrypted parts are kept in clear,
so that the body commitment can be checked when a key is gone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from creditbank.errors.storage import Erased
from creditbank.ledger import canonical, entry, suite

_SALT_BYTES = entry.SALT_BYTES
LEARNER_PARTS = ("attest", "learner_link", "person")
CLEAR_PARTS = ("act", "org_link")


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A row of `entries`, in column order."""

    index: int
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

    @property
    def act(self) -> dict[str, Any]:
        """The value of the `act` part."""
        act: dict[str, Any] = orjson.loads(self.open)["act"]["value"]
        return act

    def values(self) -> tuple[Any, ...]:
        """The row, for inserting."""
        return tuple(getattr(self, name) for name in self.__slots__)

    def digest_of(self, part: str) -> bytes | None:
        """Return the digest of an encrypted part, None if the entry has no such part."""
        digest: bytes | None = getattr(self, f"{part}_digest")
        return digest


@dataclass(frozen=True, slots=True)
class Part:
    """A part as committed: its salt (16 bytes) and canonical bytes."""

    salt: bytes
    data: bytes

    @property
    def value(self) -> Any:
        """Return the part's value."""
        return orjson.loads(self.data)


@dataclass(frozen=True, slots=True)
class Key:
    """A cipher and the id of the secret it was derived from."""

    key_id: int
    cipher: suite.Cipher


@dataclass(slots=True)
class Draft:
    """An entry before it has a place in the log. `act` and `person` are complete but for it."""

    kind: str
    org: str
    source: bytes
    act: dict[str, Any]
    account: str | None = None
    person: dict[str, Any] | None = None
    actor: dict[str, Any] | None = None
    attest: dict[str, Any] | None = None
    documents: list[bytes] = field(default_factory=list)


def seal_entry(  # one argument per thing that is fixed under the lock
    draft: Draft,
    *,
    index: int,
    at: int,
    prev: bytes,
    org_link: dict[str, Any],
    org_seq: int,
    learner_link: dict[str, Any] | None,
    learner_key: Key | None,
    actor_key: Key | None,
    mask: int,
) -> StoredEntry:
    """Return the row of `draft` at its place: salts drawn, parts committed, private parts sealed.

    `mask` hides which keys the entry uses; see `Keyring.mask`.
    """
    values: dict[str, Any] = {
        "act": {"kind": draft.kind, "org": draft.org, "source": draft.source.hex()} | draft.act,
        "org_link": org_link,
        "person": draft.person,
        "learner_link": learner_link,
        "attest": draft.attest,
        "actor": draft.actor,
    }
    randomness = os.urandom(_SALT_BYTES * len(values) + 2 * suite.NONCE_BYTES)
    nonces, salts = randomness[: 2 * suite.NONCE_BYTES], randomness[2 * suite.NONCE_BYTES :]
    parts: dict[str, Part] = {}
    for number, (name, value) in enumerate(values.items()):
        if value is not None:
            salt = salts[number * _SALT_BYTES : (number + 1) * _SALT_BYTES]
            parts[name] = Part(salt, canonical.encode_checked(value))
    digests = {name: entry.part_digest(name, part.salt, part.data) for name, part in parts.items()}
    body = entry.body_commitment(digests)
    leaf = entry.format_leaf(at=at, body=body, index=index, prev=prev)
    sealed = actor_sealed = None
    private = {name: parts[name] for name in LEARNER_PARTS if name in parts}
    if private:
        if learner_key is None:
            raise AssertionError("personal parts need a learner's key")
        sealed = learner_key.cipher.seal(
            nonces[: suite.NONCE_BYTES], join_parts(private), _context("learner", index)
        )
    if "actor" in parts:
        if actor_key is None:
            raise AssertionError("an actor part needs a key")
        actor_sealed = actor_key.cipher.seal(
            nonces[suite.NONCE_BYTES :],
            join_parts({"actor": parts["actor"]}),
            _context("actor", index),
        )
    return StoredEntry(
        index=index,
        at=at,
        body=body,
        leaf_hash=entry.leaf_hash(leaf),
        org=draft.org,
        org_seq=org_seq,
        source=draft.source,
        open=join_parts({name: parts[name] for name in CLEAR_PARTS}),
        person_digest=digests.get("person"),
        learner_link_digest=digests.get("learner_link"),
        attest_digest=digests.get("attest"),
        actor_digest=digests.get("actor"),
        sealed=sealed,
        sealed_ref=learner_key.key_id ^ mask if sealed and learner_key else None,
        actor_sealed=actor_sealed,
        actor_ref=actor_key.key_id ^ mask if actor_sealed and actor_key else None,
    )


def join_parts(parts: Mapping[str, Part]) -> bytes:
    """Return the canonical object {name: {salt, value}} of `parts`, given in sorted order."""
    return (
        b"{"
        + b",".join(
            b'"%s":{"salt":"%s","value":%s}' % (name.encode(), part.salt.hex().encode(), part.data)
            for name, part in parts.items()
        )
        + b"}"
    )


def split_parts(data: bytes) -> dict[str, Part]:
    """Return the parts that `join_parts` joined."""
    return {
        name: Part(bytes.fromhex(member["salt"]), canonical.encode_checked(member["value"]))
        for name, member in orjson.loads(data).items()
    }


def clear_parts(row: StoredEntry) -> dict[str, Part]:
    """Return the parts kept in clear."""
    return split_parts(row.open)


def learner_parts(row: StoredEntry, key: Key | None) -> dict[str, Part]:
    """Return the learner's parts; raise `Erased` if there are some and their key is gone."""
    if row.sealed is None:
        return {}
    if key is None:
        raise Erased
    return split_parts(key.cipher.unseal(row.sealed, _context("learner", row.index)))


def actor_parts(row: StoredEntry, key: Key | None) -> dict[str, Part]:
    """Return the actor part; raise `Erased` if there is one and its key is gone."""
    if row.actor_sealed is None:
        return {}
    if key is None:
        raise Erased
    return split_parts(key.cipher.unseal(row.actor_sealed, _context("actor", row.index)))


def _context(owner: str, index: int) -> bytes:
    return f"creditbank/sealed/1/{owner}/{index}".encode()
