"""Keys rotate by one command: an entry names the new ones, and the old ones stay good."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from creditbank.domain.kinds import PARTS, PUBLIC_KINDS
from creditbank.errors.keys import KeyMissing
from creditbank.errors.ledger import SignatureInvalid
from creditbank.errors.log import LogKeyMissing, RotationConflict
from creditbank.ledger.checkpoint import Trust, parse_checkpoint, verify_checkpoint
from creditbank.ledger.keys import KeyType, VerifierKey, parse_key
from creditbank.services import log_keys
from creditbank.services.log_keys import LogSigners, Rotated, key_history, rotate_keys
from creditbank.storage import loading, seeds
from creditbank.storage.journal import record_now
from creditbank.storage.keyring import ED25519_KEY_FILE, MLDSA44_KEY_FILE
from tests.banks import ORIGIN
from tests.integration.log.processes import ON_SQLITE, Processes

DAY = 86_400


def rotate(log: Processes, *, overlap_days: int = 30) -> Rotated:
    bank = log.bank.bank
    return rotate_keys(
        bank.database, bank.recorder, bank.keyring, log.keys, overlap_days=overlap_days
    )


def signers_of(note: bytes, log: Processes) -> list[VerifierKey]:
    trust = Trust(ORIGIN, log.keys_now)
    return [one.key for one in verify_checkpoint(parse_checkpoint(note), trust).log]


def act_of(log: Processes, index: int) -> dict[str, Any]:
    entry = log.bank.database.read_sync(lambda found: loading.entry_at(found, index))
    assert entry is not None
    return entry.act


async def test_a_running_process_takes_up_the_new_keys_from_the_size_on_that_they_sign(
    log: Processes,
) -> None:
    running = log.start()
    before = log.head
    early = await running.sign_commit(*before)
    await running.publish()
    rotated = rotate(log, overlap_days=0)
    after = log.head
    old, new = log.periods
    assert (rotated.generation, rotated.index, rotated.keys) == (1, before[0], new.keys)
    assert (new.from_size, after[0]) == (before[0] + 1, before[0] + 1)
    assert signers_of(await running.sign_commit(*after), log) == [new.keys[0]]
    await running.publish()
    assert list(_published_keys(log)) == [list(old.keys), list(new.keys)]
    assert await log.start().sign_commit(*before) == early
    act = act_of(log, rotated.index)
    PARTS["keys/1"]["act"].validate_python(act)
    assert "keys/1" in PUBLIC_KINDS
    log.bank.require_clean()


def _published_keys(log: Processes) -> list[list[VerifierKey]]:
    trust = Trust(ORIGIN, log.keys_now)
    return [
        [one.key for one in verify_checkpoint(checkpoint, trust).log]
        for checkpoint in log.published()
    ]


@ON_SQLITE
async def test_the_keys_before_sign_along_for_those_who_know_only_them(log: Processes) -> None:
    rotate(log, overlap_days=1)
    old, new = log.periods
    publisher = log.start()
    await publisher.publish()
    assert _published_keys(log) == [[*new.keys, *old.keys]]
    only_old = Trust(ORIGIN, old.keys)
    assert verify_checkpoint(log.newest(), only_old).head.size == new.index + 1
    note = parse_checkpoint(await publisher.sign_commit(*log.head))
    assert verify_checkpoint(note, only_old).log[0].key == old.keys[0]
    assert old.until is not None
    assert new.until is None
    signers = log.load(log.periods)
    assert [one.key for one in signers.at(new.from_size, old.until)] == list(new.keys)


@ON_SQLITE
async def test_what_an_old_key_signed_it_verifies_and_nothing_of_later(log: Processes) -> None:
    publisher = log.start()
    await publisher.publish()
    old = log.periods[0]
    rotate(log, overlap_days=0)
    await publisher.publish()
    first, second = log.published()
    assert verify_checkpoint(first, Trust(ORIGIN, old.keys)).head == first.head
    with pytest.raises(SignatureInvalid):
        verify_checkpoint(second, Trust(ORIGIN, old.keys))


@ON_SQLITE
async def test_keys_rotate_again_and_again(log: Processes) -> None:
    publisher = log.start()
    for generation in range(1, 4):
        await publisher.publish()
        assert rotate(log, overlap_days=0).generation == generation
    await publisher.publish()
    publics = [key.public for period in log.periods for key in period.keys]
    assert len(set(publics)) == 8
    assert [len(keys) for keys in _published_keys(log)] == [2, 2, 2, 2]
    assert [period.until is None for period in log.periods] == [False, False, False, True]
    assert len(list((log.keys / seeds.RETIRED).iterdir())) == 6
    fresh = LogSigners.load(ORIGIN, log.periods, log.keys)
    assert [one.key for one in fresh.at(1, 0)] == list(log.periods[0].keys)


@ON_SQLITE
async def test_seed_files_are_their_owners_alone_and_none_is_lost(log: Processes) -> None:
    before = {name: (log.keys / name).read_text() for name in (ED25519_KEY_FILE, MLDSA44_KEY_FILE)}
    rotate(log)
    files = [path for path in log.keys.rglob("log-*") if path.is_file()]
    assert len(files) == 4
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    kept = {path.read_text() for path in (log.keys / seeds.RETIRED).iterdir()}
    assert kept == set(before.values())
    assert not list(log.keys.glob("*.new"))


class Crash(BaseException):
    """The command ends here."""


def _ends(count: int) -> Callable[..., None]:
    """Return what ends the command at the `count`-th file operation."""
    left = [count]

    def end(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Crash

    return end


@ON_SQLITE
@pytest.mark.parametrize("operations", range(11))
async def test_wherever_it_ends_the_bank_signs_and_the_same_command_completes_it(
    log: Processes, monkeypatch: pytest.MonkeyPatch, operations: int
) -> None:
    old = log.periods[0].keys
    end = _ends(operations)
    write, sync, record = seeds._write, seeds._sync, record_now

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def do(*arguments: Any) -> Any:
            end()
            return work(*arguments)

        return do

    with monkeypatch.context() as patch:
        patch.setattr(seeds, "_write", counted(write))
        patch.setattr(seeds, "_sync", counted(sync))
        patch.setattr(log_keys, "record_now", counted(record))
        with pytest.raises(Crash):
            rotate(log, overlap_days=0)
    log.post()
    await log.start().publish()
    began = log.periods[1:]
    if not began or seeds.pending_seeds(log.keys):  # otherwise only its last word was cut off
        rotated = rotate(log, overlap_days=0)
        assert rotated.replayed == bool(began)
        assert not began or rotated.keys == began[0].keys
    rotated_keys = log.periods[-1].keys
    assert len(log.periods) == 2
    assert not {key.public for key in rotated_keys} & {key.public for key in old}
    current = [seeds.read_signer("ed25519", log.keys / ED25519_KEY_FILE).public]
    current.append(seeds.read_signer("ml-dsa-44", log.keys / MLDSA44_KEY_FILE).public)
    assert current == [key.public for key in rotated_keys]
    log.post()
    await log.start().publish()
    assert _published_keys(log)[-1] == list(rotated_keys)


@ON_SQLITE
async def test_keys_that_were_prepared_elsewhere_are_the_ones_that_are_taken(
    log: Processes,
) -> None:
    prepared = {seed.signer.public for seed in seeds.prepare(log.keys)}
    assert {key.public for key in rotate(log).keys} == prepared


@ON_SQLITE
async def test_two_rotations_at_once_do_not_mix(log: Processes, tmp_path: Path) -> None:
    bank = log.bank.bank
    mine = seeds.prepare(log.keys)
    (tmp_path / "elsewhere").mkdir()
    others = seeds.prepare(tmp_path / "elsewhere")
    work = log_keys.RotateKeys(bank.keyring, ORIGIN, 1, others, overlap=0)
    first = log.bank.do(work)
    assert log.bank.do(work) == (*first[:2], True)
    with pytest.raises(RotationConflict) as caught:
        log.bank.do(log_keys.RotateKeys(bank.keyring, ORIGIN, 1, mine, overlap=0))
    assert caught.value.fields == {"generation": 1, "index": first[0]}


@ON_SQLITE
async def test_without_the_seed_that_the_ledger_names_nothing_is_signed(
    log: Processes, tmp_path: Path
) -> None:
    running = log.start()
    await running.publish()
    (tmp_path / "elsewhere").mkdir()
    others = seeds.prepare(tmp_path / "elsewhere")
    bank = log.bank.bank
    log.bank.do(log_keys.RotateKeys(bank.keyring, ORIGIN, 1, others, overlap=DAY))
    for publisher in (running, log.start()):
        with pytest.raises(LogKeyMissing):
            await publisher.publish()
        with pytest.raises(LogKeyMissing):
            await publisher.sign_commit(*log.head)
        assert await publisher.checkpoint_of(*log.head) is None
    for seed in others:
        (log.keys / seed.file.name).write_bytes(seed.file.read_bytes())
    assert await running.publish() == log.head[0]


@ON_SQLITE
async def test_a_seed_file_that_is_none_is_named(log: Processes) -> None:
    (log.keys / ED25519_KEY_FILE).write_text("not a key\n")
    with pytest.raises(KeyMissing) as caught:
        log.load(log.periods)
    assert caught.value.fields["file"] == ED25519_KEY_FILE


@ON_SQLITE
async def test_the_history_is_shown_in_the_form_that_verifiers_take(log: Processes) -> None:
    rotate(log)
    history = await key_history(log.bank.bank)
    assert history["origin"] == ORIGIN
    shown = [parse_key(text) for period in history["periods"] for text in period["keys"]]
    assert tuple(shown) == log.keys_now
    assert [key.type for key in shown] == [KeyType.ED25519, KeyType.MLDSA44] * 2
    assert ["until" in period for period in history["periods"]] == [True, False]
