"""Answers as bytes."""

from __future__ import annotations

import json

import pytest

from creditbank.api.answers import to_json
from creditbank.api.times import end_of, last_of
from creditbank.errors.identifiers import InvalidDate


def test_what_utf_8_cannot_say_is_escaped() -> None:
    assert json.loads(to_json({"a": "x\ud800", "b": 2**70})) == {"a": "x\ud800", "b": 2**70}


def test_a_day_ends_at_midnight_in_china() -> None:
    assert end_of("2026-12-31", where="/until") == 1_798_732_800  # 2026-12-31T16:00:00Z
    assert last_of("2026-12-31", where="query:recorded_by") == 1_798_732_799


def test_a_time_is_that_second() -> None:
    assert end_of("2026-12-31T16:00:00Z", where="/until") == 1_798_732_800
    assert last_of("2026-12-31T16:00:00Z", where="/until") == 1_798_732_800


@pytest.mark.parametrize(
    "text", ["", "today", "2026-02-30", "20261231", "2026-12-31T16:00Z", "1800-01-01", "9" * 10]
)
def test_nothing_else_is_a_moment(text: str) -> None:
    for read in (end_of, last_of):
        with pytest.raises(InvalidDate) as refused:
            read(text, where="/until")
        assert refused.value.where == "/until"
