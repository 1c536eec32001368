"""Reading JSON: strict where readers differ, lenient where one item's fault is its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.api.bodies import parse_json
from creditbank.errors.api import MalformedJson

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "body_empty"),
        (b" ", "syntax"),
        (b"{", "syntax"),
        (b"{}{}", "syntax"),
        (b"[1,]", "syntax"),
        (b"{'a':1}", "syntax"),
        (b"01", "syntax"),
        (b'"\x00"', "syntax"),
        (b"\xef\xbb\xbf{}", "syntax"),
        (b"NaN", "constant"),
        (b'{"a":[Infinity]}', "constant"),
        (b"-Infinity", "constant"),
        (b"9" * 5000, "syntax"),
        ('{"name":"张三"}'.encode("gb18030"), "encoding"),
        (b'"\xed\xa0\x80"', "encoding"),
        (b'{"a":1,"a":1}', "duplicate_member"),
        (b'{"a":1,"a" :2}', "duplicate_member"),
        (b'{"a":{"b":1,\n"b"\t: 2}}', "duplicate_member"),
        (b'[{"":1,"":2}]', "duplicate_member"),
        (b'{"a":1,"\\u0061":2}', "duplicate_member"),
        (b'{"x":"\\u0022:","a":1,"a":2}', "duplicate_member"),
        (b'{"x":{"y":":"},"x":1}', "duplicate_member"),
        (b"[" * 100_000, "depth"),
        (b"[" * 100_000 + b"]" * 100_000, "depth"),
        (b'{"\\u0061":' * 100_000, "depth"),
    ],
)
def test_what_readers_differ_in_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(MalformedJson) as refused:
        parse_json(body)
    assert refused.value.fields == {"reason": reason}
    assert "Nothing was recorded" in str(refused.value)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'["a\\ud800"]', ["a\ud800"]),
        (b'{"\\udfff":1}', {"\udfff": 1}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\u0000"', "\0"),
        (b'{"a":"\\":","b":1}', {"a": '":', "b": 1}),
        (b'{"a":":","b":" : ","c":["\\"",":"]}', {"a": ":", "b": " : ", "c": ['"', ":"]}),
        (b" \r\n\t[1]\n", [1]),
        (b"1e2", 100.0),
    ],
)
def test_what_is_json_is_read(body: bytes, value: object) -> None:
    assert parse_json(body) == value


def test_nesting_deeper_than_the_fast_reader_writes_is_read_all_the_same() -> None:
    value: Any = parse_json(b"[" * 300 + b"]" * 300)
    for _ in range(299):
        (value,) = value
    assert value == []


@given(JSON, st.booleans(), st.booleans())
def test_reading_inverts_writing(value: object, ascii_only: bool, indented: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1 if indented else None)
    assert parse_json(text.encode()) == value


@given(
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON, min_size=1), st.data()
)
def test_a_member_that_occurs_twice_is_always_refused(
    members: dict[str, Any], data: st.DataObject
) -> None:
    twice = data.draw(st.sampled_from(sorted(members)))
    pairs = [*members.items(), (twice, data.draw(JSON))]
    order = data.draw(st.permutations(pairs))
    writers: list[Callable[[object], str]] = [json.dumps, _dumps]
    write = data.draw(st.sampled_from(writers))
    spaces = data.draw(st.sampled_from([":", " :", ": ", "\n:\t"]))
    text = "{" + ",".join(f"{write(name)}{spaces}{write(value)}" for name, value in order) + "}"
    with pytest.raises(MalformedJson):
        parse_json(text.encode())


def _dumps(value: object) -> str:
    return orjson.dumps(value).decode()


@given(st.binary(max_size=200))
def test_reading_arbitrary_bytes_raises_only_malformed(body: bytes) -> None:
    try:
        parse_json(body)
    except MalformedJson as refused:
        assert refused.fields["reason"]  # noqa: PT017  # any reason will do
