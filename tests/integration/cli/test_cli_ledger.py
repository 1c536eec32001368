"""`audit`, `rebuild`, `erasures publish`."""

from __future__ import annotations

import pytest

from creditbank.cli import auditing
from creditbank.cli.walkthrough.tampering import change_byte
from creditbank.errors.keys import KeyMissing
from creditbank.services.learners import Erase
from creditbank.storage.tables import OutcomeRow
from creditbank.texts import translator
from tests import factories
from tests.banks import SCHOOL
from tests.integration.cli.commands import Commands, Folder, title_of


def test_a_clean_ledger_is_audited_as_clean(commands: Commands, folder: Folder) -> None:
    folder.bank.post(factories.completion("s-1", 1))
    report = commands.local("audit", "--json")
    assert report.code == 0
    assert (report.json["clean"], report.json["findings"]) == (True, [])
    assert report.json["entries"] == folder.bank.size
    said = commands.local("audit")
    assert said.code == 0
    assert said.out.count("✓") == len(report.json["checked"])


def test_a_changed_byte_is_found_and_its_entry_named(commands: Commands, folder: Folder) -> None:
    index = folder.bank.post(factories.completion("s-1", 1)).index
    change_byte(folder.bank.database, index)
    report = commands.local("audit", "--json")
    assert report.code == 1
    assert index in [finding.get("index") for finding in report.json["findings"]]
    said = commands.local("audit")
    assert said.code == 1
    assert "✗" in said.out
    assert str(index) in said.out


def test_a_field_of_a_finding_that_is_a_message_is_translated_too(
    commands: Commands, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.bank.post(factories.completion("s-1", 1))
    folder.bank.write("DELETE FROM outcomes")
    found = commands.local("audit", "--json").json["findings"]
    assert "it is missing" in found[0]["message"], "on the wire it stays as it is"
    monkeypatch.setattr(auditing, "_", translator("zh_CN").gettext)
    chinese = commands.local("audit").out
    assert "视图 outcomes，行 " in chinese
    assert "：缺失" in chinese
    assert "it is missing" not in chinese


def test_an_audit_that_cannot_run_says_so(commands: Commands) -> None:
    (commands.folder / "keys" / "vault.key").unlink()
    refused = commands.local("audit")
    assert (refused.code, refused.out) == (2, "")
    assert title_of(KeyMissing) in refused.err


def test_lost_views_are_rebuilt(commands: Commands, folder: Folder) -> None:
    folder.bank.post(factories.completion("s-1", 1))
    before = folder.bank.rows(OutcomeRow)
    folder.bank.write("DELETE FROM outcomes")
    assert commands.local("audit").code == 1
    rebuilt = commands.local("rebuild", "--json")
    assert (rebuilt.code, rebuilt.json) == (0, {"entries": folder.bank.size})
    assert folder.bank.rows(OutcomeRow) == before
    assert str(folder.bank.size) in commands.local("rebuild").out


def test_erasures_of_past_days_are_covered_once(commands: Commands, folder: Folder) -> None:
    account = folder.bank.post(factories.completion("s-1", 1)).account
    assert commands.local("erasures", "publish", "--json").json == {}
    folder.bank.do(Erase(account, folder.bank.tokens[SCHOOL].id))
    assert commands.local("erasures", "publish", "--json").json == {}, "today is not over"
    folder.bank.write("UPDATE erasures SET day = '2026-01-01'")
    covered = commands.local("erasures", "publish", "--json").json
    assert covered == {"index": folder.bank.size - 1}
    assert commands.local("erasures", "publish").code == 0
    assert commands.local("audit").code == 0


def test_an_operator_is_erased_on_demand(commands: Commands, folder: Folder) -> None:
    folder.bank.post(factories.completion("s-1", 1))
    asked = ("erasures", "operator", "--org", SCHOOL, "--name", "经办甲", "--yes")
    assert commands.local(*asked, "--json").json == {"entries": 2, "keys": 1}
    assert commands.local(*asked, "--json").json == {"entries": 0, "keys": 0}
    assert commands.local(*asked).code == 0
    assert commands.local("audit").code == 0
