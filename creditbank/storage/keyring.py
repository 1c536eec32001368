"""Keys outside the database: one job each.

A bank's keys are files in one folder. `vault.key` is the key-encryption key: every other secret
key of the vault is derived from it with a label of its own, so the database alone opens nothing.
The signing seeds are separate files. A module that fills this seam from an HSM has to provide
exactly these methods.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from creditbank.errors.keys import KeyMissing
from creditbank.ledger import canonical, suite

_LABELS = (
    "learner", "locator", "handle", "source", "actor", "erased", "code", "token",
    "salts", "subject", "share", "wallet",
)  # fmt: skip
VAULT_KEY_FILE = "vault.key"
ED25519_KEY_FILE = "log-ed25519.key"
MLDSA44_KEY_FILE = "log-mldsa44.key"
ACCOUNT_HEAD_KEY_FILE = "account-head-ed25519.key"
CREDENTIAL_KEY_FILE = "credential-ed25519.key"
GENERATED_MARK = "GENERATED"


class Keyring:
    """The vault's keys, derived from one key-encryption key (32 bytes)."""

    def __init__(self, key_encryption_key: bytes) -> None:
        self._keys = {
            label: suite.mac(key_encryption_key, f"creditbank/vault/1/{label}".encode())
            for label in _LABELS
        }

    def cipher(self, secret: bytes) -> suite.Cipher:
        """Return the cipher of the learner (or actor) who owns `secret`."""
        return suite.Cipher(suite.mac(self._keys["learner"], secret))

    def mask(self, key_id: int, index: int) -> int:
        """Return `key_id` as it stands in entry `index`; applying it twice gives it back.

        Entries keep a reference to their key that nobody can group by learner without the
        key-encryption key: a one-time pad of 62 bits per entry index.
        """
        pad = suite.mac(self._keys["locator"], index.to_bytes(8, "big"))
        return key_id ^ (int.from_bytes(pad[:8], "big") >> 2)

    def document_handle(self, document: Mapping[str, str]) -> bytes:
        """Return the keyed hash by which an identity document in its normal form is found.

        Only what tells documents apart counts, whatever else stands beside it.
        """
        apart = [document[name] for name in ("kind", "number", "country") if name in document]
        return suite.mac(self._keys["handle"], canonical.encode_checked(apart))

    def source(self, org: str, source_id: str) -> bytes:
        """Return what is kept for ever of an organisation's source id."""
        return suite.mac(self._keys["source"], canonical.encode_checked([org, source_id]))

    def actor_mac(self, actor: object) -> bytes:
        """Return the handle under which an actor's secret is found."""
        return suite.mac(self._keys["actor"], canonical.encode_checked(actor))

    def erased_mac(self, what: str) -> bytes:
        """Return the keyed digest that stands for an erased account or key."""
        return suite.mac(self._keys["erased"], what.encode())

    def code_digest(self, account: str, code: str) -> bytes:
        """Return the digest under which a one-time code is kept."""
        return suite.mac(self._keys["code"], canonical.encode_checked([account, code]))

    def salt_secret(self, secret: bytes, credential: str) -> bytes:
        """Return what the salts of a certificate are derived from; gone with the learner's secret.

        Making the certificate again gives the same salts, and nobody else can make them.
        """
        return suite.mac(suite.mac(self._keys["salts"], secret), credential.encode())

    def subject(self, account: str) -> bytes:
        """Return what a learner is called in certificates: 32 bytes, the same in each of them."""
        return suite.mac(self._keys["subject"], account.encode())

    def share_secret(self, credential: str, name: str, nonce: bytes) -> bytes:
        """Return the secret of a link that shows a certificate."""
        return suite.mac(self._keys["share"], canonical.encode_checked([credential, name]) + nonce)

    def wallet_mac(self, use: str, *parts: str) -> bytes:
        """Return the keyed digest (32 bytes) of what an exchange with a wallet names, for one use.

        Codes, nonces and keys of such an exchange are derived from it, so that they need not be
        stored.
        """
        return suite.mac(self._keys["wallet"], canonical.encode_checked([use, *parts]))

    def token_digest(self, secret: str) -> bytes:
        """Return the digest under which a token is kept."""
        return suite.mac(self._keys["token"], secret.encode())


@dataclass(frozen=True)
class SigningKeys:
    """The log's signing seeds (32 bytes each)."""

    ed25519: bytes
    mldsa44: bytes


def generate_keys(folder: Path) -> None:
    """Create a new bank's key files, readable by their owner only, and mark them as generated.

    The mark comes first and the vault's key last: called again after it was cut off, this makes
    what is missing. Keys from elsewhere, which have no mark, are not mixed with generated ones.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark = folder / GENERATED_MARK
    others = (ED25519_KEY_FILE, MLDSA44_KEY_FILE, ACCOUNT_HEAD_KEY_FILE, CREDENTIAL_KEY_FILE)
    if not mark.exists():
        for name in (VAULT_KEY_FILE, *others):
            if (folder / name).exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder / name))
        mark.write_text(
            "These keys were generated for development. Production keys are made elsewhere.\n"
        )
    for name in (*others, VAULT_KEY_FILE):
        if not (folder / name).exists():
            _write_key(folder / name)


def _write_key(path: Path) -> None:
    """Write a fresh key, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600, exist_ok=False)
    part.write_text(secrets.token_hex(32) + "\n")
    part.replace(path)


def load_keyring(folder: Path) -> Keyring:
    """Return the vault's keys, or raise `KeyMissing`."""
    return Keyring(_load(folder / VAULT_KEY_FILE))


def load_signing_keys(folder: Path) -> SigningKeys:
    """Return the log's signing seeds, or raise `KeyMissing`."""
    return SigningKeys(_load(folder / ED25519_KEY_FILE), _load(folder / MLDSA44_KEY_FILE))


def load_account_head_seed(folder: Path) -> bytes:
    """Return the seed (32 bytes) of the key that signs account heads, or raise `KeyMissing`."""
    return _load(folder / ACCOUNT_HEAD_KEY_FILE)


def _load(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise KeyMissing(file=path.name) from error
    if len(key) != 32:  # noqa: PLR2004  # every key of suite 1 has 32 bytes
        raise KeyMissing(file=path.name)
    return key
