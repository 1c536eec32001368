"""Whoever controls the database can change it, but not without the next audit naming the place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from creditbank.ledger import entry
from tests.banks import TestBank, put_back_after, unguarded
from tests.faults import attacks_beside_entries, attacks_on_entries
from tests.faults.tampering import (
    Found,
    change,
    entry_at,
    make_head_fit,
)
from tests.histories import Told

ATTACKS = attacks_on_entries.ATTACKS | attacks_beside_entries.ATTACKS


def found_by_audit(bank: TestBank) -> Found:
    report = bank.audit()
    assert all(str(finding.document()["message"]) for finding in report.findings)
    return {(finding.check, finding.index) for finding in report.findings}


@pytest.fixture
def scene(shared_told: Told) -> Iterator[Told]:
    """The history, put back after the test."""
    with put_back_after(shared_told.bank):
        yield shared_told


def test_the_history_is_clean_before_anybody_touches_it(scene: Told) -> None:
    assert len(ATTACKS) > 40
    assert found_by_audit(scene.bank) == set()


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_audit_names_what_was_changed_and_where(scene: Told, name: str) -> None:
    with unguarded(scene.bank):
        expected = ATTACKS[name](scene)
    found = found_by_audit(scene.bank)
    assert expected <= found, f"{expected - found} are missing from {sorted(found, key=str)}"
    assert "protection" not in {check for check, _ in found}


def test_guards_that_stay_away_are_a_finding_too(told: Told) -> None:
    if told.bank.database.is_sqlite:
        told.bank.write("DROP TRIGGER entries_no_delete")
    else:
        told.bank.write("ALTER TABLE entries DISABLE TRIGGER entries_no_change")
    assert found_by_audit(told.bank) == {("protection", None)}


def test_a_history_rewritten_to_its_end_is_shown_by_any_answer_that_was_kept(told: Told) -> None:
    """Chain, tree and head made to fit: only who holds a leaf hash can tell, and does."""
    bank, index = told.bank, told.bank.size - 1
    kept = entry_at(told, index)["leaf_hash"]
    with unguarded(bank):
        row = entry_at(told, index)
        prev = entry_at(told, index - 1)["leaf_hash"]
        at_ = row["at"] + 1
        leaf = entry.format_leaf(at=at_, body=row["body"], index=index, prev=prev)
        change(told, index, at=at_, leaf_hash=entry.leaf_hash(leaf))
        make_head_fit(bank)
    assert entry_at(told, index)["leaf_hash"] != kept
