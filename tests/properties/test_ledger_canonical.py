"""Theorems about canonical JSON."""

from __future__ import annotations

import contextlib
import json

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from creditbank.errors.ledger import NotCanonical
from creditbank.ledger.canonical import MAX_INTEGER, decode, encode, encode_checked

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SCALARS = st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)
ANY_JSON = st.recursive(
    st.none() | st.floats() | st.integers() | st.text() | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(VALUES)
def test_decode_inverts_encode(value: object) -> None:
    assert decode(encode(value)) == value


@given(VALUES)
def test_encoding_is_that_of_rfc_8785(value: object) -> None:
    assert encode(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(VALUES)
def test_the_fast_way_yields_the_same_bytes(value: object) -> None:
    assert encode_checked(value) == encode(value)


@given(VALUES, st.integers(0, 4), st.booleans())
def test_only_one_text_of_a_value_decodes(value: object, indent: int, as_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=as_ascii, indent=indent or None).encode()
    if text == encode(value):
        assert decode(text) == value
        return
    try:
        decode(text)
    except NotCanonical:
        return
    raise AssertionError(text)


@given(ANY_JSON)
def test_any_value_is_encoded_or_refused(value: object) -> None:
    try:
        data = encode(value)
    except NotCanonical:
        return
    assert encode(decode(data)) == data


@given(st.binary() | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_decoding_arbitrary_bytes_raises_only_not_canonical(data: bytes) -> None:
    with contextlib.suppress(NotCanonical):
        assert encode(decode(data)) == data
