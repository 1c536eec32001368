"""Canonical JSON: what is accepted, and the reason and place of what is refused."""

from __future__ import annotations

import enum
from datetime import UTC, datetime

import pytest

from creditbank.errors.ledger import NotCanonical
from creditbank.ledger.canonical import MAX_DEPTH, MAX_INTEGER, decode, encode, encode_checked


def nested(depth: int) -> object:
    value: object = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ({}, b"{}"),
        ([], b"[]"),
        ((1, 2), b"[1,2]"),
        ({"b": 1, "a": [True, False]}, b'{"a":[true,false],"b":1}'),
        ({"a_1": 0, "a": -MAX_INTEGER, "a0": MAX_INTEGER},
         b'{"a":-9007199254740991,"a0":9007199254740991,"a_1":0}'),
        ("工业视觉检测", '"工业视觉检测"'.encode()),
        ("\U0001f600\u2028/<\x7f", '"\U0001f600\u2028/<\x7f"'.encode()),
        ('"\\\b\t\n\f\r\x01\x1f', b'"\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u001f"'),
        ("e\u0301", '"e\u0301"'.encode()),
        ("\\u0000", b'"\\\\u0000"'),
    ],
)  # fmt: skip
def test_value_has_one_encoding(value: object, data: bytes) -> None:
    assert encode(value) == data
    assert encode_checked(value) == data
    assert encode(decode(data)) == data


class Word(enum.StrEnum):
    HELLO = "hello"


@pytest.mark.parametrize(
    ("value", "where", "reason"),
    [
        (None, "", "null"),
        ({"a": {"b": None}}, "/a/b", "null"),
        ([0, [1, 1.0]], "/1/1", "float"),
        (float("nan"), "", "float"),
        ({"a": MAX_INTEGER + 1}, "/a", "integer_range"),
        ({"a": -MAX_INTEGER - 1}, "/a", "integer_range"),
        ({"a": "x\0"}, "/a", "nul"),
        ({"a": "\ud800"}, "/a", "surrogate"),
        ({"a": {"B": 1}}, "/a", "member_name"),
        ({"": 1}, "", "member_name"),
        ({"a\n": 1}, "", "member_name"),
        ({"1a": 1}, "", "member_name"),
        ({"ä": 1}, "", "member_name"),
        ({1: 1}, "", "member_name"),
        ({"a": b"bytes"}, "/a", "type"),
        ({"a": datetime(2026, 1, 1, tzinfo=UTC)}, "/a", "type"),
        (Word.HELLO, "", "type"),
    ],
)
def test_value_outside_the_profile_is_refused_with_its_place(
    value: object, where: str, reason: str
) -> None:
    with pytest.raises(NotCanonical) as caught:
        encode(value)
    assert (caught.value.where, caught.value.fields["reason"]) == (where, reason)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "syntax"),
        (b"nul", "syntax"),
        (b'"\\ud800"', "syntax"),
        (b'"\xed\xa0\x80"', "syntax"),
        (b"\xef\xbb\xbf{}", "syntax"),
        (b"{}{}", "syntax"),
        (b"[1e400]", "syntax"),
        (b"null", "null"),
        (b"1.0", "float"),
        (b"1e2", "float"),
        (b"9007199254740992", "integer_range"),
        (b"18446744073709551616", "float"),
        (b'"\\u0000"', "nul"),
        (b'{"A":1}', "member_name"),
        (b'{"a":1,"a":1}', "form"),
        (b'{"a":1,"a":2}', "form"),
        (b'{"b":1,"a":1}', "form"),
        (b'{"a": 1}', "form"),
        (b"{}\n", "form"),
        (b"-0", "form"),
        (b'"\\/"', "form"),
        (b'"\\u0041"', "form"),
        (b'"\\u001F"', "form"),
        (b'"\\u000a"', "form"),
        (b'"\\ud83d\\ude00"', "form"),
    ],
)
def test_bytes_that_encode_never_returns_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(NotCanonical) as caught:
        decode(data)
    assert caught.value.fields["reason"] == reason


def test_nesting_ends_at_the_limit() -> None:
    assert decode(encode(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    deep_object: object = 1
    for _ in range(MAX_DEPTH + 1):
        deep_object = {"a": deep_object}
    for value in (nested(MAX_DEPTH + 1), deep_object, nested(100_000)):
        with pytest.raises(NotCanonical) as caught:
            encode(value)
        assert caught.value.fields["reason"] == "depth"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": "x\0"}, "nul"),
        ({"a": "\\\0"}, "nul"),
        ({"a": "\\u0000\0"}, "nul"),
        ("\udfff", "type"),
        ({"a": MAX_INTEGER + 1}, "type"),
        ({"a": datetime(2026, 1, 1, tzinfo=UTC)}, "type"),
        ({1: 1}, "type"),
    ],
)
def test_the_fast_way_still_refuses_what_no_schema_sees(value: object, reason: str) -> None:
    with pytest.raises(NotCanonical) as caught:
        encode_checked(value)
    assert caught.value.fields["reason"] == reason


def test_message_names_the_reason() -> None:
    with pytest.raises(NotCanonical, match="canonical profile: null"):
        encode(None)
