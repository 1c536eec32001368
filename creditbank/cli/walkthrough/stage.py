"""The bank of the demonstration: made, furnished with registers and tokens, and served."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from creditbank.cli.output import say
from creditbank.cli.walkthrough import cast
from creditbank.cli.wording import language
from creditbank.clients.bank import BankClient
from creditbank.config import Settings
from creditbank.domain.access import BANK, Role
from creditbank.services import banking
from creditbank.services.operating import Operator
from creditbank.storage import reading
from creditbank.storage.database import Database
from creditbank.storage.keyring import load_keyring

ORIGIN: Final = "demo.creditbank.test/log"
DESK: Final = "desk"


@dataclass(slots=True)
class Stage:
    """Everything that the steps work on. Tokens are by organisation code, the desk's by `desk`."""

    folder: Path
    settings: Settings
    operator: Operator
    address: str = ""
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    started: float = field(default_factory=time.monotonic)
    posted: int = 0
    """Outcomes recorded so far, and the seconds that took from the sheet on."""
    posting_seconds: float = 0.0
    _steps: int = 0

    def step(self, title: str) -> None:
        """Print the title of the next step."""
        self._steps += 1
        say()
        say(f"{self._steps}. {title}", style="bold")

    def size(self) -> int:
        """Return how many entries the ledger has."""
        return self.operator.database.read_sync(reading.size_or_none) or 0

    def client(self, token: str | None) -> BankClient:
        """Return a client of the demonstration's server."""
        return BankClient(self.address, token, language=language)

    def client_of(self, organisation: cast.Organisation) -> BankClient:
        """Return a client with an organisation's token."""
        return self.client(self.tokens[organisation.code])


@contextmanager
def setting(folder: Path, database_url: str | None) -> Iterator[Stage]:
    """Yield the stage with a new bank in `folder`, not yet served.

    Raises `AlreadyInitialised` where `database_url` names a database that holds a ledger.
    """
    settings = Settings.load(
        data_dir=folder,
        keys_dir=folder / "keys",
        origin=ORIGIN,
        notice_version="demo",
        environment="development",
        database_url=database_url or f"sqlite:///{folder / 'creditbank.db'}",
    )
    database = Database(settings.database_url)
    try:
        banking.create_bank(database, settings.keys_dir, ORIGIN)
        yield Stage(folder, settings, Operator(database, load_keyring(settings.keys_dir)))
    finally:
        database.engine.dispose()


def furnish(stage: Stage) -> None:
    """Publish the organisations and what they may give, and issue their tokens."""
    for kind, document in cast.registers():
        stage.operator.publish_register(kind, document)
    for organisation in cast.ORGANISATIONS:
        role = Role.COLLEGE if organisation is cast.COLLEGE else Role.INSTITUTION
        stage.tokens[organisation.code] = _token(stage, organisation.code, role)
    stage.tokens[DESK] = _token(stage, BANK, Role.DESK)
    for holder, text in stage.tokens.items():
        file = stage.folder / "tokens" / holder
        file.parent.mkdir(exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_text(text + "\n", encoding="utf-8")


def _token(stage: Stage, org: str, role: Role) -> str:
    return stage.operator.issue_token(org, role, days=1, label="demo").text
