"""A wallet whose protocols somebody else has written takes certificates, and reads a request."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from creditbank.storage.database import Database
from tests import factories
from tests.banks import COLLEGE, DESK, TestBank, make_bank
from tests.e2e.servers import serving
from tests.js.others import ran


@pytest.fixture
def bank(sqlite_template: Path, tmp_path: Path) -> Iterator[TestBank]:
    file = tmp_path / "bank.db"
    shutil.copyfile(sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    yield make_bank(database, tmp_path)
    database.engine.dispose()


@pytest.fixture
def address(bank: TestBank) -> Iterator[str]:
    with serving(bank) as url:
        yield url


def test_another_wallet_takes_both_forms_and_reads_what_a_college_asks(
    bank: TestBank, address: str
) -> None:
    posted = bank.post(factories.completion("outside-1", 1))
    desk = {"authorization": f"Bearer {bank.tokens[DESK].text}"}
    college = {"authorization": f"Bearer {bank.tokens[COLLEGE].text}"}

    def offered(configuration: str) -> dict[str, str]:
        body = {"outcome": posted.outcome, "configurations": [configuration]}
        path = f"{address}/v1/learners/{posted.account}/wallet-offers"
        made = httpx.post(path, json=body, headers=desk).json()
        code = {"tx_code": made["transaction_code"], "configuration": configuration}
        return {"uri": made["uri"]} | code

    wrong = offered("SkillsCredit_ldp_vc")
    wrong["tx_code"] = "x" + wrong["tx_code"][1:]
    asked = httpx.post(
        f"{address}/v1/presentations",
        json={"purpose": "学分认定", "claims": ["name", "credits"]},
        headers=college,
    ).json()
    offers = [offered("SkillsCredit_ldp_vc"), offered("SkillsCredit_dc_sd_jwt"), wrong]
    found: Any = ran("wallet.mjs", {"offers": offers, "request": asked["uri"]})
    badge, sd_jwt, refused = found["taken"]
    assert badge["credential"]["type"] == ["VerifiableCredential", "OpenBadgeCredential"], found
    assert sd_jwt["credential"].count("~") > 1
    assert "error" in refused
    named = {"client": "decentralized_identifier", "query": ["dc+sd-jwt", "ldp_vc"]}
    assert found["asked"] == named
    for text in (json.dumps(badge["credential"]), sd_jwt["credential"]):
        report = httpx.post(f"{address}/v1/verify", json={"text": text}, timeout=30).json()
        assert report["result"] == "valid"
