"""The vault: identities that open under their learner's key, and keys that stay destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from creditbank.errors import N_
from creditbank.ledger.audit import Findings
from creditbank.storage import loading, vault
from creditbank.storage.bulk import keyed_rows, known_erasures, raw_rows, together
from creditbank.storage.entry_checks import UNREADABLE
from creditbank.storage.inspector import Inspector
from creditbank.storage.keyring import Keyring
from creditbank.storage.sealing import Key
from creditbank.storage.tables import SecretRow, table_of

_IDENTITIES = (
    "SELECT i.handle, i.account, i.sealed, s.secret FROM identities i"
    " LEFT JOIN accounts a ON a.account = i.account LEFT JOIN secrets s ON s.key_id = a.key_id"
    " {} ORDER BY i.handle LIMIT 2000"
)
_WITHOUT_IDENTITY = (
    "SELECT a.account, a.opened_index FROM accounts a"
    " LEFT JOIN identities i ON i.account = a.account WHERE i.account IS NULL"
)


def check_identities(state: Inspector) -> Findings:
    """Report each identity that does not open, or is found by another document's handle."""
    found = Findings()
    last: bytes | None = None
    while rows := list(_identities(state, last)):
        for handle, account, sealed, secret in rows:
            if not _opens(handle, sealed, secret, state.given.keyring):
                message = N_("the identity of account {account} does not open")
                found.report("vault", None, message, account=account)
        last = rows[-1][0]
    for account, index in raw_rows(state.connection, _WITHOUT_IDENTITY):
        message = N_("there is no identity of account {account}")
        found.report("vault", index, message, account=account)
    return found


def _identities(state: Inspector, last: bytes | None) -> Iterator[tuple[Any, ...]]:
    """Yield the next identities after the handle `last`, each with the secret of its account."""
    after, values = ("WHERE i.handle > ?", (last,)) if last is not None else ("", ())
    return raw_rows(state.connection, _IDENTITIES.format(after), values)


def check_secrets(state: Inspector) -> Findings:
    """Report each key that is there although an erasure destroyed it."""
    found = Findings()
    if next(raw_rows(state.connection, "SELECT 1 FROM erasures"), None) is None:
        return found
    for some in together(keyed_rows(state.connection, table_of(SecretRow), "key_id")):
        digests = {vault.key_digest(state.given.keyring, key_id) for (key_id,) in some}
        for digest in sorted(known_erasures(state.connection, digests)):
            message = N_("the key of the erasure {digest} is there again")
            found.report("erasures", None, message, digest=digest.hex())
    return found


def _opens(handle: Any, sealed: Any, secret: Any, keyring: Keyring) -> bool:
    try:
        key = Key(0, keyring.cipher(secret))
        content = loading.unseal_identity(key, handle, sealed)
        found = keyring.document_handle(content)
    except UNREADABLE:
        return False
    return bool(found == handle)
