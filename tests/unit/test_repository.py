"""What holds of the repository as a whole, whoever adds to it."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

import creditbank.errors
from creditbank.domain.registers import KINDS
from creditbank.errors import CreditBankError, concrete_errors
from creditbank.texts import translator

ROOT = Path(__file__).parents[2]
PROBLEMS = ROOT / "docs" / "problems"

# Written in pieces, so that this file does not name what it looks for.
REGISTRY_HOSTS = [
    ".".join(labels)
    for labels in (
        *(("pypi", "org"), ("pythonhosted", "org"), ("crates", "io"), ("npmjs", "org")),
        *(("npmmirror", "com"), ("proxy", "golang", "org"), ("maven", "org"), ("maven", "apache")),
        *(("deb", "debian"), ("debian", "org"), ("mirrors", "aliyun"), ("tuna", "tsinghua")),
    )
]
MACHINE_FOLDERS = ("home", "root", "Users", "work", "farm", "mnt")
MACHINE_PATH = re.compile(
    rf"(?<![\w.)}}\]/*-])/(?:{'|'.join(MACHINE_FOLDERS)})/|\b[A-Z]:\\\\?Users|\.\.[/]shared|\.[l]ibrary\b"
)


@cache
def text_files() -> dict[str, str]:
    """Return the repository's own text files: those tracked and those not yet ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    found = {}
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            found[name] = content.decode("utf-8", errors="replace")
    return found


@pytest.fixture(autouse=True)
def _in_a_clone() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone, so there is no list of files")


def errors() -> list[type[CreditBankError]]:
    """Return every concrete error of the product, with all modules of errors imported."""
    for module in pkgutil.walk_packages(creditbank.errors.__path__, "creditbank.errors."):
        importlib.import_module(module.name)
    return [error for error in concrete_errors() if error.__module__.startswith("creditbank.")]


def test_no_package_registry_is_named_by_host() -> None:
    named = [
        f"{name}: {host}"
        for name, text in text_files().items()
        for host in REGISTRY_HOSTS
        if host in text
    ]
    assert named == []


def test_no_path_of_a_machine_is_written_down() -> None:
    written = [
        f"{name}: {match[0]}"
        for name, text in text_files().items()
        if (match := MACHINE_PATH.search(text))
    ]
    assert written == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *((f"see /{folder}/x", True) for folder in MACHINE_FOLDERS),
        *((f'"/{folder}/x"', True) for folder in MACHINE_FOLDERS),
        ("https://bank.cn/home/x", False),
        ("GET /log/root", False),
        ("docs/work/x", False),
    ],
)
def test_the_search_for_machine_paths_finds_them(text: str, found: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) is found


def test_text_is_utf_8_with_unix_line_ends() -> None:
    endings = (".py", ".md", ".toml", ".yaml", ".json", ".po", ".cfg", ".ini")
    wrong = [
        name
        for name, text in text_files().items()
        if name.endswith(endings) and ("\r" in text or "\ufffd" in text)
    ]
    assert wrong == []


def test_no_python_file_is_longer_than_400_lines() -> None:
    long = {
        name: text.count("\n")
        for name, text in text_files().items()
        if name.endswith(".py")
        and text.count("\n") > 400
        # the first migration is generated, and makes every table there is
        and not name.startswith("migrations/versions/")
        # one table with a row for every route
        and name != "tests/integration/api/test_api_roles.py"
    }
    assert long == {}


def test_there_are_errors_and_their_slugs_are_unique() -> None:
    slugs = [error.slug for error in errors() if "slug" in vars(error)]
    assert len(slugs) > 20
    assert len(slugs) == len(set(slugs))
    assert all(re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", slug) for slug in slugs)


@pytest.mark.parametrize("error", errors(), ids=lambda error: error.slug)
def test_every_error_has_a_page_that_names_it(error: type[CreditBankError]) -> None:
    page = (PROBLEMS / f"{error.slug}.md").read_text(encoding="utf-8")
    heading = page.splitlines()[0]
    assert heading.startswith(f"# {error.slug} · ")
    assert heading.endswith(f" · {error.title}")
    for label in ("含义", "原因", "怎么办", "成员"):
        assert f"\n**{label}。** " in page
    for label in ("Meaning", "Why", "What to do", "Members"):
        assert f"\n**{label}.** " in page
    assert page.index("**含义。**") < page.index("**Meaning.**")


@pytest.mark.parametrize("error", errors(), ids=lambda error: error.slug)
def test_every_page_names_the_members_of_its_error(error: type[CreditBankError]) -> None:
    page = (PROBLEMS / f"{error.slug}.md").read_text(encoding="utf-8")
    for name in _fields(error.detail):
        assert page.count(f"`{name}`") >= 2, "in Chinese and in English"


def test_the_glossary_has_every_kind_of_register() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert all(f"`{kind}`" in glossary for kind in KINDS)


def test_every_page_belongs_to_an_error() -> None:
    slugs = {error.slug for error in errors()}
    pages = {page.stem for page in PROBLEMS.glob("*.md")} - {"README", "index"}
    assert pages - slugs == set()


@pytest.mark.parametrize("error", errors(), ids=lambda error: error.slug)
def test_every_error_speaks_chinese(error: type[CreditBankError]) -> None:
    chinese = translator("zh_CN")
    for message in (error.title, error.detail):
        assert message
        translated = chinese.gettext(message)
        assert re.search(r"[\u4e00-\u9fff]", translated)
        assert _fields(translated) == _fields(message)


def _fields(template: str) -> set[str | None]:
    """Return the names of the fields in `template`."""
    return {name for _, name, _, _ in Formatter().parse(template)} - {None}


def reasons_raised() -> set[tuple[str, str]]:
    """Return class and reason code of every error that is raised with a code written out."""
    names = {error.__name__ for error in errors()}
    found: set[tuple[str, str]] = set()
    for path in (ROOT / "creditbank").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            codes = [
                str(keyword.value.value)
                for keyword in node.keywords
                if keyword.arg == "reason" and isinstance(keyword.value, ast.Constant)
            ]
            # One with a slash in front is a place and a code.
            if node.func.id in names:
                found.update((node.func.id, code) for code in codes if not code.startswith("/"))
    return found


def test_every_reason_code_has_words() -> None:
    modules = {error.__name__: sys.modules[error.__module__] for error in errors()}
    raised = reasons_raised()
    assert len(raised) > 50
    wordless = {
        (name, code) for name, code in raised if code not in getattr(modules[name], "REASONS", {})
    }
    assert wordless == set()
