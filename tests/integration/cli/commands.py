"""Runs commands in the test's process, and holds what they printed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from creditbank import cli, texts
from creditbank.cli.wording import locale
from creditbank.errors import CreditBankError
from tests.banks import TestBank


@dataclass(frozen=True, slots=True)
class Result:
    """What a command ended with and printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return the result as JSON, all of standard output."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Commands:
    """Runs commands on one bank's folder."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def run(self, *arguments: object) -> Result:
        """Return the result of a command."""
        self.capture.readouterr()
        code = cli.run([str(argument) for argument in arguments])
        printed = self.capture.readouterr()
        assert "Traceback" not in printed.err
        return Result(code, printed.out, printed.err)

    def local(self, *arguments: object) -> Result:
        """Return the result of a command on the bank's folder."""
        return self.run(*arguments, "--data", self.folder)


@dataclass(frozen=True, slots=True)
class Folder:
    """A bank in a data folder, as `init` makes it."""

    path: Path
    bank: TestBank


def title_of(error: type[CreditBankError]) -> str:
    """Return the title of an error in the language of the command line."""
    return texts.translator(locale).gettext(error.title)
