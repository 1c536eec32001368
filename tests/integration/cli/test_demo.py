"""The demonstration runs as a stranger runs it, and finds what it promises."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.banks import url_in


def run_demo(folder: Path, *options: str) -> str:
    """Return what the demonstration printed in English, its temporary files in `folder`."""
    environment = {name: os.environ[name] for name in os.environ if "CREDITBANK" not in name}
    environment |= {"CREDITBANK_LANGUAGE": "en", "TMPDIR": str(folder)}
    environment |= {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    ended = subprocess.run(
        [sys.executable, "-m", "creditbank", "demo", *options],
        env=environment,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert (ended.returncode, ended.stderr.decode()) == (0, "")
    return ended.stdout.decode()


def test_the_demonstration_tells_its_whole_story_and_can_be_gone_on_with(tmp_path: Path) -> None:
    said = run_demo(tmp_path, "--keep")
    assert "306 rows, 300 recorded, 0 recorded before, 6 refused" in said
    assert re.findall(
        r"^(\d+) +(?:document|passed|assessment|practice|name)", said, re.MULTILINE
    ) == [*("23", "73", "123", "173", "223", "273")]
    assert "250 rows, 0 recorded, 250 recorded before, 0 refused" in said
    assert "Credits awarded so far: 0" in said
    assert re.search(r"Credits awarded now: 1\d\d;", said)
    assert "4.50" in said
    assert said.count("(403 not-granted)") == 2
    assert "sees 4.50 credits of cn-16" in said
    assert "Left to learn: GD-AI-IVS" in said
    assert re.search(r"Decision [0-9a-f]{32} for la-\w+: registered", said)
    assert said.count("Valid.") == 2
    assert "the issuer has suspended it for now\nNOT valid" in said
    assert "Nothing was found" in said
    (changed,) = re.findall(r"entry (\d+) now says 9\.50 credits", said)
    assert re.search(rf"^{changed} +\S", said, re.MULTILINE), "the audit names the entry"
    assert "creditbank init" in said
    (folder,) = tmp_path.iterdir()
    assert f"creditbank serve --data {folder}" in said
    assert {file.stat().st_mode & 0o077 for file in (folder / "tokens").iterdir()} == {0}
    audited = subprocess.run(
        [sys.executable, "-m", "creditbank", "audit", "--data", str(folder)],
        capture_output=True,
        check=False,
    )
    assert audited.returncode == 0


@pytest.mark.slow  # the same story once more
@pytest.mark.postgres
def test_the_demonstration_runs_on_postgresql_without_the_changed_byte(
    postgres_server: str,
) -> None:
    name = f"creditbank_demo_{secrets.token_hex(6)}"
    with (
        psycopg.connect(make_conninfo(postgres_server), autocommit=True) as connection,
        tempfile.TemporaryDirectory() as folder,
    ):
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            said = run_demo(Path(folder), "--database", url_in(postgres_server, name))
            left = list(Path(folder).iterdir())
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
    assert "sees 4.50 credits of cn-16" in said
    assert "Nothing was found" in said
    assert "9.50" not in said
    assert left == [], "nothing is left behind"
