"""A small bank for tests: an authority, institutions with authorisations, and tokens."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from creditbank.domain.access import Role
from creditbank.services import banking
from creditbank.services.banking import OPERATOR, Bank
from creditbank.services.intake import Intake
from creditbank.services.actors import Notice, Poster
from creditbank.services.posting import Posted
from creditbank.services.registering import PublishRegister
from creditbank.services.tokens import NewToken, new_token
from creditbank.storage import access
from creditbank.storage.database import Database
from creditbank.storage.journal import Work, record_now
from tests import factories

ORIGIN = "bank.test/log"
SCHOOL = factories.organisation_code(1)
ASSESSOR = factories.organisation_code(2)
COLLEGE = factories.organisation_code(3)
AUTHORITY = factories.organisation_code(4, "11")
DESK = factories.organisation_code(5, "11")
NOTICE = Notice("2026-1")


@dataclass(slots=True)
class TestBank:
    """An open bank without a running journal; `do` goes through the same door."""

    __test__ = False

    bank: Bank
    tokens: dict[str, NewToken] = field(default_factory=dict)

    @property
    def intake(self) -> Intake:
        return Intake(self.bank.keyring, NOTICE, batch_items_max=10_000)

    def do(self, work: Work) -> Any:
        return record_now(self.bank.database, self.bank.recorder, work)

    def poster(self, org: str = SCHOOL) -> Poster:
        return Poster(self.tokens[org].id, org, operator="经办甲", reviewer="复核乙")

    def post(self, outcome: dict[str, Any], org: str = SCHOOL) -> Posted:
        posted: Posted = self.do(self.intake.outcome(outcome, self.poster(org)))
        return posted

    def publish(self, kind: str, document: dict[str, Any]) -> None:
        self.do(PublishRegister(kind, document, OPERATOR, self.bank.keyring))

    def token(self, org: str, role: Role, **more: Any) -> NewToken:
        now = int(time.time())
        token, values = new_token(
            self.bank.keyring,
            org=org,
            role=role,
            label="test",
            now=now,
            expires_at=now + 86_400,
            **more,
        )
        self.bank.database.write_sync(lambda connection: access.add_token(connection, values))
        return token


def make_bank(database: Database, folder: Path) -> TestBank:
    """Return a new bank in a migrated database, with everybody registered."""
    banking.create_bank(database, folder / "keys", ORIGIN)
    test_bank = TestBank(banking.open_bank(database, folder / "keys", notice=NOTICE))
    for code, roles in ((SCHOOL, ()), (ASSESSOR, ("assessor",)), (COLLEGE, ("college",))):
        test_bank.publish("institution", factories.institution(code, *roles))
    test_bank.publish("institution", factories.authority(AUTHORITY))
    test_bank.publish("institution", factories.institution(DESK, "desk"))
    test_bank.publish("authorisation", factories.authorisation(SCHOOL))
    test_bank.publish("authorisation", factories.authorisation(ASSESSOR, stages=["assessment"]))
    for org, role in (
        (SCHOOL, Role.INSTITUTION),
        (ASSESSOR, Role.INSTITUTION),
        (COLLEGE, Role.COLLEGE),
        (AUTHORITY, Role.AUTHORITY),
        (DESK, Role.DESK),
    ):
        test_bank.tokens[org] = test_bank.token(org, role)
    return test_bank
