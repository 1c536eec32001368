"""The published JSON Schema says what is accepted: wherever something is put or taken away."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from creditbank.domain.registers import register_schemas
from creditbank.domain.rules.reading import parse_rulebook
from creditbank.errors.registers import RegisterInvalid
from creditbank.rulebooks import shipped_rulebooks
from tests.rulebooks import EVERY_MEMBER, rulebook

SCHEMA = Draft202012Validator(register_schemas()["rulebook.v1"])
NAMES = {"x-credit", "seven-years", "period-caps", "micro-ai-operations", "ai-trainer-2021"}


def small(document: dict[str, Any]) -> dict[str, Any]:
    """Return a rulebook with a rule or two and without cases, which make up most of it."""
    rules = [{**one, "tests": []} for one in document["rules"][:2]]
    return copy.deepcopy(document | {"rules": rules, "tests": []})


SHIPPED = [
    one.document
    for one in shipped_rulebooks()
    if one.kind == "rulebook" and one.document["id"] in NAMES
]
DOCUMENTS = [*map(small, SHIPPED), rulebook(**EVERY_MEMBER)]
JUNK: tuple[Any, ...] = (
    None,
    "",
    "x" * 300,
    -1,
    1.5,
    True,
    [],
    {},
    "08.00",
    "a b",
    ["x"],
    "\u202e",
)

# What members say against each other is no business of a schema's, nor whether a day exists.
AGAINST_EACH_OTHER = {
    *("missing", "unknown_member", "exactly_one_of_limit_share_evidence", "day"),
    *("recognised_is_free", "consumed_is_not_free"),
}

Place = tuple[str | int, ...]


def places(value: Any, where: Place = ()) -> Iterator[Place]:
    if where:
        yield where
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, one in inner:
        if isinstance(one, dict | list):
            yield from places(one, (*where, name))
        else:
            yield (*where, name)


def different() -> Iterator[tuple[Place, Any]]:
    """Yield documents changed in one place, each kind of place once."""
    seen: set[Place] = set()
    for document in DOCUMENTS:
        for where in places(document):
            kind: Place = tuple("*" if isinstance(step, int) else step for step in where)
            if kind in seen or "tests" in where:
                continue
            seen.add(kind)
            for junk in (*JUNK, ...):
                new = copy.deepcopy(document)
                holder: Any = new
                for step in where[:-1]:
                    holder = holder[step]
                if junk is ...:
                    del holder[where[-1]]
                else:
                    holder[where[-1]] = junk
                yield where, new


def reasons(document: Any) -> set[str]:
    try:
        parse_rulebook(document)
    except RegisterInvalid as error:
        found = error.fields["errors"]
        assert isinstance(found, list)
        return {one["reason"] for one in found}
    return set()


@pytest.mark.filterwarnings("error")
def test_the_schema_lets_through_what_is_accepted_and_nothing_else() -> None:
    tried = 0
    for where, document in different():
        tried += 1
        fits, found = SCHEMA.is_valid(document), reasons(document)
        assert fits or found, f"accepted against the schema: {where}"
        assert not fits or found <= AGAINST_EACH_OTHER, f"refused though it fits: {where} {found}"
    assert tried > 1_000
