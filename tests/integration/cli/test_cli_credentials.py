"""A worker gets a certificate, and a stranger verifies it: on the command line, over HTTP."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from creditbank.clients.bank import BankClient
from creditbank.errors.credentials import HostNotAllowed
from tests import factories
from tests.banks import DESK, SCHOOL
from tests.integration.cli.commands import Commands, Folder, title_of


class Worker:
    """A learner at the command line; `stranger` has the program and knows the issuer's name."""

    def __init__(
        self, folder: Folder, address: str, commands: Commands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.commands, self.address = commands, address
        tokens = folder.bank.tokens
        self.desk = tokens[DESK].text
        with BankClient(address, tokens[SCHOOL].text) as school:
            posted = school.post_outcome(factories.completion("s-1", 1))
            batch = [factories.completion(f"b-{number}", number) for number in (2, 3)]
            self.batch = school.post_batch(batch).batch or ""
        with BankClient(address, self.desk) as bank:
            code = bank.issue_code(posted.account).code
        with BankClient(address) as door:
            self.token = door.open_session(account=posted.account, code=code).token
        self.outcome, self.school = posted.outcome, tokens[SCHOOL].text
        self.environment = monkeypatch
        self.become(self.token)

    def become(self, token: str) -> None:
        self.environment.setenv("CREDITBANK_TOKEN", token)
        self.environment.setenv("CREDITBANK_SERVER", self.address)

    @property
    def issuer(self) -> str:
        return f"did:web:{quote(self.address.removeprefix('http://'), safe='')}"


@pytest.fixture
def worker(
    folder: Folder, address: str, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> Worker:
    return Worker(folder, address, commands, monkeypatch)


def test_a_worker_gets_a_certificate_and_a_stranger_verifies_it(
    worker: Worker, tmp_path: Path
) -> None:
    run = worker.commands.run
    issued = run("credential", "issue", worker.outcome, "--json").json
    assert run("credential", "issue", worker.outcome, "--json").json["replayed"]
    credential = issued["credential"]
    for ending in ("pdf", "png", "svg", "json"):
        file = tmp_path / f"certificate.{ending}"
        assert run("credential", "save", credential, file).code == 0
        verified = run("verify", file, "--issuer", worker.issuer, "--json")
        assert (verified.code, verified.json["result"]) == (0, "valid"), ending
    link = run("credential", "share", credential, "zhaopin", "--show", "document").out.strip()
    assert run("credential", "verify", link, "--issuer", worker.issuer).code == 0
    assert "工业视觉质检" in run("credential", "list").out
    assert link in run("credential", "show", credential).out
    assert run("credential", "unshare", credential, "zhaopin").code == 0
    assert run("verify", link, "--issuer", worker.issuer).code != 0


def test_who_is_not_named_is_neither_relied_on_nor_asked(worker: Worker, tmp_path: Path) -> None:
    run = worker.commands.run
    credential = run("credential", "issue", worker.outcome, "--json").json["credential"]
    file = tmp_path / "certificate.json"
    run("credential", "save", credential, file)
    unknown = run("verify", file, "--json")
    assert (unknown.code, unknown.json["result"]) == (2, "undecidable")
    refused = run("verify", f"{worker.address}/credentials/{credential}")
    assert refused.code != 0
    assert title_of(HostNotAllowed) in refused.err


def test_suspension_and_rotation_reach_the_stranger(worker: Worker, tmp_path: Path) -> None:
    run = worker.commands.run
    credential = run("credential", "issue", worker.outcome, "--json").json["credential"]
    file = tmp_path / "certificate.json"
    run("credential", "save", credential, file)
    key = worker.commands.local("keys", "rotate", "credential", "--json").json
    listed = worker.commands.local("keys", "list", "credential", "--json").json
    assert [one["generation"] for one in listed] == [0, 1]
    assert listed[1]["multikey"] == key["multikey"]
    assert run("verify", file, "--issuer", worker.issuer).code == 0
    worker.become(worker.desk)
    assert run("credential", "suspend", credential, "--reason", "复核").code == 0
    suspended = run("verify", file, "--issuer", worker.issuer, "--json")
    assert (suspended.code, "suspended" in suspended.json["answers"]) == (1, True)
    assert run("credential", "resume", credential, "--reason", "复核").code == 0
    assert run("verify", file, "--issuer", worker.issuer).code == 0
    assert run("credential", "withdraw", credential, "--reason", "换发").code == 0
    assert run("verify", file, "--issuer", worker.issuer).code == 1


def test_an_institution_has_a_batch_certified_and_prints_what_it_issued(
    worker: Worker, tmp_path: Path
) -> None:
    run = worker.commands.run
    worker.become(worker.school)
    rows = run("credential", "issue", "--batch", worker.batch, "--json").json
    assert [one["status"] for one in rows] == ["issued", "issued"]
    file = tmp_path / "page.pdf"
    assert run("credential", "save", rows[0]["credential"], file).code == 0
    assert file.read_bytes().startswith(b"%PDF-")
    assert run("credential", "issue", "--batch", worker.batch).out.count(worker.address) == 2


def test_a_did_document_on_file_says_who_the_issuer_is(worker: Worker, tmp_path: Path) -> None:
    import httpx

    run = worker.commands.run
    credential = run("credential", "issue", worker.outcome, "--json").json["credential"]
    file, did = tmp_path / "certificate.json", tmp_path / "did.json"
    run("credential", "save", credential, file)
    did.write_bytes(httpx.get(f"{worker.address}/.well-known/did.json", trust_env=False).content)
    told = run("verify", file, "--did", did, "--json").json
    assert told["result"] == "undecidable"  # the signature holds; nobody was asked for the status
    assert next(one for one in told["steps"] if one["check"] == "signature")["state"] == "passed"
    host = worker.address.removeprefix("http://")
    assert run("verify", file, "--did", did, "--ask", host).code == 0


def test_one_thing_is_issued_at_a_time(worker: Worker) -> None:
    assert worker.commands.run("credential", "issue").code == 2
    both = worker.commands.run("credential", "issue", worker.outcome, "--statement")
    assert both.code == 2
    assert worker.commands.run("credential", "issue", "--statement", "--json").json["form"] == "clr"
    assert worker.commands.run("credential", "save", "x", "file.doc").code == 2
