"""`register publish`: documents of a file, each published, unchanged or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from creditbank.errors.cli import FileUnreadable
from creditbank.errors.registers import RegisterInvalid
from tests import factories
from tests.integration.cli.commands import Commands, title_of

NEW = factories.organisation_code(50)


def written(path: Path, *parts: Any, as_json: bool = False) -> Path:
    path.write_text(
        json.dumps(parts[0]) if as_json else yaml.safe_dump_all(parts, allow_unicode=True),
        encoding="utf-8",
    )
    return path


def part(kind: str, *documents: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "documents": list(documents)}


def test_documents_are_published_in_order_and_once(commands: Commands, tmp_path: Path) -> None:
    institution = part("institution", factories.institution(NEW))
    file = written(
        tmp_path / "new.yaml", institution, part("authorisation", factories.authorisation(NEW))
    )
    first = commands.local("register", "publish", file, "--json")
    assert (first.code, [one["status"] for one in first.json]) == (0, ["published"] * 2)
    same = written(tmp_path / "new.json", institution, as_json=True)
    again = commands.local("register", "publish", same, "--json")
    assert [one["status"] for one in again.json] == ["unchanged"]
    assert again.json[0]["index"] == first.json[0]["index"]
    assert NEW in commands.local("register", "publish", file).out


def test_a_file_may_be_a_list_with_a_document_to_each_kind(
    commands: Commands, tmp_path: Path
) -> None:
    listed = [
        {"kind": "institution", "document": factories.institution(NEW)},
        {"kind": "authorisation", "document": factories.authorisation(NEW)},
    ]
    file = written(tmp_path / "list.yaml", listed)
    published = commands.local("register", "publish", file, "--json").json
    assert [(one["kind"], one["status"]) for one in published] == [
        ("institution", "published"),
        ("authorisation", "published"),
    ]


def test_a_date_that_yaml_takes_for_a_date_is_one(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "dates.yaml"
    text = yaml.safe_dump(part("institution", factories.institution(NEW)), allow_unicode=True)
    file.write_text(text.replace("'2026-01-01'", "2026-01-01"), encoding="utf-8")
    assert "valid_from: 2026-01-01" in file.read_text(encoding="utf-8")
    assert commands.local("register", "publish", file).code == 0


def test_a_refused_document_is_named_with_its_faults_and_the_others_published(
    commands: Commands, tmp_path: Path
) -> None:
    good = factories.institution(NEW)
    bad = factories.institution(factories.organisation_code(51), "king")
    file = written(tmp_path / "mixed.yaml", part("institution", bad, good))
    result = commands.local("register", "publish", file, "--json")
    assert result.code == 1
    assert [one["status"] for one in result.json] == ["refused", "published"]
    assert result.json[0]["problem"]["errors"] == [{"where": "/roles/0", "reason": "not_one_of"}]
    said = commands.local("register", "publish", file)
    assert title_of(RegisterInvalid) in said.err
    assert "/roles/0" in said.err


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"- a",
        b"kind: module",
        b"- - kind: module",
        b"kind: 1\ndocuments: []",
        b"{",
        b"\xff\xfe",
    ],
)
def test_a_file_that_holds_no_registers_is_refused(
    content: bytes, commands: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "none.yaml"
    file.write_bytes(content)
    if content == b"":
        assert commands.local("register", "publish", file, "--json").json == []
        return
    refused = commands.local("register", "publish", file)
    assert (refused.code, title_of(FileUnreadable) in refused.err) == (2, True)


def test_a_file_that_is_not_there_is_refused(commands: Commands, tmp_path: Path) -> None:
    refused = commands.local("register", "publish", tmp_path / "nosuch.yaml")
    assert (refused.code, title_of(FileUnreadable) in refused.err) == (2, True)
