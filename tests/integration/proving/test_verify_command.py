"""`creditbank verify` and `creditbank signing-key`, without a bank, a database or a network."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from jsonschema import Draft202012Validator

from creditbank import texts
from creditbank.cli import guarded, signing, verify
from creditbank.cli.wording import Command, locale
from creditbank.domain.verification.schemas import verification_schemas
from creditbank.errors import CreditBankError
from creditbank.errors.cli import FileUnreadable
from creditbank.errors.ledger import MalformedKey
from creditbank.errors.verification import (
    MalformedPolicy,
    SigningKeyInvalid,
    SigningKeyNotWritten,
)
from tests.banks import ORIGIN, SCHOOL
from tests.proof_scene import ACCOUNTS, ED25519, MLDSA44, WITNESSES, Document, standard_log

app = typer.Typer()
app.command("verify", cls=Command)(verify.verify)
app.add_typer(signing.app, name="signing-key")


class Ran(SimpleNamespace):
    """What a command ended with and printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command in an empty folder that has nothing of a bank."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object) -> Ran:
        words = [str(argument) for argument in arguments]
        code = guarded(lambda: app(words, prog_name="creditbank", standalone_mode=False))
        printed = capsys.readouterr()
        return Ran(code=code, out=printed.out, err=printed.err)

    return command


def write(name: str, content: Document | str) -> str:
    path = Path(name)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return name


def said(error: type[CreditBankError]) -> str:
    return texts.translator(locale).gettext(error.title)


ALL_KEYS = [word for key in (ED25519, MLDSA44, ACCOUNTS) for word in ("--key", key.key)]


def test_valid_receipt_ends_with_0(run: Any) -> None:
    ran = run("verify", write("r.json", standard_log().receipt(4)), *ALL_KEYS)
    assert ran.code == 0
    assert ran.err == ""
    assert "bank.example/log" in ran.out
    assert [line[0] for line in ran.out.splitlines() if line.startswith(("✓", "✗", "?"))] == [
        "✓"
    ] * 9


def test_valid_statement_lists_what_became_of_each_entry(run: Any) -> None:
    log = standard_log()
    log.revoke(4, outcome="a" * 32)
    ran = run("verify", write("s.json", log.statement()), *ALL_KEYS)
    assert ran.code == 0
    rows = [line.split() for line in ran.out.splitlines() if line[:1].isdigit()]
    assert [row[0] for row in rows] == ["2", "4", "6", "7"]


@pytest.mark.parametrize(
    ("change", "keys", "code"),
    [
        ({}, [ED25519], 0),
        ({"leaf_hash": "00" * 32}, [ED25519], 1),
        ({}, WITNESSES[:1], 2),
        ({}, [ACCOUNTS], 1),
        ({"format": "creditbank-receipt/9"}, [ED25519], 2),
        ({"format": 1}, [ED25519], 2),
        ({"more": 1}, [ED25519], 1),
    ],
)
def test_exit_code_says_valid_not_or_undecidable(
    run: Any, change: Document, keys: list[Any], code: int
) -> None:
    words = [word for key in keys for word in ("--key", key.key)]
    document = standard_log().receipt(4) | change
    ran = run("verify", write("r.json", document), *words)
    assert ran.code == code
    ran = run("verify", write("r.json", document), *words, "--json")
    assert ran.code == code
    report = json.loads(ran.out)
    Draft202012Validator(verification_schemas()["report.v1"]).validate(report)
    assert report["result"] == ["valid", "not_valid", "undecidable"][code]


def test_keys_may_stand_in_a_file_and_in_a_policy(run: Any) -> None:
    receipt = write("r.json", standard_log().receipt(4))
    keys = write("bank.keys", f"# 省学分银行\n{ED25519.key}\n\n{MLDSA44.key}\n")
    assert run("verify", receipt, "--key", keys).code == 0
    policy = write("policy", f"log {ED25519.key}\nquorum none\n")
    assert run("verify", receipt, "--policy", policy).code == 0
    assert run("verify", receipt).code == 2


def test_policy_decides_whether_witnesses_are_enough(run: Any) -> None:
    log = standard_log()
    policy = write(
        "policy",
        f"log {ED25519.key}\nwitness A {WITNESSES[0].key}\nwitness B {WITNESSES[1].key}\n"
        "group both all A B\nquorum both\n",
    )
    for count, code in ((0, 1), (1, 1), (2, 0)):
        checkpoint = log.checkpoint(witnesses=WITNESSES[:count])
        receipt = write("r.json", log.receipt(4, checkpoint=checkpoint))
        assert run("verify", receipt, "--policy", policy).code == code


def test_document_may_come_from_standard_input(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.dumps(standard_log().receipt(4)).encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    assert run("verify", "-", *ALL_KEYS).code == 0


@pytest.mark.parametrize("content", ["", "no JSON", "[]", "{}", "\x00"])
def test_any_file_is_answered(run: Any, content: str) -> None:
    assert run("verify", write("f", content), *ALL_KEYS).code in {1, 2}


def test_what_the_reader_got_wrong_is_said(run: Any) -> None:
    receipt = write("r.json", standard_log().receipt(4))
    write("bad", "quorum\n")
    Path("latin").write_bytes(b"\xff")
    for arguments, error in (
        (["missing.json", *ALL_KEYS], FileUnreadable),
        ([receipt, "--key", "bank+key"], MalformedKey),
        ([receipt, "--key", "missing"], FileUnreadable),
        ([receipt, "--key", "bad"], MalformedKey),
        ([receipt, "--policy", "bad"], MalformedPolicy),
        ([receipt, "--policy", "missing"], FileUnreadable),
        ([receipt, "--policy", "latin"], FileUnreadable),
    ):
        ran = run("verify", *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert said(error) in ran.err


def test_signing_key_is_made_and_shown(run: Any) -> None:
    options = ["--origin", ORIGIN, "--institution", SCHOOL, "--kid", "2026-1"]
    made = run("signing-key", "new", "key.json", *options, "--json")
    assert made.code == 0
    key = json.loads(made.out)
    assert (key["kid"], key["alg"], len(key["public"])) == ("2026-1", "ed25519", 64)
    shown = run("signing-key", "show", "key.json", "--json")
    assert json.loads(shown.out) == key
    assert key["public"] in run("signing-key", "show", "key.json").out
    again = run("signing-key", "new", "key.json", *options)
    assert (again.code, said(SigningKeyNotWritten) in again.err) == (2, True)
    other = run("signing-key", "new", "pq.json", *options, "--ml-dsa-44", "--json")
    assert json.loads(other.out)["alg"] == "ml-dsa-44"
    missing = run("signing-key", "show", "missing.json")
    assert (missing.code, said(SigningKeyInvalid) in missing.err) == (2, True)
    assert "seed" not in made.out + shown.out
