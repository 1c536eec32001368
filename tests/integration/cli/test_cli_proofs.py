"""The whole way of a signed posting, over HTTP, and its receipt at somebody who has no bank."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
import yaml

from creditbank.clients import offline
from creditbank.clients.bank import AsyncBankClient, BankClient
from creditbank.domain.access import Role
from creditbank.errors.verification import AttestationMissing, SigningKeyInvalid
from tests import factories
from tests.banks import ORIGIN, SCHOOL
from tests.integration.cli.commands import Commands, Folder, title_of
from tests.strangers import Stranger
from tests.unit.clients.sheet_files import HEADINGS, csv_text, row


@pytest.fixture
def stranger(tmp_path: Path) -> Stranger:
    """A college that has the program and nothing of the bank."""
    folder = tmp_path / "college"
    folder.mkdir()
    return Stranger(folder)


def register_key(commands: Commands, tmp_path: Path) -> Path:
    """Make the school's key and publish that it signs everything with it; return the key file."""
    file = tmp_path / "school.key"
    names = ["--origin", ORIGIN, "--institution", SCHOOL, "--kid", "2026-1"]
    public = commands.run("signing-key", "new", file, *names, "--json").json
    signing: dict[str, Any] = {
        "keys": [public | {"valid_from": "2026-01-01"}],
        "signing": "required",
    }
    document = factories.institution(SCHOOL, version="2", **signing)
    register = tmp_path / "register.yaml"
    register.write_text(yaml.safe_dump({"kind": "institution", "document": document}), "utf-8")
    assert commands.local("register", "publish", register).code == 0
    return file


def sheet(tmp_path: Path, rows: int) -> Path:
    file = tmp_path / "sheet.csv"
    text = csv_text([HEADINGS, *(row(number) for number in range(1, rows + 1))])
    file.write_text(text, encoding="utf-8")
    return file


def wait_until_published(address: str, size: int) -> None:
    """Wait until the server has published so many entries: a second, at most a few."""
    deadline = time.monotonic() + 60
    with BankClient(address) as bank:
        while bank.log_status().published < size:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def answers(report: dict[str, Any]) -> set[str]:
    return set(report["answers"])


def test_a_signed_posting_is_verified_by_somebody_who_has_no_bank(
    commands: Commands, folder: Folder, address: str, tmp_path: Path, stranger: Stranger
) -> None:
    key = register_key(commands, tmp_path)
    (tmp_path / "token").write_text(folder.bank.tokens[SCHOOL].text)
    remote = ("--server", address, "--token-file", tmp_path / "token")
    posting = ("post", sheet(tmp_path, 5), *remote, "--json")

    unsigned = commands.run(*posting)
    assert unsigned.code == 1
    slugs = {bad["problem"]["slug"] for bad in unsigned.json["bad_rows"]}
    assert slugs == {AttestationMissing.slug}
    signed = commands.run(*posting, "--signing-key", key, "--chunk", "2")
    assert (signed.code, signed.json["recorded"]) == (0, 5)
    again = commands.run(*posting, "--signing-key", key)
    assert (again.code, again.json["replayed"]) == (0, 5)
    with BankClient(address, folder.bank.tokens[SCHOOL].text) as school:
        entry = next(one for one in school.entries(limit=200).entries if one.kind == "outcome/1")
    wait_until_published(address, folder.bank.size)

    receipt = commands.run("receipt", entry.index, *remote)
    assert receipt.code == 0
    (stranger.folder / "receipt.json").write_text(receipt.out, "utf-8")
    keys = commands.local("keys", "list").out
    (stranger.folder / "bank.keys").write_text(keys, "utf-8")

    code, report = stranger.verify("receipt.json", "bank.keys")
    assert (code, report["result"], report["level"]) == (0, "valid", "published")
    (verified,) = report["entries"]
    assert (verified["index"], verified["org"], verified["signature"]) == (
        *(entry.index, SCHOOL, "signed"),
    )
    code, out = stranger.run("verify", "receipt.json", "--key", "bank.keys")
    assert (code, out.count("✓")) == (0, len(report["steps"]))

    forged = json.loads(receipt.out)
    forged["parts"]["person"]["value"]["outcome"] = "0" * 32
    (stranger.folder / "forged.json").write_text(json.dumps(forged), "utf-8")
    code, report = stranger.verify("forged.json", "bank.keys")
    assert (code, "forged" in answers(report)) == (1, True)
    code, report = stranger.verify("receipt.json")
    assert (code, "unknown_key" in answers(report)) == (2, True)


def test_a_statement_and_a_receipt_of_chosen_parts_are_fetched_and_verified(
    commands: Commands, folder: Folder, address: str, tmp_path: Path, stranger: Stranger
) -> None:
    posted = folder.bank.post(factories.completion("s-1", 1))
    token = folder.bank.token("bank", Role.LEARNER, account=posted.account)
    (tmp_path / "token").write_text(token.text)
    remote = ("--server", address, "--token-file", tmp_path / "token")
    wait_until_published(address, folder.bank.size)
    statement = commands.run("statement", *remote, "--proven")
    receipt = commands.run("receipt", posted.index, *remote, "--parts", "act, learner_link")
    for name, found in (("statement", statement), ("receipt", receipt)):
        assert found.code == 0
        (stranger.folder / f"{name}.json").write_text(found.out, "utf-8")
    assert set(receipt.json["parts"]) == {"act", "learner_link"}
    with BankClient(address) as bank:
        keys = bank.bank().verifier_keys
        assert bank.log_keys().every == keys
        asked = bank.verify(statement.json)
        assert (asked.result, asked.document_kind) == ("valid", "statement")
        assert bank.verify(statement.json, policy="quorum none\n").result == "valid"
        assert bank.verify(statement.json, keys=keys[:1]).result == "undecidable"
    code, report = stranger.verify("statement.json", *keys)
    assert (code, len(report["entries"])) == (0, 2)
    assert offline.verify(statement.out, keys).document() == report | {"steps": ANY}
    assert stranger.verify("statement.json", *keys[:2])[0] == 2, "no key of account heads"
    code, report = stranger.verify("receipt.json", *keys)
    assert (code, "hidden_part" in answers(report)) == (0, True)
    wrong = commands.run("statement", *remote, "--parts", "act")
    assert (wrong.code, wrong.out) == (2, "")


def test_anybody_audits_the_log_of_a_running_bank(
    commands: Commands, folder: Folder, address: str, tmp_path: Path
) -> None:
    folder.bank.post(factories.completion("s-1", 1))
    wait_until_published(address, folder.bank.size)
    keys = tmp_path / "bank.keys"
    keys.write_text(commands.local("keys", "list").out, "utf-8")
    log = ("--log", f"{address}/log", "--key", keys, "--json")
    report = commands.run("audit", *log)
    assert (report.code, report.json["clean"]) == (0, True)
    assert (report.json["origin"], report.json["entries"]) == (ORIGIN, folder.bank.size)
    mine = ("--from-last", "--state", tmp_path / "state")
    assert commands.run("audit", *log, *mine).json["since"] == 0
    folder.bank.post(factories.completion("s-2", 2))
    wait_until_published(address, folder.bank.size)
    again = commands.run("audit", *log, *mine).json
    assert (again["clean"], again["since"]) == (True, report.json["entries"])
    assert again["entries"] == folder.bank.size


async def test_programs_get_the_same_documents(folder: Folder, address: str) -> None:
    posted = folder.bank.post(factories.completion("s-1", 1))
    wait_until_published(address, folder.bank.size)
    async with AsyncBankClient(address, folder.bank.tokens[SCHOOL].text) as school:
        keys = (await school.log_keys()).every
        receipt = await school.receipt(posted.index, parts=["act"])
        first = await school.post_outcome(factories.completion("s-2", 2))
        assert first.checkpoint is not None
        assert f"\n{first.index + 1}\n" in first.checkpoint
    assert offline.verify(receipt, keys).result is offline.Result.VALID
    text = "# keys\n" + "\n".join(keys) + "\n\n"
    assert [str(key) for key in offline.keys_of(text)] == list(keys)


def test_a_key_file_that_is_none_posts_nothing(
    commands: Commands, folder: Folder, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("{}")
    sent = ("post", sheet(tmp_path, 1), "--server", "http://127.0.0.1:9", "--json")
    refused = commands.run(*sent, "--signing-key", tmp_path / "key")
    assert (refused.code, refused.out) == (2, "")
    assert title_of(SigningKeyInvalid) in refused.err
