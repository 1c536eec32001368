"""Account heads: exact text, signing under their own name, and what is refused."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.errors.ledger import MalformedCheckpoint, SignatureInvalid
from creditbank.errors.verification import MalformedAccountHead
from creditbank.ledger.account_head import (
    AccountHead,
    account_head_key_name,
    format_account_head,
    parse_account_head,
    read_account_head,
    sign_account_head,
    verify_account_head,
)
from creditbank.ledger.checkpoint import parse_checkpoint
from creditbank.ledger.keys import KeyType
from creditbank.ledger.merkle import MAX_SIZE
from creditbank.ledger.note import NoteSigner, format_note
from creditbank.ledger.suite import Ed25519Signer
from tests.proof_scene import ACCOUNTS, ALICE, ED25519, ORIGIN

LAST, ROOT = bytes(range(32)), bytes(range(32, 64))
HEAD = AccountHead(ORIGIN, ALICE, 3, LAST, 7, ROOT)
TEXT = (
    f"{ORIGIN}/account-head/v1\n{ALICE}\n3\n{base64.b64encode(LAST).decode()}\n"
    f"7\n{base64.b64encode(ROOT).decode()}\n"
)


def test_account_head_has_this_text() -> None:
    assert format_account_head(HEAD) == TEXT
    assert parse_account_head(TEXT) == HEAD
    assert account_head_key_name(ORIGIN) == "bank.example/log/account-head"


def test_account_head_is_signed_under_its_own_name() -> None:
    signed = read_account_head(format_note(sign_account_head(HEAD, ACCOUNTS)))
    assert signed.head == HEAD
    assert [one.key for one in verify_account_head(signed, [ED25519.key, ACCOUNTS.key])] == [
        ACCOUNTS.key
    ]
    with pytest.raises(SignatureInvalid, match="no_known_key"):
        verify_account_head(signed, [ED25519.key])


@pytest.mark.parametrize(
    "signer",
    [
        ED25519,
        NoteSigner("other.example/account-head", KeyType.ED25519, ACCOUNTS.signer),
        NoteSigner(ACCOUNTS.name, KeyType.COSIGNATURE, ACCOUNTS.signer),
    ],
)
def test_other_keys_do_not_sign_account_heads(signer: NoteSigner) -> None:
    with pytest.raises(MalformedAccountHead):
        sign_account_head(HEAD, signer)


def test_account_head_is_never_taken_for_a_checkpoint_of_the_log() -> None:
    """Not even if both were signed with one key, and the chain's name were a number."""
    posing = NoteSigner(account_head_key_name(ORIGIN), KeyType.ED25519, ED25519.signer)
    note = format_note(sign_account_head(replace(HEAD, chain="7"), posing))
    with pytest.raises(MalformedCheckpoint):
        parse_checkpoint(note)


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT[:-1],
        TEXT + "\n",
        TEXT + "more\n",
        TEXT.replace("/v1", "/v2"),
        TEXT.replace("/account-head", ""),
        TEXT.replace(ORIGIN, ""),
        TEXT.replace(ALICE, ""),
        TEXT.replace("\n3\n", "\n03\n"),
        TEXT.replace("\n3\n", "\n0\n"),
        TEXT.replace("\n3\n", "\n8\n"),
        TEXT.replace("\n7\n", f"\n{MAX_SIZE + 1}\n"),
        TEXT.replace("\n7\n", "\n-7\n"),
        TEXT.replace("AAECAwQ", "AAECAw"),
        TEXT.replace("\n", "\r\n"),
    ],
)
def test_other_text_is_no_account_head(text: str) -> None:
    with pytest.raises(MalformedAccountHead):
        parse_account_head(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": ""},
        {"origin": "a\nb"},
        {"chain": "\x00"},
        {"count": 0},
        {"count": 8},
        {"size": MAX_SIZE + 1},
        {"last": LAST[1:]},
        {"root": ROOT + b"\0"},
    ],
)
def test_account_head_has_no_other_fields(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedAccountHead):
        replace(HEAD, **changes)


@given(st.text(), st.integers(0, len(TEXT)))
def test_parsing_any_text_gives_back_that_text_or_refuses(text: str, at: int) -> None:
    for candidate in (text, TEXT[:at] + text, TEXT[:at] + text + TEXT[at + 1 :]):
        try:
            head = parse_account_head(candidate)
        except MalformedAccountHead:
            continue
        assert format_account_head(head) == candidate


@given(st.integers(1, 1000), st.integers(0, 1000), st.binary(min_size=32, max_size=32))
def test_parsing_inverts_formatting(count: int, more: int, last: bytes) -> None:
    head = AccountHead(ORIGIN, ALICE, count, last, count + more, ROOT)
    assert parse_account_head(format_account_head(head)) == head
    note = format_note(sign_account_head(head, ACCOUNTS))
    other = NoteSigner(ACCOUNTS.name, KeyType.ED25519, Ed25519Signer(b"\5" * 32))
    with pytest.raises(SignatureInvalid):
        verify_account_head(read_account_head(note), [other.key])
