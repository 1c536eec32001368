"""Whoever holds the database, even with the key of the vault, is found out: parts, keys, rows.

Parts are committed to and sealed anew, and the chain recomputed to its end, so that every hash
fits; what the entries say together does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from creditbank.storage.sealing import Part, clear_parts, join_parts, learner_parts
from creditbank.storage.tables import EntryRow
from tests.integration.audit.attacker import (
    at,
    key_of,
    put,
    rechain,
    rewritten,
    stored,
    write_many,
)
from tests.integration.audit.scene import SIGNER, Found, Scene, attacks_of, unguarded

# --- parts, salts and links, committed to and chained again ---------------------------------------


def _salts_swapped(scene: Scene) -> Found:
    index = at(scene, "first")
    row = stored(scene, index)
    parts = clear_parts(row)
    act, link = parts["act"], parts["org_link"]
    swapped = {"act": Part(link.salt, act.data), "org_link": Part(act.salt, link.data)}
    put(scene, replace(row, open=join_parts(swapped)))
    return {("commitments", index)}


def _links_of_two_learners_swapped(scene: Scene) -> Found:
    """Each entry goes into the other's chain, sealed and chained as if it were right."""
    first, second = at(scene, "signed"), at(scene, "signed too")
    links = {}
    for index in (first, second):
        row = stored(scene, index)
        links[index] = learner_parts(row, key_of(scene, row))["learner_link"].value

    def take(link: Any) -> Callable[[dict[str, Any]], None]:
        return lambda values: values.update(learner_link=link)

    put(scene, rewritten(scene, first, learner=take(links[second])))
    put(scene, rewritten(scene, second, learner=take(links[first])))
    rechain(scene, first)
    return {("learner_chains", first), ("learner_chains", second)}


def _entry_left_out_of_its_learners_chain(scene: Scene) -> Found:
    """The next one follows the one before it, so that a statement would not show it."""
    left, following = at(scene, "second"), at(scene, "third")
    row = stored(scene, left)
    link = learner_parts(row, key_of(scene, row))["learner_link"].value

    def skip(values: dict[str, Any]) -> None:
        values["learner_link"] = dict(link)

    def leave(values: dict[str, Any]) -> None:
        del values["learner_link"]

    put(scene, rewritten(scene, left, learner=leave))
    put(scene, rewritten(scene, following, learner=skip))
    rechain(scene, left)
    return {("learner_chains", left)}


def _place_in_a_learners_chain_given_twice(scene: Scene) -> Found:
    """Two entries claim one place: two statements could be shown."""
    first, second = at(scene, "second"), at(scene, "third")
    row = stored(scene, first)
    link = learner_parts(row, key_of(scene, row))["learner_link"].value
    put(scene, rewritten(scene, second, learner=lambda values: values.update(learner_link=link)))
    rechain(scene, second)
    return {("learner_chains", second)}


def _entry_sealed_under_another_learners_key(scene: Scene) -> Found:
    """It would survive the learner's erasure."""
    index = at(scene, "third")
    other = key_of(scene, stored(scene, at(scene, "signed")))
    put(scene, rewritten(scene, index, key=other))
    rechain(scene, index)
    return {("learner_chains", index)}


def _entry_about_another_account(scene: Scene) -> Found:
    index = at(scene, "third")

    def other(values: dict[str, Any]) -> None:
        values["person"]["account"] = scene.accounts["row"]

    put(scene, rewritten(scene, index, learner=other))
    rechain(scene, index)
    return {("learner_chains", index)}


def _gap_in_an_organisations_chain(scene: Scene) -> Found:
    index = at(scene, "first")

    def skip(values: dict[str, Any]) -> None:
        values["org_link"]["seq"] += 5

    row = rewritten(scene, index, clear=skip)
    put(scene, replace(row, org_seq=row.org_seq + 5000))
    rechain(scene, index)
    return {("organisation_chains", index)}


def _credit_awarded_twice(scene: Scene) -> Found:
    """An entry that extends an outcome of which credit was awarded, with its own award."""
    index, known = at(scene, "third"), at(scene, "second")
    act = stored(scene, known).act

    def again(values: dict[str, Any]) -> None:
        values["act"] |= {"outcome": act["outcome"], "extends": True}

    put(scene, rewritten(scene, index, clear=again))
    rechain(scene, index)
    return {("conservation", index)}


def _kind_that_nobody_knows(scene: Scene) -> Found:
    index = at(scene, "third")
    put(scene, rewritten(scene, index, clear=lambda values: values["act"].update(kind="gift/1")))
    rechain(scene, index)
    return {("kinds", index)}


def _value_that_no_canonical_part_has(scene: Scene) -> Found:
    """Committed to and chained: the hashes all fit, and no verifier can read it."""
    index = at(scene, "third")

    def add_a_float(values: dict[str, Any]) -> None:
        values["person"]["note"] = 1.5

    put(scene, rewritten(scene, index, learner=add_a_float))
    rechain(scene, index)
    return {("commitments", index)}


# --- signatures of institutions -------------------------------------------------------------------


def _signed_posting_changed(scene: Scene) -> Found:
    """What the institution signed is not what the bank now says it did."""
    index = at(scene, "signed")

    def change(values: dict[str, Any]) -> None:
        values["person"]["submission"]["stages"][0]["hours"]["theory"] = "9.00"

    put(scene, rewritten(scene, index, learner=change))
    rechain(scene, index)
    return {("attestations", index)}


def _signature_taken_away(scene: Scene) -> Found:
    index = at(scene, "signed")
    put(scene, rewritten(scene, index, learner=lambda values: values.pop("attest")))
    rechain(scene, index)
    return {("attestations", index)}


def _signature_of_another_posting(scene: Scene) -> Found:
    index, other = at(scene, "signed"), at(scene, "signed too")
    row = stored(scene, other)
    attest = learner_parts(row, key_of(scene, row))["attest"].value
    put(scene, rewritten(scene, index, learner=lambda values: values.update(attest=attest)))
    rechain(scene, index)
    return {("attestations", index)}


def _signature_under_an_unknown_key(scene: Scene) -> Found:
    index = at(scene, "signed")

    def rename(values: dict[str, Any]) -> None:
        values["attest"]["kid"] = "k-2"

    put(scene, rewritten(scene, index, learner=rename))
    rechain(scene, index)
    assert SIGNER.kid == "k-1"
    return {("attestations", index)}


def _signature_that_is_none(scene: Scene) -> Found:
    index = at(scene, "signed")
    put(scene, rewritten(scene, index, learner=lambda values: values.update(attest={"a": "b"})))
    rechain(scene, index)
    return {("attestations", index)}


# --- idempotency ----------------------------------------------------------------------------------


def _source_id_of_something_else(scene: Scene) -> Found:
    """In the entry as in the column: so that the same posting could be recorded again."""
    index = at(scene, "second")

    def change(values: dict[str, Any]) -> None:
        values["act"]["source"] = "ab" * 32

    row = rewritten(scene, index, clear=change)
    put(scene, replace(row, source=bytes.fromhex("ab" * 32)))
    rechain(scene, index)
    return {("idempotency", index)}


def _two_entries_of_one_source_id(scene: Scene) -> Found:
    """With the constraint dropped that would have refused it."""
    first, second = at(scene, "second"), at(scene, "third")
    source = stored(scene, first).source
    if scene.bank.database.is_sqlite:
        _without_unique_source(scene)
    else:
        scene.bank.write("ALTER TABLE entries DROP CONSTRAINT entries_source")

    def same(values: dict[str, Any]) -> None:
        values["act"]["source"] = source.hex()

    row = rewritten(scene, second, clear=same)
    put(scene, replace(row, source=source))
    rechain(scene, second)
    return {("idempotency", first), ("idempotency", second)}


def _without_unique_source(scene: Scene) -> None:
    bank = scene.bank
    rows_ = bank.rows(EntryRow)["entries"]
    ddl = bank.database.read_sync(
        lambda found: found.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'entries'"
        ).scalar_one()
    )
    bank.write("DROP TABLE entries")
    bank.write(re.sub(r",\s*CONSTRAINT entries_source UNIQUE \(source\)", "", ddl))
    marks = ", ".join("?" * len(rows_[0]))
    write_many(scene, f"INSERT INTO entries VALUES ({marks})", rows_)


# --- keys that were destroyed ---------------------------------------------------------------------


def _erased_key_put_back(scene: Scene) -> Found:
    """From an old backup: the learner could be read again."""
    row = stored(scene, at(scene, "erased"))
    key_id = scene.bank.bank.keyring.mask(row.sealed_ref or 0, row.index)
    scene.bank.write("INSERT INTO secrets VALUES (?, ?)", key_id, bytes(32))
    return {("erasures", None)}


def _erasure_forgotten_and_key_put_back(scene: Scene) -> Found:
    index = at(scene, "erasure")
    scene.bank.write("DELETE FROM erasures")
    _erased_key_put_back(scene)
    return {("erasures", index)}


def _erasure_covered_by_an_entry_that_is_none(scene: Scene) -> Found:
    index = at(scene, "third")
    scene.bank.write("UPDATE erasures SET entry_index = ?", index)
    return {("erasures", index), ("erasures", at(scene, "erasure"))}


def _key_destroyed_without_an_erasure(scene: Scene) -> Found:
    row = stored(scene, at(scene, "row"))
    key_id = scene.bank.bank.keyring.mask(row.sealed_ref or 0, row.index)
    scene.bank.write("DELETE FROM secrets WHERE key_id = ?", key_id)
    return {("erasures", at(scene, "row"))}


# --- rows of no sense -----------------------------------------------------------------------------


def _entries_shifted(scene: Scene) -> Found:
    """Three entries dropped, so that all later ones stand at another place than they say."""
    index = at(scene, "row")
    scene.bank.write(
        "DELETE FROM entries WHERE entry_index >= ? AND entry_index < ?", index, index + 3
    )
    return {("leaves", index), ("tree", None)}


def _commits_forgotten(scene: Scene) -> Found:
    scene.bank.write("DELETE FROM commits WHERE size >= ?", scene.bank.size)
    return {("tree", None)}


def _digest_of_another_length(scene: Scene) -> Found:
    index = at(scene, "third")
    scene.bank.write("UPDATE entries SET person_digest = ? WHERE entry_index = ?", b"x", index)
    return {("commitments", index)}


def _sealed_bytes_nobody_committed_to(scene: Scene) -> Found:
    """A place to hide something in an entry that has no private parts."""
    scene.bank.write(
        "UPDATE entries SET sealed = ?, sealed_ref = 5 WHERE entry_index = 3", b"\0" * 64
    )
    return {("commitments", 3)}


def _body_of_another_length(scene: Scene) -> Found:
    index = at(scene, "third")
    scene.bank.write("UPDATE entries SET body = ? WHERE entry_index = ?", b"short", index)
    return {("leaves", index), ("commitments", index)}


ATTACKS = attacks_of(globals())


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_audit_finds_what_was_done_and_where(scene: Scene, name: str) -> None:
    with unguarded(scene.bank):
        expected = ATTACKS[name](scene)
    found = scene.found()
    assert expected <= found, f"{expected - found} are missing from {sorted(found, key=str)}"


def test_another_banks_database_does_not_belong_to_the_keys(scene: Scene) -> None:
    """The whole database replaced by one that is sound: its keys and the record tell."""
    with unguarded(scene.bank):
        scene.bank.write("UPDATE head SET origin = 'other.test/log'")
    assert {check for check, _ in scene.found()} >= {"leaves", "checkpoints", "kinds"}


@pytest.mark.parametrize("column", ["at", "org", "org_seq", "open", "body", "sealed", "source"])
def test_values_of_another_type_are_a_finding_and_stop_nothing(scene: Scene, column: str) -> None:
    """SQLite keeps whatever it is given."""
    if not scene.bank.database.is_sqlite:
        pytest.skip("PostgreSQL has types")
    index = at(scene, "third")
    with unguarded(scene.bank):
        text = "x'00ff'" if column in {"at", "org", "org_seq"} else "'text'"
        scene.bank.write(f"UPDATE entries SET {column} = {text} WHERE entry_index = ?", index)
    assert ("columns", index) in scene.found()
