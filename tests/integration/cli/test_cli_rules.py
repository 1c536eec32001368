"""`rules`: lint, test, explain, diff, simulate, and the rulebooks that ship."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from creditbank.cli.wording import _
from creditbank.clients.signing import InstitutionSigner
from creditbank.domain.access import Role
from creditbank.domain.register_signing import RegisterSignature
from creditbank.errors.cli import OldVersionMissing
from creditbank.errors.registers import RegisterInvalid, RegisterUnknown
from creditbank.errors.rules import YamlUnreadable
from creditbank.services import rulebooks
from creditbank.services.actors import Poster
from creditbank.services.rulebooks import PublishRulebook
from tests import factories
from tests.banks import COLLEGE, ORIGIN
from tests.integration.cli.commands import Commands, Folder, title_of
from tests.rulebooks import amount, rule, rulebook

EXEMPTION = {"kind": "exemption", "of": {"zh": "理论考试", "en": "The theory examination"}}
DRAFT = """\
id: draft
version: "1"
valid_from: "2026-01-01"
region: "450000"
title: {zh: 草案, en: Draft}
owner: OWNER
status: example
procedure: {steps: [{id: apply, title: {zh: 申请, en: Apply}, by: learner}]}
rules:
  - id: r-1
    version: "1"
    title: {zh: 免考, en: Exemption}
    citation: {title: 示例, status: example}
    target: {kind: exemption, of: {zh: 理论考试, en: Theory}}
    needs:
      id: modules
      kind: amount
      unit: {measure: credit, system: cn-16}
      at_least: "1.50"
      select: {type: [module], module: [GD-AI-VQI]}
    use: {scope: academic}
    tests:
      - title: {zh: 一个模块, en: One module}
        on: "2026-06-30"
        outcomes:
          - id: a
            type: module
            module: GD-AI-VQI
            achieved_on: "2026-03-01"
            credits: [{system: cn-16, amount: "1.50"}]
        expect: [{rule: r-1, result: met}]
""".replace("OWNER", "12449999000000105L")


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_draft_in_order_passes_and_one_that_is_not_is_placed(
    commands: Commands, tmp_path: Path
) -> None:
    good = written(tmp_path / "good.yaml", DRAFT)
    assert commands.run("rules", "lint", good).code == 0
    assert commands.run("rules", "lint", good, "--json").json == []
    bad = DRAFT.replace("[GD-AI-VQI]", "[GD-AI-XXX]")
    told = commands.run("rules", "lint", written(tmp_path / "bad.yaml", bad))
    assert told.code == 1
    line = bad.splitlines().index("      select: {type: [module], module: [GD-AI-XXX]}") + 1
    assert f"bad.yaml:{line}:41: " in told.out
    assert "GD-AI-XXX" in told.out
    as_json = commands.run("rules", "lint", tmp_path / "bad.yaml", "--json").json
    assert as_json[0]["reason"] == "no_such_register"
    assert as_json[0]["where"] == "/rules/0/needs/select/module/0"
    assert as_json[0]["remedy"]


@pytest.mark.parametrize(
    ("change", "line", "reason"),
    [
        (("needs:", "wants:"), 15, "unknown_member"),
        (('at_least: "1.50"', "at_least: half"), 19, "form"),
        (("kind: amount", "kind: amounts"), 17, "not_one_of"),
    ],
)
def test_faults_of_form_have_line_and_remedy(
    commands: Commands, tmp_path: Path, change: tuple[str, str], line: int, reason: str
) -> None:
    file = written(tmp_path / "form.yaml", DRAFT.replace(*change))
    found = {
        (one["line"], one["reason"]) for one in commands.run("rules", "lint", file, "--json").json
    }
    assert (line, reason) in found
    refused = commands.run("rules", "test", file)
    assert refused.code == 2
    assert title_of(RegisterInvalid) in refused.err
    assert f"form.yaml:{line}:" in refused.err


def test_yaml_that_cannot_be_read_is_placed_and_others_are_looked_at(
    commands: Commands, tmp_path: Path
) -> None:
    broken = written(tmp_path / "x.yaml", "a: [1\nb: 2")
    tagged = written(tmp_path / "tag.yaml", "id: !!python/tuple [1]")
    other = written(tmp_path / "other.yaml", DRAFT.replace("[GD-AI-VQI]", "[GD-AI-XXX]"))
    told = commands.run("rules", "lint", broken, tagged, other)
    assert told.code == 1
    assert f"x.yaml:2:2: {_('error')}: {title_of(YamlUnreadable)} [yaml-unreadable]" in told.out
    assert "tag.yaml:1:5: " in told.out
    assert "GD-AI-XXX" in told.out
    found = commands.run("rules", "lint", broken, "--json").json
    assert [(one["line"], one["column"], one["reason"]) for one in found] == [
        (2, 2, "yaml-unreadable")
    ]
    assert found[0]["remedy"]
    refused = commands.run("rules", "test", broken)
    assert refused.code == 2
    assert title_of(YamlUnreadable) in refused.err


def test_a_rulebook_that_is_too_large_is_told_of_by_lint(
    commands: Commands, tmp_path: Path
) -> None:
    rules = [rule(id=f"r-{at}", target=EXEMPTION) for at in range(1001)]
    file = written(tmp_path / "large.yaml", yaml.safe_dump(rulebook(*rules), allow_unicode=True))
    (only,) = commands.run("rules", "lint", file, "--json").json
    assert (only["line"], only["severity"], only["reason"]) == (1, "error", "rulebook-too-large")
    assert "1000" in only["remedy"]


def test_a_shipped_frame_binds_a_draft_only_beside_one_that_is_under_it(
    commands: Commands, tmp_path: Path
) -> None:
    here = DRAFT.replace('region: "450000"', 'region: "440300"')
    alone = written(tmp_path / "alone.yaml", here)
    assert commands.run("rules", "lint", alone).code == 0
    under = here.replace("id: draft", "id: under").replace(
        "status: example\nprocedure", "under: gd-credit-frame\nstatus: example\nprocedure"
    )
    assert "gd-credit-frame" in under
    together = commands.run(
        "rules", "lint", alone, written(tmp_path / "under.yaml", under), "--json"
    )
    assert {
        (one["file"], one["reason"]) for one in together.json if one["severity"] == "error"
    } >= {(str(alone), "frame_passed_by")}


def test_cases_are_run_and_failures_placed(commands: Commands, tmp_path: Path) -> None:
    good = written(tmp_path / "good.yaml", DRAFT)
    assert commands.run("rules", "test", good, "--json").json == [
        {"rulebook": "draft", "cases": 1, "passed": 1, "failed": []}
    ]
    bad = written(tmp_path / "bad.yaml", DRAFT.replace("result: met", "result: not_met"))
    told = commands.run("rules", "test", bad)
    assert told.code == 1
    assert f"bad.yaml:{len(DRAFT.splitlines())}:" in told.out


def test_rules_are_explained(commands: Commands, tmp_path: Path) -> None:
    told = commands.run("rules", "explain", written(tmp_path / "d.yaml", DRAFT), "r-1")
    assert "r-1" in told.out
    assert "GD-AI-VQI" in told.out
    assert "1.50" in told.out


def test_what_ships_is_listed_printed_and_in_order(commands: Commands, tmp_path: Path) -> None:
    assert "gd-credit-frame" in commands.run("rules", "shipped").out
    text = commands.run("rules", "shipped", "x-credit").out
    assert commands.run("rules", "test", written(tmp_path / "x.yaml", text)).code == 0
    assert title_of(RegisterUnknown) in commands.run("rules", "shipped", "none").err
    around = written(tmp_path / "around.yaml", commands.run("rules", "shipped", "--around").out)
    assert commands.local("register", "publish", around).code == 0
    assert commands.local("register", "publish", tmp_path / "x.yaml").code == 0
    assert commands.local("rules", "lint", tmp_path / "x.yaml").code == 0


def test_a_difference_is_said_in_words(commands: Commands, tmp_path: Path) -> None:
    old = written(tmp_path / "old.yaml", DRAFT)
    new = written(
        tmp_path / "new.yaml",
        DRAFT.replace('version: "1"', 'version: "2"', 1).replace(
            'at_least: "1.50"', 'at_least: "3"'
        ),
    )
    told = commands.run("rules", "diff", new, "--old", old, "--json").json
    assert [one["where"] for one in told[0]["changes"]] == ["/rules/0/needs/at_least"]
    assert told[0]["changes"][0]["effect"] == "stricter"
    assert "learners" not in told[0]
    assert title_of(OldVersionMissing) in commands.run("rules", "diff", new).err
    same = commands.run("rules", "diff", old, "--old", old)
    assert same.code == 0


def drafted(path: Path, **more: Any) -> Path:
    needs = amount("1.50", select={"type": ["module"]}, id="modules") | more
    document = rulebook(
        rule(target=EXEMPTION, needs=needs), id="own", owner=COLLEGE, region=factories.REGION
    )
    return written(path, yaml.safe_dump(document, allow_unicode=True))


def test_a_draft_is_run_over_real_outcomes_and_touches_nothing(
    commands: Commands, folder: Folder, tmp_path: Path
) -> None:
    for person in (1, 2):
        folder.bank.post(factories.completion(f"s-{person}", person))
    folder.bank.post(factories.course("c-3", 3))
    size, rows = folder.bank.size, folder.bank.rows()
    told = commands.local("rules", "simulate", drafted(tmp_path / "d.yaml"), "--json")
    assert told.code == 0, told.err
    (only,) = told.json
    assert only["learners"] == 3
    assert only["targets"][0]["verdicts"] == {"met": 2, "not_met": 1}
    assert only["targets"][0]["lacking"][0]["condition"] == "modules"
    assert commands.local("rules", "simulate", tmp_path / "d.yaml").code == 0
    assert folder.bank.size == size
    assert folder.bank.rows() == rows, "not one row of any table is another"


def test_a_difference_names_whose_result_would_change(
    commands: Commands, folder: Folder, tmp_path: Path
) -> None:
    accounts = [folder.bank.post(factories.completion(f"s-{at}", at)).account for at in (1, 2)]
    old = drafted(tmp_path / "old.yaml")
    published = {"kind": "rulebook", "document": yaml.safe_load(old.read_text(encoding="utf-8"))}
    file = written(tmp_path / "publish.yaml", yaml.safe_dump(published, allow_unicode=True))
    assert commands.local("register", "publish", file).code == 0
    size, rows = folder.bank.size, folder.bank.rows()
    new = drafted(tmp_path / "new.yaml", at_least="3.00")
    told = commands.local("rules", "diff", new, "--json").json[0]
    assert told["learners"] == 2
    assert sorted(one["account"] for one in told["affected"]) == sorted(accounts)
    assert {(one["before"], one["after"]) for one in told["affected"]} == {(_("met"), _("not met"))}
    assert accounts[0] in commands.local("rules", "diff", new).out
    assert folder.bank.size == size
    assert folder.bank.rows() == rows


def test_an_owner_publishes_over_the_network_and_signs(
    commands: Commands,
    folder: Folder,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    org = factories.organisation_code(71)
    key = tmp_path / "key.json"
    made = commands.run(
        *("signing-key", "new", key, "--origin", ORIGIN, "--institution", org),
        *("--kid", "k1", "--json"),
    )
    registered = factories.institution(
        org, "college", keys=[made.json | {"valid_from": "2026-01-01"}], signing="required"
    )
    folder.bank.publish("institution", registered)
    monkeypatch.setenv("CREDITBANK_TOKEN", folder.bank.token(org, Role.COLLEGE).text)
    document = rulebook(
        rule(target=EXEMPTION, needs=amount(id="modules")),
        id="signed",
        owner=org,
        region=factories.REGION,
    )
    file = written(tmp_path / "signed.yaml", yaml.safe_dump(document, allow_unicode=True))
    refused = commands.run("rules", "publish", file, "--server", address)
    assert refused.code == 2
    options = ("--server", address, "--signing-key", key, "--reviewer", "复核乙")
    done = commands.run("rules", "publish", file, *options, "--json")
    assert (done.code, done.json[0]["id"], done.json[0]["replayed"]) == (0, "signed", False)
    again = commands.run("rules", "publish", file, *options)
    assert again.code == 0
    assert "signed 1" in again.out
    assert folder.bank.audit().is_clean


def test_an_audit_finds_a_signature_that_the_owner_did_not_make(
    commands: Commands, folder: Folder
) -> None:
    signer = InstitutionSigner.from_seed(
        bytes(32), log=ORIGIN, org=factories.organisation_code(72), kid="k1"
    )
    keys = [signer.public_key | {"valid_from": "2026-01-01"}]
    folder.bank.publish("institution", factories.institution(signer.org, "college", keys=keys))
    document = rulebook(
        rule(target=EXEMPTION), id="forged", owner=signer.org, region=factories.REGION
    )
    signature = signer.sign_register("rulebook", document | {"version": "9"})
    token = folder.bank.token(signer.org, Role.COLLEGE)
    work = PublishRulebook(
        document,
        Poster(token.id, signer.org),
        folder.bank.bank.keyring,
        signature=cast("RegisterSignature", signature),
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rulebooks, "check_signature", lambda *_: None)
        folder.bank.do(work)
    report = commands.local("audit", "--json")
    assert report.code == 1
    assert {one["check"] for one in report.json["findings"]} == {"attestations"}
