"""The commands of auditors and of backups, as they are put together in docs/backup.md."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from creditbank import texts
from creditbank.cli.app import app
from creditbank.cli.wording import locale
from creditbank.errors.audit import AuditStateUnusable
from creditbank.errors.export import BackupKeyMalformed, ExportTargetExists
from creditbank.errors.ledger import REASONS as OF_NOTES
from creditbank.errors.log import REASONS
from creditbank.errors.storage import AlreadyInitialised
from tests.integration.audit.backups import ON_SQLITE
from tests.integration.audit.copies import KEYS, STRANGER, Leaves
from tests.integration.audit.scene import Scene

Run = Callable[..., Any]


@pytest.fixture
def data(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The scene as a data folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    assert scene.bank.database.file is not None
    with scene.bank.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
    shutil.copyfile(scene.bank.database.file, folder / "creditbank.db")
    shutil.copytree(scene.keys, folder / "keys")
    shutil.copyfile(scene.record.path, folder / "signed-head")
    monkeypatch.chdir(tmp_path)
    return folder


def run(*arguments: object, code: int = 0) -> Any:
    """Run a command and return what it printed as JSON; its refusals are raised."""
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@ON_SQLITE
def test_backup_procedure_from_key_to_audit(data: Path, tmp_path: Path, scene: Scene) -> None:
    made = run("backup-key", tmp_path / "backup.key")
    exported = run("export", tmp_path / "export", "--to", made["public"], "--data", data)
    assert run("erasures", "export", tmp_path / "erasures", "--data", data) == {"erasures": 1}
    (tmp_path / "new").mkdir()
    shutil.copytree(data / "keys", tmp_path / "new" / "keys")
    shutil.copyfile(data / "signed-head", tmp_path / "new" / "signed-head")
    restore = ("restore", tmp_path / "export", "--with", made["secret"])
    new = ("--data", tmp_path / "new")
    restored = run(*restore, "--erasures", tmp_path / "erasures", *new)
    assert (restored["size"], restored["root"]) == (exported["size"], exported["root"])
    report = run("audit", *new)
    assert (report["clean"], report["entries"]) == (True, scene.bank.size)
    assert "record" in report["checked"]
    with pytest.raises(AlreadyInitialised):
        run(*restore, *new)
    with pytest.raises(ExportTargetExists):
        run("backup-key", tmp_path / "backup.key")
    with pytest.raises(BackupKeyMalformed):
        run("export", tmp_path / "again", "--to", made["secret"], "--data", data)
    keys = [str(key) for key in scene.log_keys]
    named = [word for key in keys for word in ("--key", key)]
    log = run("audit", "--log", tmp_path / "export" / "log", *named)
    assert (log["clean"], log["entries"]) == (True, exported["published"])


@ON_SQLITE
def test_people_are_told_what_happened(data: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    made = runner.invoke(app, ["backup-key", str(tmp_path / "k")])
    public = str(tmp_path / "k.pub")
    exported = runner.invoke(app, ["export", "e", "--to", public, "--data", str(data)])
    erasures = runner.invoke(app, ["erasures", "export", "f", "--data", str(data)])
    (tmp_path / "new").mkdir()
    shutil.copytree(data / "keys", tmp_path / "new" / "keys")
    restored = runner.invoke(app, ["restore", "e", "--with", str(tmp_path / "k"), "--data", "new"])
    audited = runner.invoke(app, ["audit", "--data", str(data), "--from-last"])
    again = runner.invoke(app, ["audit", "--data", str(data), "--from-last"])
    for result in (made, exported, erasures, restored, audited, again):
        assert result.exit_code == 0, result.output
        assert len(result.stdout) > 10
    assert "log resume" in restored.stdout
    # without the record, an audit of the restored bank says that it is gone
    assert run("audit", "--data", "new", code=1)["findings"][0]["check"] == "record"


@ON_SQLITE
def test_audit_goes_on_from_its_state_file(data: Path, scene: Scene, tmp_path: Path) -> None:
    first = run("audit", "--data", data, "--from-last", "--state", "mine.json")
    assert (first["since"], first["clean"]) == (0, True)
    second = run("audit", "--data", data, "--from-last", "--state", "mine.json")
    assert (second["since"], second["clean"]) == (scene.bank.size, True)
    (tmp_path / "mine.json").write_text("{}")
    with pytest.raises(AuditStateUnusable):
        run("audit", "--data", data, "--from-last", "--state", "mine.json")


@ON_SQLITE
def test_audit_of_a_database_by_its_address(data: Path) -> None:
    url = f"sqlite:///{data / 'creditbank.db'}"
    report = run("audit", "--database", url, "--data", data, "--processes", 1)
    assert report["clean"]


@ON_SQLITE
def test_record_that_cannot_be_read_is_a_finding(data: Path) -> None:
    (data / "signed-head").write_text("torn")
    report = run("audit", "--data", data, code=1)
    (finding,) = report["findings"]
    assert finding["check"] == "record"
    assert REASONS["record_unreadable"] in finding["message"]
    said = CliRunner().invoke(app, ["audit", "--data", str(data)]).stdout
    assert texts.translator(locale).gettext(REASONS["record_unreadable"]) in said


def test_why_a_checkpoint_does_not_verify_is_said_in_words(tmp_path: Path) -> None:
    Leaves().write(tmp_path / "log", (100,))
    (tmp_path / "keys").write_text(f"# another bank\n{STRANGER.key}\n")
    audit = ["audit", "--log", str(tmp_path / "log"), "--key", str(tmp_path / "keys")]
    (finding, *_) = run(*audit, code=1)["findings"]
    assert OF_NOTES["no_known_key"] in finding["message"]
    said = CliRunner().invoke(app, audit).stdout
    assert texts.translator(locale).gettext(OF_NOTES["no_known_key"]) in said


def test_audit_of_a_log_goes_on_from_its_state_file(tmp_path: Path) -> None:
    log, state = tmp_path / "log", tmp_path / "state.json"
    more = ("--key", str(KEYS[0]), "--from-last", "--state", state)
    for size in (100, 600):
        shutil.rmtree(log, ignore_errors=True)
        Leaves().write(log, (size,))
        report = run("audit", "--log", log, *more)
        assert (report["clean"], report["entries"]) == (True, size)
    assert report["since"] == 100
    assert CliRunner().invoke(app, ["audit", "--log", str(log)]).exit_code == 2
