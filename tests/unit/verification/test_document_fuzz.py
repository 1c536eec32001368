"""Any bytes and any value are answered, and never taken for a valid document."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditbank.domain.verification import Answer, Report, Result, verify
from tests.proof_scene import ED25519, KEYS, Document, Log, as_good, standard_log


@cache
def log() -> Log:
    return standard_log()


def result_of(data: bytes | Document) -> Report:
    return verify(data, KEYS)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every container inside `value` with each of its keys."""
    if isinstance(value, dict):
        found: list[tuple[Any, Any]] = [(value, name) for name in value]
        return found + [place for inner in value.values() for place in _places(inner)]
    if isinstance(value, list):
        found = [(value, number) for number in range(len(value))]
        return found + [place for inner in value for place in _places(inner)]
    return []


@settings(max_examples=300)
@given(st.booleans(), st.integers(min_value=0), VALUES)
def test_any_value_anywhere_is_answered_and_not_as_good(
    of_statement: bool, place: int, value: Any
) -> None:
    document = copy.deepcopy(_document(of_statement=of_statement))
    places = _places(document)
    container, name = places[place % len(places)]
    before = container[name]
    container[name] = value
    report = result_of(document)
    if before != value or type(before) is not type(value):
        assert not as_good(report, result_of(_document(of_statement=of_statement)))
    assert report.document()["result"] == report.result.value


@cache
def _document(*, of_statement: bool) -> Document:
    checkpoint = log().checkpoint(signers=[ED25519])
    if of_statement:
        return log().statement(checkpoint=checkpoint)
    return log().receipt(4, checkpoint=checkpoint)


@given(st.binary() | st.text().map(lambda text: text.encode(errors="surrogatepass")))
def test_any_bytes_are_answered(data: bytes) -> None:
    assert result_of(data).result is not Result.VALID


@given(VALUES)
def test_any_value_is_answered(value: Any) -> None:
    report = verify(value, KEYS)
    assert report.result is not Result.VALID


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"format":"creditbank-receipt/1","format":"creditbank-receipt/1"}',
        b'{"format":NaN}',
        b'{"format":1e9}',
        b"1" * 10_000,
        b"\xff",
        b'{"format":"\xf0"}',
        b"",
        b"null",
        bytes(64 * 1024 * 1024 + 1),
    ],
    ids=lambda data: data[:20].decode(errors="replace"),
)
def test_what_is_no_document_is_malformed(data: bytes) -> None:
    report = result_of(data)
    assert (report.result, set(report.answers)) == (Result.NOT_VALID, {Answer.MALFORMED})


def test_what_a_document_says_of_itself_is_shown_without_control_characters() -> None:
    document = log().receipt(4) | {"format": "\x1b[2J\u202e" + "x" * 1000}
    text = str(result_of(document).document())
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text) < 2000
