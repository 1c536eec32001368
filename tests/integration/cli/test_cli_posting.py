"""`post`, `balance` and `statement` against a real server."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from creditbank.domain.access import Role
from creditbank.errors.access import NotGranted, Unauthenticated
from creditbank.errors.cli import FileUnreadable, TokenMissing
from creditbank.errors.clients import AddressUnsafe, BankUnreachable
from creditbank.errors.sheets import SheetHeadingsMissing
from creditbank.services import tokens
from creditbank.storage import access
from tests import factories
from tests.banks import COLLEGE, DESK, SCHOOL
from tests.integration.cli.commands import Commands, Folder, Result, title_of
from tests.unit.clients.sheet_files import HEADINGS, csv_text, resident_id, row, xlsx


@pytest.fixture
def _as_school(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITBANK_TOKEN", folder.bank.tokens[SCHOOL].text)


@pytest.mark.usefixtures("_as_school")
def test_a_token_tells_whose_it_is(commands: Commands, address: str, folder: Folder) -> None:
    held = commands.run("whoami", "--server", address, "--json").json
    token = folder.bank.tokens[SCHOOL]
    assert (held["id"], held["org"], held["role"]) == (token.id, SCHOOL, "institution")
    said = commands.run("whoami", "--server", address)
    assert (said.code, SCHOOL in said.out, token.text in said.out) == (0, True, False)


def sheet(path: Path, *rows: list[object], name: str = "sheet.csv") -> Path:
    file = path / name
    file.write_bytes(csv_text([HEADINGS, *rows]).encode("gb18030"))
    return file


def post(commands: Commands, file: Path, address: str, *options: str) -> Result:
    return commands.run("post", file, "--server", address, "--json", *options)


def counts(result: Result) -> list[int]:
    return [result.json[name] for name in ("rows", "recorded", "replayed", "refused")]


@pytest.mark.usefixtures("_as_school")
def test_a_sheet_is_tried_posted_and_posted_again(
    commands: Commands, folder: Folder, address: str, tmp_path: Path
) -> None:
    file = sheet(tmp_path, *(row(number) for number in range(1, 8)))
    before = folder.bank.size
    tried = post(commands, file, address, "--dry-run")
    assert (tried.code, counts(tried), folder.bank.size) == (0, [7, 7, 0, 0], before)
    done = post(commands, file, address, "--chunk", "3", "--operator", "经办甲")
    assert (done.code, counts(done), len(done.json["batches"])) == (0, [7, 7, 0, 0], 3)
    mixed = sheet(tmp_path, *(row(number) for number in range(7, 0, -1)), name="mixed.csv")
    again = post(commands, mixed, address)
    assert (again.code, counts(again), again.json["batches"]) == (0, [7, 0, 7, 0], [])
    folder.bank.require_clean()


@pytest.mark.usefixtures("_as_school")
def test_bad_rows_are_named_by_their_number_in_the_file(
    commands: Commands, address: str, tmp_path: Path
) -> None:
    rows = [
        row(1),
        row(2, 证件号码="4.49999E+17"),
        row(3, 实操学时="12"),
        row(4),
        row(5, 评价日期="2126-01-20"),
        row(6, 证件号码=resident_id(1), 模块代码="NO-SUCH"),
    ]
    file = tmp_path / "bad.xlsx"
    file.write_bytes(xlsx([["汇总表"], HEADINGS, *rows]))
    result = post(commands, file, address)
    assert (result.code, counts(result)) == (1, [6, 2, 0, 4])
    assert [
        (bad["row"], bad["column"], bad["problem"]["slug"]) for bad in result.json["bad_rows"]
    ] == [
        (4, "document_number", "invalid-document"),
        (5, "hours_practice", "too-few-hours"),
        (7, "assessed_on", "date-in-future"),
        (8, "name", "name-mismatch"),
    ]
    said = commands.run("post", file, "--server", address)
    assert said.code == 1
    assert all(f"\n{number} " in said.out for number in (4, 5, 7, 8))
    assert "4.49999E+17" not in said.out
    assert resident_id(1) not in said.out


@pytest.mark.usefixtures("_as_school")
def test_all_or_nothing_is_nothing_if_a_row_is_bad(
    commands: Commands, folder: Folder, address: str, tmp_path: Path
) -> None:
    before = folder.bank.size
    unreadable = sheet(tmp_path, row(1), row(2, 是否合格=""), name="unreadable.csv")
    refused = sheet(tmp_path, row(1), row(2, 实操学时="12"), name="refused.csv")
    for file in (unreadable, refused):
        result = post(commands, file, address, "--atomic")
        assert (result.code, counts(result)) == (1, [2, 0, 0, 1])
        assert [bad["row"] for bad in result.json["bad_rows"]] == [3]
    assert folder.bank.size == before
    good = post(commands, sheet(tmp_path, row(1), row(2)), address, "--atomic")
    assert (good.code, counts(good)) == (0, [2, 2, 0, 0])


@pytest.mark.usefixtures("_as_school")
def test_what_was_not_read_is_remarked(commands: Commands, address: str, tmp_path: Path) -> None:
    file = sheet(tmp_path, row(1), ["填表人：赵某", *[""] * (len(HEADINGS) - 1)])
    said = commands.run("post", file, "--server", address, "--dry-run")
    assert said.code == 0
    assert "序号" in said.err
    assert "3" in said.err


@pytest.mark.usefixtures("_as_school")
def test_a_sheet_that_cannot_be_read_is_refused_before_anything_is_sent(
    commands: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "none.csv"
    file.write_text("姓名,备注\n张三,x\n", encoding="utf-8")
    refused = post(commands, file, "http://127.0.0.1:9")
    assert (refused.code, refused.out) == (2, "")
    assert title_of(SheetHeadingsMissing) in refused.err


def test_a_token_comes_from_a_file_or_the_environment_or_not_at_all(
    commands: Commands, folder: Folder, address: str, tmp_path: Path
) -> None:
    file = sheet(tmp_path, row(1))
    missing = post(commands, file, address)
    assert (missing.code, title_of(TokenMissing) in missing.err) == (2, True)
    token = tmp_path / "token"
    token.write_text(folder.bank.tokens[SCHOOL].text + "\n", encoding="utf-8")
    assert post(commands, file, address, "--token-file", str(token)).code == 0
    token.write_text("", encoding="utf-8")
    empty = post(commands, file, address, "--token-file", str(token))
    assert (empty.code, title_of(TokenMissing) in empty.err) == (2, True)
    for content, name in ((b"\xff", "token"), (None, "nosuch")):
        if content:
            token.write_bytes(content)
        unread = post(commands, file, address, "--token-file", str(tmp_path / name))
        assert (unread.code, title_of(FileUnreadable) in unread.err) == (2, True)


def test_a_refusal_of_the_whole_request_says_why(
    commands: Commands, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDITBANK_TOKEN", "cbt_nosuch_token")
    refused = post(commands, sheet(tmp_path, row(1)), address)
    assert (refused.code, refused.out) == (2, "")
    assert title_of(Unauthenticated) in refused.err


@pytest.mark.usefixtures("_as_school")
def test_a_bank_that_cannot_be_reached_is_named(commands: Commands, tmp_path: Path) -> None:
    file = sheet(tmp_path, row(1))
    refused = post(commands, file, "http://127.0.0.1:9")
    assert (refused.code, title_of(BankUnreachable) in refused.err) == (2, True)
    plain = post(commands, file, "http://bank.test")
    assert (plain.code, title_of(AddressUnsafe) in plain.err) == (2, True)


def learner_token(folder: Folder, account: str) -> str:
    now = int(time.time())
    token, values = tokens.new_token(
        folder.bank.bank.keyring,
        org="bank",
        role=Role.LEARNER,
        label="",
        now=now,
        expires_at=now + 600,
        account=account,
    )
    folder.bank.database.write_sync(lambda found: access.add_token(found, values))
    return token.text


def test_a_learner_sees_balance_and_statement(
    commands: Commands, folder: Folder, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = folder.bank.post(factories.completion("s-1", 1)).account
    monkeypatch.setenv("CREDITBANK_TOKEN", learner_token(folder, account))
    monkeypatch.setenv("CREDITBANK_SERVER", address)
    balance = commands.run("balance", "--json")
    assert (balance.code, balance.json["account"], balance.json["lots"]) == (0, account, 1)
    said = commands.run("balance")
    assert "cn-16" in said.out
    assert "1.50" in said.out
    assert "24.00" in said.out
    before = commands.run("balance", "--achieved-by", "2026-06-01", "--json")
    assert before.json["lots"] == 0
    entries = commands.run("statement", "--json").json
    assert [entry["kind"] for entry in entries] == ["account/1", "outcome/1"]
    assert "工业视觉质检" in commands.run("statement").out


def test_others_see_what_they_may(
    commands: Commands, folder: Folder, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = folder.bank.post(factories.completion("s-1", 1)).account
    monkeypatch.setenv("CREDITBANK_SERVER", address)
    monkeypatch.setenv("CREDITBANK_TOKEN", folder.bank.tokens[DESK].text)
    assert commands.run("balance", account, "--json").json["lots"] == 1
    monkeypatch.setenv("CREDITBANK_TOKEN", folder.bank.tokens[COLLEGE].text)
    for command in ("balance", "statement"):
        refused = commands.run(command, account)
        assert (refused.code, refused.out) == (2, "")
        assert title_of(NotGranted) in refused.err
