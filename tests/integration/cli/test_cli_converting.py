"""`convert`: a worker and a college at the command line, from what is missing to the sheet."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from creditbank.cli.records import KIND_WORDS
from creditbank.cli.wording import locale, word
from creditbank.domain.access import Role
from creditbank.domain.kinds import PARTS
from creditbank.errors.decisions import ConsentMissing, StepNotNext
from creditbank.storage.decision_tables import EvidenceRow
from tests import decision_scene as scene
from tests.banks import COLLEGE, DESK, SCHOOL
from tests.factories import completion, study
from tests.integration.cli.commands import Commands, Folder, Result, title_of

_COMMA = "，" if locale == "zh_CN" else ", "


class People:
    """The commands in somebody's name."""

    def __init__(
        self, folder: Folder, commands: Commands, address: str, patch: pytest.MonkeyPatch
    ) -> None:
        self.bank, self.commands, self.address, self.patch = folder.bank, commands, address, patch
        scene.publish_rulebooks(self.bank)
        self.account = self.bank.post(completion("m-1", 1)).account
        worker = self.bank.token("bank", Role.LEARNER, account=self.account)
        self.bank.tokens["worker"] = worker

    def run(self, who: str, *arguments: object, **options: Any) -> Result:
        self.patch.setenv("CREDITBANK_TOKEN", self.bank.tokens[who].text)
        named = [f"--{name}={value}" for name, value in options.items()]
        return self.commands.run("convert", *arguments, *named, "--server", self.address)


@pytest.fixture
def people(
    folder: Folder, commands: Commands, address: str, monkeypatch: pytest.MonkeyPatch
) -> People:
    return People(folder, commands, address, monkeypatch)


def test_a_decision_from_what_is_missing_to_the_sheet(people: People, tmp_path: Path) -> None:
    seen = people.run("worker", "evaluate", scene.TRANSFER)
    assert seen.code == 0
    assert people.account in seen.out
    assert "1.50" in seen.out
    applied = people.run("worker", "apply", scene.TRANSFER, "--source-id", "a-1")
    assert applied.code == 0
    decision = re.findall(r"[0-9a-f]{32}", applied.out)[0]
    assert decision in people.run("worker", "apply", scene.TRANSFER, "--source-id", "a-1").out
    listed = people.run(COLLEGE, "list", "--status", "pending")
    assert decision in listed.out
    assert "faculty" in listed.out
    early = people.run(DESK, "step", decision, "record")
    assert (early.code, title_of(StepNotNext) in early.err) == (2, True)
    for step, who in (("faculty", COLLEGE), ("check", SCHOOL), ("record", DESK)):
        taken = people.run(who, "step", decision, step, opinion="同意")
        assert taken.code == 0
    shown = people.run("worker", "show", decision, "--check")
    assert shown.code == 0
    assert shown.out.count("同意") == 3
    for name, begins in (("sheet.pdf", b"%PDF"), ("sheet.html", b"<!doctype")):
        file = tmp_path / name
        assert people.run(COLLEGE, "sheet", decision, file).code == 0
        assert file.read_bytes().startswith(begins)
    returned = people.run(COLLEGE, "withdraw", decision, reason="学生退学", json=True)
    assert returned.code == 2  # --json takes no value
    returned = people.run(COLLEGE, "withdraw", decision, "--json", reason="学生退学")
    assert returned.json["status"] == "returned"


def test_a_worker_is_told_what_decisions_left_and_in_words(people: People) -> None:
    assert people.run("worker", "apply", scene.TRANSFER).code == 0
    balance = people.commands.run("balance", "--server", people.address).out
    (used,) = [line for line in balance.splitlines() if f"cn-16{_COMMA}{word('academic')}" in line]
    assert used.split()[-5:] == ["0.00", "1.50", "0.00", "0.00", "0.00"]
    statement = people.commands.run("statement", "--server", people.address).out
    assert KIND_WORDS["conversion/1"] in statement
    assert "/1" not in statement


def test_every_kind_of_entry_of_a_learner_has_a_word() -> None:
    # An institution's `attest` aside, whatever is sealed for a learner stands in their chain.
    assert set(KIND_WORDS) == {kind for kind, parts in PARTS.items() if "person" in parts}


def test_a_college_applies_with_a_paper_and_rejects(people: People, tmp_path: Path) -> None:
    scene.grant(people.bank, people.account)
    account = f"--account={people.account}"
    refused = people.run(COLLEGE, "apply", scene.TRANSFER, account)
    assert title_of(ConsentMissing) in refused.err
    paper, evidence = tmp_path / "consent.pdf", tmp_path / "evidence.yaml"
    paper.write_bytes(b"signed")
    evidence.write_text("enrolment: {major: '510209', since: 2025-09-01}\n", encoding="utf-8")
    given = (account, "--paper", paper, "--notice", "2026-1", "--evidence", evidence, "--json")
    applied = people.run(COLLEGE, "apply", scene.TRANSFER, *given, by="教务处")
    assert applied.json["status"] == "pending"
    decision = applied.json["conversion"]
    rejected = people.run(COLLEGE, "step", decision, "faculty", "--reject", opinion="内容不同")
    assert rejected.code == 0
    found = people.run(COLLEGE, "list", "--json").json
    assert [one["status"] for one in found] == ["rejected"]
    assert people.run(COLLEGE, "evidence", evidence, account, until="2028-07-31").code == 0
    intake = people.run(COLLEGE, "intake", scene.TRANSFER)
    assert "1" in intake.out
    assert len(people.run(COLLEGE, "intake", scene.TRANSFER, "--json").json) == 1
    export = people.bank.rows(EvidenceRow)["evidence"]
    assert "2025-09-01" in str(export[0])


@pytest.mark.parametrize(
    ("text", "message"),
    [("- a list", "evidence.yaml"), ("a: [", "1"), (None, "evidence.yaml")],
)
def test_evidence_that_cannot_be_read_is_named(
    people: People, tmp_path: Path, text: str | None, message: str
) -> None:
    file = tmp_path / "evidence.yaml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    read = people.run("worker", "evaluate", scene.TRANSFER, evidence=file)
    assert read.code == 2
    assert message in read.err


def test_a_path_is_printed(people: People) -> None:
    there = people.run("worker", "path", scene.TRANSFER, "vision")
    assert there.code == 0
    other = people.bank.post(completion("m-2", 2, study())).account
    people.bank.tokens["worker"] = people.bank.token("bank", Role.LEARNER, account=other)
    left = people.run("worker", "path", scene.TRANSFER, "vision")
    assert "GD-AI-VQI" in left.out
    assert "24.00" in left.out
    found = people.run("worker", "path", scene.TRANSFER, "vision", "--json").json
    assert [one["module"] for one in found["modules"]] == ["GD-AI-VQI"]


def test_a_flag_is_shown(people: People) -> None:
    applied = scene.apply(people.bank, scene.question(people.account))
    people.bank.revoke("r-1", people.bank.post(completion("m-1", 1)).index)
    flagged = people.run(COLLEGE, "list", "--flagged")
    assert applied.conversion in flagged.out
    assert people.run(COLLEGE, "show", applied.conversion).code == 0


def test_the_sweep_can_be_run_at_the_machine(commands: Commands) -> None:
    swept = commands.local("convert", "expire")
    assert (swept.code, "0" in swept.out) == (0, True)
