"""The published description against the server: whatever is sent, it never fails with a 5xx."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test

from creditbank.api.app import openapi_document
from creditbank.domain.access import Role
from tests.banks import AUTHORITY, COLLEGE, DESK, SCHOOL, TestBank
from tests.e2e.servers import serving

_DOCUMENT = openapi_document()
schema = schemathesis.openapi.from_dict(_DOCUMENT)
_LABELS = tuple(
    f"{method.upper()} {path}" for path, item in _DOCUMENT["paths"].items() for method in item
)
# Submissions are large: making one up takes the tool seconds, so that is for the slow run.
_SMALL = tuple(
    label for label in _LABELS if not re.search(r"outcomes|batches|corrections|registers/", label)
)
_WHO = (None, SCHOOL, COLLEGE, AUTHORITY, DESK, "auditor")
_turns = itertools.count()
_inside: dict[str, tuple[str | None]] = {}

# Files and tokens, which the tool cannot make up; their routes have hostile ones of their own.
pytestmark = pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload")


@pytest.fixture(scope="module")
def server(shared_bank: TestBank) -> Iterator[tuple[str, TestBank]]:
    shared_bank.tokens["auditor"] = shared_bank.token(SCHOOL, Role.AUDITOR)
    with serving(shared_bank) as address:
        yield address, shared_bank
    shared_bank.require_clean()


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """One connection for all: making it anew costs as much as most answers."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )


def _refusal_types(path: str) -> tuple[str, ...]:
    """Return how refusals are written; those of wallets and of pages have a form of their own."""
    own = {"openid": ("application/json",), "verify": ("text/html",)}
    return ("application/problem+json", *own.get(path.split("/")[1], ()))


def _fuzz(
    label: str, examples: int, server: tuple[str, TestBank], session: requests.Session
) -> None:
    """Send what the tool's own test of one operation would: its edge cases, and some at random.

    That test is built here and not when tests are collected, as the tool's decorator has it:
    making up the cases of every operation takes each worker seconds.
    """
    method, _, path = label.partition(" ")
    build_operation_test(
        config=schema.config,
        operation=schema[path][method],
        test_func=lambda case: _send(case, server, session),
        given_kwargs={},
        feedback=FeedbackSources(),
        explicit_settings=_settings(examples),
    )()


def _send(case: Case[Any], server: tuple[str, TestBank], session: requests.Session) -> None:
    """Send as one role after another, a different one first each time, until one gets in.

    Two times in three only as whoever got in with the case before: the others are turned away
    before what was sent is looked at.
    """
    address, bank = server
    turn = next(_turns)
    first = turn % len(_WHO)
    knock = (*_WHO[first:], *_WHO[:first])
    for who in _inside.get(case.operation.label, knock) if turn % 3 else knock:
        headers = {} if who is None else {"Authorization": f"Bearer {bank.tokens[who].text}"}
        response = case.call(base_url=address, headers=headers, session=session)
        assert response.status_code < 500, (case.as_curl_command(), response.text)
        if response.status_code >= 400:
            media = response.headers["content-type"][0].partition(";")[0]
            assert media in _refusal_types(case.path)
        if response.status_code not in {401, 403}:
            _inside[case.operation.label] = (who,)
            return


@pytest.mark.parametrize("label", _SMALL)
def test_no_request_makes_the_server_fail(
    label: str, server: tuple[str, TestBank], session: requests.Session
) -> None:
    _fuzz(label, 2, server, session)


@pytest.mark.slow
@pytest.mark.parametrize("label", _LABELS)
def test_no_request_at_all_makes_the_server_fail(
    label: str, server: tuple[str, TestBank], session: requests.Session
) -> None:
    _fuzz(label, 20, server, session)
