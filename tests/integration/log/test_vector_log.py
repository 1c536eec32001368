"""The 15-entry log of another program: given its key and its entries, the same files are served."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from creditbank.ledger.entry import leaf_hash
from creditbank.ledger.keys import KeyType
from creditbank.ledger.merkle import CompactRange
from creditbank.ledger.note import NoteSigner
from creditbank.ledger.suite import Ed25519Signer
from creditbank.services.guarding import Guard
from creditbank.services.log_keys import KeyPeriod, LogSigners
from creditbank.services.publishing import Publisher
from creditbank.storage import loading, reading
from creditbank.storage.database import Database, insert_rows
from creditbank.storage.keyring import Keyring
from creditbank.storage.reading import Connection
from creditbank.storage.signed_record import SignedRecord
from creditbank.storage.tables import EntryRow
from tests.integration.log.processes import Processes
from tests.integration.log.serving import served
from tests.vectors.test_known_log import LEAVES, ORIGIN, PUBLISHED_SEED

pytestmark = pytest.mark.skipif(
    "CREDITBANK_VECTORS" not in os.environ, reason="no folder of vectors"
)
_OPEN = b'{"act":{"value":{"keys":[]}}}'
SIGNER = NoteSigner(ORIGIN, KeyType.ED25519, Ed25519Signer(PUBLISHED_SEED))


def append(leaf: bytes) -> object:
    """Return the work that puts a leaf of another form at the end of the log."""

    def write(connection: Connection) -> None:
        head = loading.read_head(connection)
        tree = CompactRange.from_bytes(head.size, head.compact_range)
        hashed = leaf_hash(leaf)
        tree.append(hashed)
        source = head.size.to_bytes(32, "big")
        row = (head.size, 1, bytes(32), hashed, "bank", head.size + 1, source, _OPEN, *[None] * 8)
        insert_rows(connection, EntryRow, [row])
        loading.move_head(
            connection, size=head.size + 1, at=1, last=hashed, tree=tree, registers_size=0
        )

    return write


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_same_files_are_served(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(os.environ["CREDITBANK_VECTORS"]) / "tessera-log-15" / "log"
    monkeypatch.setattr(reading, "leaves", lambda _, first, end: LEAVES[first:end])
    database.write_sync(loading.empty_head(ORIGIN, bytes(32), CompactRange()))

    def load(_: Sequence[KeyPeriod]) -> LogSigners:
        return LogSigners([KeyPeriod(0, 0, 0, (SIGNER.key,))], [SIGNER])

    publisher = Publisher(
        database,
        Keyring(bytes(32)),
        ORIGIN,
        Guard(database, SignedRecord(tmp_path / "record", ORIGIN)),
        load,
    )
    compared = 0
    async with served(_only(database), publisher) as client:
        for leaf in LEAVES:
            database.write_sync(append(leaf))  # type: ignore[arg-type]
            size = await publisher.publish()
            answer = await client.get("/log/checkpoint")
            assert answer.content == (folder / f"checkpoint.{size}").read_bytes()
        for path in folder.rglob("*"):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and name.startswith("tile/"):
                assert (await client.get(f"/log/{name}")).content == path.read_bytes()
                compared += 1
        assert (await client.get("/log/checkpoint")).content == (folder / "checkpoint").read_bytes()
    assert compared >= 30
    await publisher.close()
    await database.close()


def _only(database: Database) -> Processes:
    """Return processes of which nothing but the database is used."""
    from types import SimpleNamespace

    bank = SimpleNamespace(bank=SimpleNamespace(database=database), tokens={})
    return Processes(bank, Path(), Path())  # type: ignore[arg-type]
