"""Receipts, statements and their verification, in a small log and in one of a million entries.

Baselines of the same run: the tree hash alone for making a proof, the signatures of the checkpoint
alone for verifying one. The million is mostly filler: leaves and hashes as they are, without parts.
Real entries stand at its beginning and at its end.
"""

from __future__ import annotations

import random
import statistics
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from creditbank.domain.verification import Result, verify
from creditbank.ledger import entry
from creditbank.ledger.checkpoint import Trust, parse_checkpoint, verify_checkpoint
from creditbank.ledger.keys import VerifierKey
from creditbank.ledger.merkle import CompactRange
from creditbank.ledger.proofs import check_inclusion, prove_inclusion
from creditbank.services import proving
from creditbank.services.log_keys import read_periods
from creditbank.services.showing import LEARNER
from creditbank.storage import loading, publication
from creditbank.storage.database import insert_rows
from creditbank.storage.reading import Connection
from creditbank.storage.signed_record import SignedRecord
from creditbank.storage.tables import EntryRow
from creditbank.storage.tilestore import Cache, LogReader
from tests import factories
from tests.banks import COLLEGE, ORIGIN, TestBank
from tests.integration.audit.scene import publish

SMALL: Final = 1_000
LARGE: Final = 1_000_000
TIMES: Final = 200
COURSES: Final = 50
_STEP: Final = 50_000
_OPEN: Final = b'{"act":{"salt":"","value":{"kind":"filler/1"}}}'

Say = Callable[..., None]


def measure(bank: TestBank, say: Say, large: int = LARGE) -> None:
    """Measure at `SMALL` entries and at `large`."""
    record = SignedRecord(bank.keys.parent / "signed-head", ORIGIN)
    posted = _post(bank, "small", (SMALL - bank.size) // 2 - 100)
    account = _learner_with_many_entries(bank)
    _fill(bank, SMALL)
    for size in (SMALL, large):
        _fill(bank, size - 100)
        posted += _post(bank, f"more-{size}", 50)
        publish(bank, bank.keys, record)
        _measure(bank, say, posted, account)


def _measure(bank: TestBank, say: Say, posted: Sequence[int], account: str) -> None:
    size, keys = bank.size, _keys(bank)
    chance = random.Random(size)  # noqa: S311  # which entries to ask for
    asked = [chance.choice(posted) for _ in range(TIMES)]
    cache: Cache = OrderedDict()
    say(f"log of {size:,} entries", "")

    def ask(work: Callable[[Connection, int], Any]) -> tuple[float, list[Any]]:
        return _median([partial(_read, bank, work, index) for index in asked])

    bare, proofs = ask(lambda connection, index: _path(connection, size, cache, index))
    making, receipts = ask(partial(_receipt, bank, cache))
    first, _ = ask(lambda connection, index: _receipt(bank, OrderedDict(), connection, index))
    say("  inclusion proof from stored tiles", _ms(bare))
    say("  receipt", _ms(making), f"ratio {bare / making:.2f}")
    say("  receipt with no tile in memory", _ms(first))
    checking, _ = _median([partial(_check, size, *proof) for proof in proofs])
    note = parse_checkpoint(_note(receipts[0]))
    trust = Trust(ORIGIN, [key for key in keys if key.name == ORIGIN])
    signatures, _ = _median([partial(verify_checkpoint, note, trust)] * TIMES)
    verifying, reports = _median([partial(verify, receipt, keys) for receipt in receipts])
    assert {report.result for report in reports} == {Result.VALID}  # noqa: S101
    say("  verifying the inclusion proof alone", _ms(checking))
    say("  verifying the checkpoint's two signatures alone", _ms(signatures))
    say("  verifying a receipt", _ms(verifying), f"ratio {signatures / verifying:.2f}")
    stating, statements = _median(
        [partial(bank.database.read_sync, partial(_statement, bank, cache, account))] * 20
    )
    proving_all, reports = _median([partial(verify, one, keys) for one in statements])
    assert {report.result for report in reports} == {Result.VALID}  # noqa: S101
    count = len(statements[0]["entries"])
    say(f"  statement of {count} entries", _ms(stating))
    say(f"  verifying a statement of {count} entries", _ms(proving_all))
    consistent, _ = _median(
        [
            partial(
                bank.database.read_sync,
                publication.consistency_reader(chance.randrange(1, size), size, cache),
            )
            for _ in range(TIMES)
        ]
    )
    say("  consistency proof", _ms(consistent))


def _read(bank: TestBank, work: Callable[[Connection, int], Any], index: int) -> Any:
    return bank.database.read_sync(lambda connection: work(connection, index))


def _median(works: Sequence[Callable[[], Any]]) -> tuple[float, list[Any]]:
    """Return the median time of `works` in seconds, and what they returned."""
    taken, made = [], []
    for work in works:
        started = time.perf_counter()
        made.append(work())
        taken.append(time.perf_counter() - started)
    return statistics.median(taken), made


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.2f} ms"


def _path(
    connection: Connection, size: int, cache: Cache, index: int
) -> tuple[int, bytes, tuple[bytes, ...], bytes]:
    reader = LogReader(connection, size, cache)
    root = loading.read_head(connection).root
    return index, reader.read(0, index), prove_inclusion(reader.read, index, size), root


def _check(size: int, index: int, leaf: bytes, proof: tuple[bytes, ...], root: bytes) -> None:
    check_inclusion(index=index, size=size, leaf_hash=leaf, proof=proof, root=root)


def _receipt(bank: TestBank, cache: Cache, connection: Connection, index: int) -> dict[str, Any]:
    return proving.receipt(connection, bank.bank.keyring, index, LEARNER, cache)


def _statement(
    bank: TestBank, cache: Cache, account: str, connection: Connection
) -> dict[str, Any]:
    signer = proving.account_head_signer(ORIGIN, bank.keys)
    return proving.statement(connection, bank.bank.keyring, account, LEARNER, cache, signer=signer)


def _note(receipt: dict[str, Any]) -> bytes:
    """Return the checkpoint of a receipt: what stands behind the proof's empty line."""
    head: bytes = receipt["proof"].encode().partition(b"\n\n")[2]
    return head


def _keys(bank: TestBank) -> list[VerifierKey]:
    keyring = bank.bank.keyring
    periods = bank.database.read_sync(lambda found: read_periods(found, keyring, ORIGIN))
    signer = proving.account_head_signer(ORIGIN, bank.keys)
    return [*(key for period in periods for key in period.keys), signer.key]


# --- what is in the log ---------------------------------------------------------------------------


def _post(bank: TestBank, name: str, count: int) -> list[int]:
    """Post completions of people nobody has posted; return their entries."""
    first = bank.size
    documents = [factories.completion(f"{name}-{n}", first + n) for n in range(count)]
    answer = bank.do(bank.intake.batch(documents, bank.poster()))
    return [result.index for result in answer.results]


def _learner_with_many_entries(bank: TestBank) -> str:
    """Return the account of a learner with courses."""
    documents = []
    for number in range(COURSES):
        course = factories.course(f"many-{number}", 1)
        course["course"] |= {"code": f"C-{number}"}
        documents.append(course)
    answer = bank.do(bank.intake.batch(documents, bank.poster(COLLEGE)))
    account: str = answer.results[0].account
    return account


def _fill(bank: TestBank, size: int) -> None:
    """Put leaves at the end of the log until it has `size` entries."""
    while bank.size < size:
        count = min(_STEP, size - bank.size)
        bank.database.write_sync(partial(_fill_some, count=count))


def _fill_some(connection: Connection, count: int) -> None:
    loading.lock_head(connection)
    head = loading.read_head(connection)
    tree = CompactRange.from_bytes(head.size, head.compact_range)
    last, rows = head.last, []
    for index in range(head.size, head.size + count):
        body = index.to_bytes(32, "big")
        last_ = entry.leaf_hash(entry.format_leaf(at=head.at, body=body, index=index, prev=last))
        rows.append((index, head.at, body, last_, "filler", index + 1, body, _OPEN, *[None] * 8))
        tree.append(last_)
        last = last_
    insert_rows(connection, EntryRow, rows)
    loading.move_head(
        connection,
        size=tree.size,
        at=head.at,
        last=last,
        tree=tree,
        registers_size=head.registers_size,
    )
