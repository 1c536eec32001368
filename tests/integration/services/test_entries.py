"""Every entry of a rich history: of a published kind and form, nobody in its clear parts."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa

from creditbank.domain import kinds
from creditbank.domain.submissions import OUTCOME, normal_form
from creditbank.ledger import canonical, entry
from creditbank.storage import reading
from creditbank.storage.sealing import StoredEntry
from tests import factories
from tests.banks import ORIGIN, TestBank
from tests.histories import NAMES, PASSPORT, PHONE, Told

# Collected before any bank of this run is made.
STARTED = int(time.time())
EVERYTHING = frozenset(entry.PARTS)
ERASED = {"erased", "erased unpublished"}


def rows_of(bank: TestBank) -> list[StoredEntry]:
    return bank.database.read_sync(lambda connection: reading.entries_from(connection, 0, 10_000))


def shown_of(bank: TestBank) -> list[reading.ShownEntry]:
    def read(connection: sa.Connection) -> list[reading.ShownEntry]:
        return [
            reading.show_entry(connection, bank.bank.keyring, row, EVERYTHING)
            for row in reading.entries_from(connection, 0, 10_000)
        ]

    return bank.database.read_sync(read)


def test_each_part_is_of_its_kind_s_published_form(shared_told: Told) -> None:
    seen = set()
    for shown in shown_of(shared_told.bank):
        act: dict[str, Any] = shown.parts["act"].value
        forms = kinds.PARTS[act["kind"]]
        seen.add(act["kind"])
        forms["act"].validate_python(act)
        if "person" in shown.parts:
            forms["person"].validate_python(shown.parts["person"].value)
        if not shown.erased:
            assert ("person" in forms) == ("person" in shown.parts), act["kind"]
        if "actor" in shown.parts:
            kinds.ACTOR.validate_python(shown.parts["actor"].value)
    assert seen == set(kinds.PARTS) - {"keys/1"}  # the history has every kind but a key ceremony


def test_each_submission_is_kept_in_a_form_that_could_be_posted(shared_told: Told) -> None:
    count = 0
    for shown in shown_of(shared_told.bank):
        person = shown.parts["person"].value if "person" in shown.parts else {}
        if "submission" in person:
            submission = {k: v for k, v in person["submission"].items() if k != "corrects"}
            learner = {"account": person["account"]}
            posted = OUTCOME.validate_python(submission | {"learner": learner})
            assert normal_form(posted) == submission
            assert "learner" not in person["submission"]
            count += 1
    assert count > 15


def test_each_part_is_canonical_and_committed_to(shared_told: Told) -> None:
    prev = entry.genesis_prev(ORIGIN)
    for index, shown in enumerate(shown_of(shared_told.bank)):
        leaf = entry.parse_leaf(shown.leaf)
        assert (leaf.index, leaf.prev, leaf.body) == (index, prev, shown.row.body)
        assert entry.leaf_hash(shown.leaf) == shown.row.leaf_hash
        assert entry.body_commitment(shown.digests) == leaf.body
        for name, part in shown.parts.items():
            assert canonical.encode(canonical.decode(part.data)) == part.data
            assert entry.part_digest(name, part.salt, part.data) == shown.digests[name]
        prev = shown.row.leaf_hash


def test_salts_are_never_used_twice(shared_told: Told) -> None:
    salts = [part.salt for shown in shown_of(shared_told.bank) for part in shown.parts.values()]
    assert len(set(salts)) == len(salts)
    assert {len(salt) for salt in salts} == {entry.SALT_BYTES}


def test_time_never_decreases_and_is_now(shared_told: Told) -> None:
    times = [row.at for row in rows_of(shared_told.bank)]
    assert times == sorted(times)
    assert times[0] >= STARTED
    assert times[-1] <= time.time()


def test_each_organisation_s_entries_are_numbered_from_one(shared_told: Told) -> None:
    seen: dict[str, int] = {}
    for row in rows_of(shared_told.bank):
        seen[row.org] = seen.get(row.org, 0) + 1
        assert row.org_seq == seen[row.org]
    assert len(seen) >= 5


def test_the_clear_parts_name_nobody(shared_told: Told) -> None:
    """Names, documents, phones, scores, certificate numbers, source ids, accounts, tokens."""
    personal = {*NAMES.values(), PASSPORT["number"], PHONE, "测试", "41.00", "80.00", "经办甲"}
    personal |= {factories.resident_id(number) for number in range(40)}
    personal |= {str(factories.certificate("", n)["certificate"]["number"]) for n in range(40)}
    personal |= set(shared_told.history.accounts.values()) | {
        token.id for token in shared_told.bank.tokens.values()
    }
    personal |= {'"s-1"', '"z-1"', '"e-1"', "行政复议", "诉讼", "转入学分", "质检岗位", "高等数学"}
    for row in rows_of(shared_told.bank):
        clear = row.open.decode()
        assert [one for one in personal if one in clear] == [], row.index
        for sealed in (row.sealed, row.actor_sealed):
            assert [one for one in personal if one.encode() in (sealed or b"")] == []


def test_dates_of_a_person_stand_in_no_clear_part(shared_told: Told) -> None:
    for row in rows_of(shared_told.bank):
        if row.act["kind"] in {"outcome/1", "revocation/1", "account/1", "restriction/1"}:
            assert "2026-0" not in row.open.decode(), row.index


def test_nobody_can_group_entries_by_learner(shared_told: Told) -> None:
    """References to keys are masked per entry: the same key never looks the same twice."""
    references = [row.sealed_ref for row in rows_of(shared_told.bank) if row.sealed_ref is not None]
    actors = [row.actor_ref for row in rows_of(shared_told.bank) if row.actor_ref is not None]
    key_ids = {row[0] for row in shared_told.bank.rows()["secrets"]}
    assert len(set(references)) == len(references)
    assert len(set(actors)) == len(actors)
    assert not (set(references) | set(actors)) & key_ids


def test_of_the_erased_only_what_names_nobody_is_shown(shared_told: Told) -> None:
    indexes = {shared_told.history.indexes[name] for name in ERASED}
    for shown in shown_of(shared_told.bank):
        assert shown.erased == ("person" in shown.digests and "person" not in shown.parts)
        if shown.row.index in indexes:
            assert shown.erased
            assert set(shown.parts) == {"act", "org_link", "actor"}


def test_the_genesis_names_origin_suite_and_keys(shared_told: Told) -> None:
    act = rows_of(shared_told.bank)[0].act
    assert (act["kind"], act["origin"], act["suite"]) == ("genesis/1", ORIGIN, 1)
    assert [key["alg"] for key in act["keys"]] == ["ed25519", "ml-dsa-44"]
