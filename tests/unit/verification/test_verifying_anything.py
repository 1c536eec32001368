"""One function for whatever is brought: it finds out what it is, and whom it may ask."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from creditbank.clients.credential_fetch import Fetcher
from creditbank.credentials.signing import compact_bytes
from creditbank.domain.verification import Report, Result
from creditbank.services.verifying import Relied, fetcher_of, names_entries, verify_document
from tests.credential_scene import (
    ISSUER,
    NOW,
    POSITION,
    World,
    answers,
    badge,
    sd_jwt,
    signed,
)


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return signed(badge())


def verified(data: Any, relied: Relied) -> Report:
    return verify_document(data, now=NOW, relied=relied)


def relied_on(world: World, **changes: Any) -> Relied:
    given: dict[str, Any] = {
        "issuers": world.known,
        "documents": {ISSUER.did: world.resolve_did(ISSUER.did)},
        "lists": world.fetch_status,
    }
    return Relied(**(given | changes))


def test_each_thing_goes_to_who_can_read_it(whole: dict[str, Any]) -> None:
    for receipt in (
        {"format": "creditbank-receipt/1"},
        b'{"format": "creditbank-statement/1"}',
        '{"x": 1, "format" : "creditbank-receipt/9"}',
        {"something": "else"},
    ):
        assert names_entries(receipt)
        assert verified(receipt, Relied()).document_kind is None
    for certificate in (whole, compact_bytes(whole), sd_jwt(), b"%PDF-1.7", b""):
        assert not names_entries(certificate)


def test_what_is_at_hand_is_not_fetched(whole: dict[str, Any]) -> None:
    relied = relied_on(World())
    assert verified(whole, relied).result is Result.VALID
    assert verified(compact_bytes(whole), relied).result is Result.VALID
    assert verified(sd_jwt(), relied).result is Result.VALID
    revoked = relied_on(World(revoked={POSITION}))
    assert answers(verified(whole, revoked)) == {"revoked"}


def test_where_nobody_may_be_asked_that_is_the_answer(whole: dict[str, Any]) -> None:
    assert answers(verified(whole, Relied())) == {"issuer_unknown"}
    without_lists = relied_on(World(), lists=lambda _url: None)
    report = verified(whole, without_lists)
    assert (report.result, answers(report)) == (Result.UNDECIDABLE, {"status_unreachable"})
    listed_elsewhere = relied_on(
        World(), lists=lambda _url: None, fetcher=Fetcher(["other.example"])
    )
    assert answers(verified(whole, listed_elsewhere)) == {"status_unreachable"}
    asked = relied_on(World(), documents={}, fetcher=Fetcher(["other.example"]))
    assert answers(verified(whole, asked)) == {"issuer_unknown"}


def test_the_hosts_of_known_issuers_may_be_asked() -> None:
    fetcher = fetcher_of(
        ["did:web:bank.example%3A8443:path", "did:web:other.example", "did:key:z6Mk"],
        ["lists.example", " "],
    )
    assert fetcher._hosts == {"bank.example:8443", "other.example", "lists.example"}


def test_a_receipt_needs_neither_database_nor_what_only_certificates_need() -> None:
    program = """
import sys
from creditbank.services.verifying import verify_document, Relied
verify_document(b'{"format":"creditbank-receipt/1"}', now=0, relied=Relied())
print(*sorted({"sqlalchemy", "openvc", "openbadgeslib", "httpx"} & sys.modules.keys()))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "\n"
