"""A published log with everything an audit looks at: tiles, checkpoints of two generations of keys,
signed postings, an erased learner, and the record of what was signed.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditbank.clients.signing import InstitutionSigner
from creditbank.domain.access import Role
from creditbank.ledger.keys import VerifierKey
from creditbank.services.auditing import AuditReport, audit
from creditbank.services.guarding import Guard
from creditbank.services.learners import Erase, PublishErasures
from creditbank.services.log_keys import KeyPeriod, LogSigners, read_periods, rotate_keys
from creditbank.services.publishing import Publisher
from creditbank.storage import protection
from creditbank.storage.database import Database
from creditbank.storage.signed_record import SignedRecord
from tests import factories
from tests.banks import COLLEGE, DESK, ORIGIN, TestBank

Found = set[tuple[str, int | None]]
Attack = Callable[["Scene"], Found]
SIGNING = factories.organisation_code(6)  # its register says that it signs what it posts
SIGNER = InstitutionSigner.from_seed(b"\7" * 32, log=ORIGIN, org=SIGNING, kid="k-1")


@dataclass(frozen=True, slots=True)
class Past:
    """What was made once: the key folder and the record, as they were left, and what is where."""

    keys: Path
    record: bytes
    indexes: dict[str, int]
    accounts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Scene:
    """A published bank of a test's own."""

    bank: TestBank
    keys: Path
    record: SignedRecord
    indexes: dict[str, int]
    accounts: dict[str, str]

    def publish(self) -> int:
        """Publish the newest commit; return its size."""
        return publish(self.bank, self.keys, self.record)

    @property
    def recorded(self) -> tuple[int, bytes] | None:
        head = self.record.read()
        return None if head is None else (head.size, head.root)

    @property
    def log_keys(self) -> Sequence[VerifierKey]:
        return [key for period in periods_of(self.bank) for key in period.keys]

    def audit(self, **given: Any) -> AuditReport:
        return audit(
            self.bank.database, self.bank.bank.keyring, **({"record": self.recorded} | given)
        )

    def found(self, **given: Any) -> Found:
        """Return check and entry of every finding."""
        report = self.audit(**given)
        assert all(str(finding.document()["message"]) for finding in report.findings)
        return {(finding.check, finding.index) for finding in report.findings}


def make_scene(bank: TestBank) -> Past:
    """Tell the history: some three hundred entries, published seven times, keys changed once."""
    keys = Path(tempfile.mkdtemp(prefix="creditbank-scene-")) / "keys"
    shutil.copytree(bank.keys, keys)
    record = SignedRecord(keys.parent / "signed-head", ORIGIN)
    indexes, accounts = {}, {}
    publish(bank, keys, record)
    posted = bank.post(factories.completion("first", 1))
    indexes["first"], accounts["first"] = posted.index, posted.account
    publish(bank, keys, record)
    keys_of = SIGNER.public_key | {"valid_from": "2026-01-01"}
    signing = factories.institution(SIGNING, keys=[keys_of], signing="required")
    bank.publish("institution", signing)
    bank.publish("authorisation", factories.authorisation(SIGNING))
    bank.tokens[SIGNING] = bank.token(SIGNING, Role.INSTITUTION)
    for name, number in (("signed", 2), ("signed too", 3)):
        signed = SIGNER.sign(factories.completion(name, number))
        indexes[name] = bank.post(signed, SIGNING).index
    for name in ("second", "third"):
        course = factories.course(name, 1)
        course["course"] |= {"code": name}
        indexes[name] = bank.post(course, COLLEGE).index
    gone = bank.post(factories.completion("gone", 9))
    indexes["erased"], accounts["erased"] = gone.index, gone.account
    publish(bank, keys, record)
    rotated = rotate_keys(bank.database, bank.bank.recorder, bank.bank.keyring, keys)
    indexes["rotation"] = rotated.index
    publish(bank, keys, record)
    items = [factories.completion(f"row-{n}", 1000 + n) for n in range(130)]
    answer = bank.do(bank.intake.batch(items, bank.poster()))
    indexes["row"] = answer.results[100].index
    accounts["row"] = answer.results[100].account
    publish(bank, keys, record)
    bank.do(Erase(gone.account, bank.tokens[DESK].id))
    indexes["erasure"] = bank.do(PublishErasures(through_today=True)).index
    indexes["revocation"] = bank.revoke("r-1", indexes["row"]).recorded.index
    publish(bank, keys, record)
    indexes["last"] = bank.post(factories.completion("last", 10)).index
    return Past(keys, record.path.read_bytes(), indexes, accounts)


def scene_of(bank: TestBank, past: Past, folder: Path) -> Scene:
    """Return a scene of a test's own, with keys and record of its own."""
    keys = folder / "scene-keys"
    shutil.copytree(past.keys, keys)
    record = SignedRecord(folder / "signed-head", ORIGIN)
    record.path.write_bytes(past.record)
    return Scene(bank, keys, record, past.indexes, past.accounts)


def periods_of(bank: TestBank) -> list[KeyPeriod]:
    keyring = bank.bank.keyring
    return bank.database.read_sync(lambda found: read_periods(found, keyring, ORIGIN))


def publish(bank: TestBank, keys: Path, record: SignedRecord) -> int:
    """Publish the newest commit as a server process would; return its size."""
    url = bank.database.url.render_as_string(hide_password=False)

    async def run() -> int:
        database = Database(url)
        publisher = Publisher(
            database,
            bank.bank.keyring,
            ORIGIN,
            Guard(database, record),
            lambda periods: LogSigners.load(ORIGIN, periods, keys),
        )
        try:
            return await publisher.publish()
        finally:
            await publisher.close()
            await database.close()

    return asyncio.run(run())


@contextmanager
def unguarded(bank: TestBank) -> Iterator[None]:
    """Take the guards of the ledger away, and put them back as if nothing had been."""
    if bank.database.is_sqlite:
        guards = protection.sqlite_triggers()
        for name in guards:
            bank.write(f"DROP TRIGGER {name}")
        yield
        for text in guards.values():
            bank.write(text)
        return
    for table in protection.APPEND_ONLY:
        bank.write(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    yield
    for table in protection.APPEND_ONLY:
        for what in ("change", "truncate"):
            bank.write(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{what}")


def attacks_of(names: dict[str, Any]) -> dict[str, Attack]:
    """Return the attacks of a module: its private functions that return what is to be found."""
    return {
        name.removeprefix("_"): attack
        for name, attack in list(names.items())
        if name.startswith("_") and getattr(attack, "__annotations__", {}).get("return") == "Found"
    }
