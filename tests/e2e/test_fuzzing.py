"""The published description against the server: whatever is sent, it never fails with a 5xx."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case

from creditbank.api.app import openapi_document
from creditbank.domain.access import Role
from tests.banks import AUTHORITY, COLLEGE, DESK, SCHOOL, TestBank
from tests.e2e.servers import serving

schema = schemathesis.openapi.from_dict(openapi_document())
_WHO = (None, SCHOOL, COLLEGE, AUTHORITY, DESK, "auditor")
_turns = itertools.count()

# Files and tokens, which the tool cannot make up; their routes have hostile ones of their own.
pytestmark = pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload")


@pytest.fixture(scope="module")
def server(shared_bank: TestBank) -> Iterator[tuple[str, TestBank]]:
    shared_bank.tokens["auditor"] = shared_bank.token(SCHOOL, Role.AUDITOR)
    with serving(shared_bank) as address:
        yield address, shared_bank
    shared_bank.require_clean()


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


def _send(case: Case[Any], server: tuple[str, TestBank]) -> None:
    """Send as one role after another, a different one first each time, until one gets in."""
    address, bank = server
    turn = next(_turns) % len(_WHO)
    for who in (*_WHO[turn:], *_WHO[:turn]):
        headers = {} if who is None else {"Authorization": f"Bearer {bank.tokens[who].text}"}
        response = case.call(base_url=address, headers=headers)
        assert response.status_code < 500, (case.as_curl_command(), response.text)
        if response.status_code >= 400:
            media = response.headers["content-type"][0].partition(";")[0]
            assert media in _refusal_types(case.path)
        if response.status_code not in {401, 403}:
            return


# Submissions are large: making one up takes the tool seconds, so that is for the slow run.
@schema.exclude(path_regex="outcomes|batches|corrections|registers/").parametrize()
@_settings(2)
def test_no_request_makes_the_server_fail(case: Case[Any], server: tuple[str, TestBank]) -> None:
    _send(case, server)


@pytest.mark.slow
@schema.parametrize()
@_settings(20)
def test_no_request_at_all_makes_the_server_fail(
    case: Case[Any], server: tuple[str, TestBank]
) -> None:
    _send(case, server)
