"""Account heads: how many entries a learner's chain has below a size of the log, signed.

A note of six lines under the key name `<origin>/account-head`: what it is, the chain, the count,
the hash of the chain's last leaf, and size and root of the log. It says that below this size the
chain has exactly these entries, so any receipt or other head that disagrees convicts the bank.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from creditbank.errors.verification import MalformedAccountHead
from creditbank.ledger.keys import KeyType, VerifierKey
from creditbank.ledger.merkle import MAX_SIZE
from creditbank.ledger.note import Note, NoteSigner, Signed, parse_note, sign_note, verify_note
from creditbank.ledger.suite import HASH_BYTES
from creditbank.ledger.wire import (
    check_lines,
    decode_base64,
    decode_decimal,
    encode_base64,
    is_line,
)

_PURPOSE: Final = "/account-head"
_VERSION: Final = "/v1"


@dataclass(frozen=True, slots=True)
class AccountHead:
    """Of the log `origin` at `size` and `root`: the chain's length and its last leaf's hash.

    Raises:
        MalformedAccountHead: if a field is not of the form. A chain has at least one entry, and
            not more than the log.
    """

    origin: str
    chain: str
    count: int
    last: bytes
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not is_line(self.origin) or not is_line(self.chain):
            raise MalformedAccountHead(reason="line")
        if not 1 <= self.count <= self.size <= MAX_SIZE:
            raise MalformedAccountHead(reason="size")
        if len(self.last) != HASH_BYTES or len(self.root) != HASH_BYTES:
            raise MalformedAccountHead(reason="hash")


@dataclass(frozen=True, slots=True)
class SignedAccountHead:
    """An account head and the note it stands in; its signatures are not verified yet."""

    head: AccountHead
    note: Note


def account_head_key_name(origin: str) -> str:
    """Return the name of the key that signs account heads of the log `origin`, and nothing else."""
    return origin + _PURPOSE


def format_account_head(head: AccountHead) -> str:
    """Return the six lines of an account head."""
    lines = (
        account_head_key_name(head.origin) + _VERSION,
        head.chain,
        str(head.count),
        encode_base64(head.last),
        str(head.size),
        encode_base64(head.root),
    )
    return "".join(f"{line}\n" for line in lines)


def parse_account_head(text: str) -> AccountHead:
    """Return the account head whose text is `text`.

    Raises:
        MalformedAccountHead: if `format_account_head` could not have returned it.
    """
    try:
        purpose, chain, count, last, size, root = check_lines(text)[:-1].split("\n")
        head = AccountHead(
            origin=purpose.removesuffix(_PURPOSE + _VERSION),
            chain=chain,
            count=decode_decimal(count, MAX_SIZE),
            last=decode_base64(last),
            size=decode_decimal(size, MAX_SIZE),
            root=decode_base64(root),
        )
    except ValueError:
        raise MalformedAccountHead(reason="form") from None
    if not purpose.endswith(_PURPOSE + _VERSION):
        raise MalformedAccountHead(reason="version")
    return head


def sign_account_head(head: AccountHead, signer: NoteSigner) -> Note:
    """Return the note of `head`. The signer is an Ed25519 key of the account heads' name.

    Raises:
        MalformedAccountHead: if the key has another name or type.
    """
    if (signer.name, signer.type) != (account_head_key_name(head.origin), KeyType.ED25519):
        raise MalformedAccountHead(reason="key")
    return sign_note(format_account_head(head), [signer])


def read_account_head(data: bytes) -> SignedAccountHead:
    """Return the account head of a note; nothing is verified yet.

    Raises:
        MalformedNote: if it is no note.
        MalformedAccountHead: if its text is no account head.
    """
    note = parse_note(data)
    return SignedAccountHead(parse_account_head(note.text), note)


def verify_account_head(
    signed: SignedAccountHead, keys: Iterable[VerifierKey]
) -> tuple[Signed, ...]:
    """Return who of `keys` has signed: keys of the account heads' name, others do not count.

    Raises:
        SignatureInvalid: if a known key's signature fails, or none of them has signed.
    """
    name = account_head_key_name(signed.head.origin)
    return verify_note(signed.note, [key for key in keys if key.name == name])
