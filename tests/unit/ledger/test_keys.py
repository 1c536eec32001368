"""Verifier keys: a published example, and what is refused."""

from __future__ import annotations

import pytest

from creditbank.errors.ledger import MalformedKey
from creditbank.ledger.keys import KeyType, VerifierKey, check_key_name, parse_key
from creditbank.ledger.suite import MlDsa44Signer

# The example of c2sp.org/signed-note.
EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"


def test_published_key_has_its_published_id() -> None:
    key = parse_key(EXAMPLE)
    assert (key.name, key.type, key.id.hex()) == ("example.com/foo", KeyType.ED25519, "530d903a")
    assert str(key) == EXAMPLE


@pytest.mark.parametrize("key_type", [KeyType.ED25519, KeyType.COSIGNATURE])
def test_type_is_part_of_the_id(key_type: KeyType) -> None:
    key = VerifierKey("witness.example", key_type, bytes(32))
    assert parse_key(str(key)) == key
    assert key.id != VerifierKey("witness.example/2", key_type, bytes(32)).id


def test_ml_dsa_key_has_a_text_too() -> None:
    key = VerifierKey("bank.example/log", KeyType.MLDSA44, MlDsa44Signer(bytes(32)).public)
    assert parse_key(str(key)) == key


@pytest.mark.parametrize(
    "text",
    ["", "+", "++", "name", EXAMPLE[:-1], EXAMPLE + "=", EXAMPLE.replace("53", "54"),
     EXAMPLE.replace("530d903a", "530D903A"), EXAMPLE.replace("530d903a", ""),
     EXAMPLE.replace("foo", "fo o"), EXAMPLE.replace("+Ae", "+Be"), EXAMPLE + "\n",
     "example.com/foo+530d903a+", "example.com/foo+530d903a+AQ==", "名+530d903a+é"],
)  # fmt: skip
def test_other_text_is_not_a_key(text: str) -> None:
    with pytest.raises(MalformedKey):
        parse_key(text)


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\nb", "a\u3000b", "a\u00a0b", "\x01", "\ud800", "é" * 128]
)
def test_other_text_is_not_a_key_name(name: str) -> None:
    with pytest.raises(MalformedKey):
        check_key_name(name)


def test_key_name_may_be_chinese() -> None:
    assert check_key_name("学分银行/日志") == "学分银行/日志"


def test_public_key_has_one_length() -> None:
    with pytest.raises(MalformedKey):
        VerifierKey("x", KeyType.MLDSA44, bytes(32))
