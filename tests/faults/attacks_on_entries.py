"""Attacks on entries. Each returns what the audit must find: check and entry."""

from __future__ import annotations

from creditbank.ledger import entry
from creditbank.storage.tables import (
    CommitRow,
    EntryRow,
)
from tests.banks import COLLEGE, SCHOOL
from tests.faults.tampering import (
    Attack,
    Found,
    at,
    attacks_in,
    change,
    entry_at,
    flipped,
    insert_entry,
    make_head_fit,
    rows,
)
from tests.histories import Told


def act_says_another_amount(told: Told) -> Found:
    index = at(told, "moved")
    open_ = entry_at(told, index)["open"].replace(b'"amount":"1.50"', b'"amount":"9.50"')
    change(told, index, open=open_)
    return {("commitments", index)}


def act_says_another_organisation(told: Told) -> Found:
    index = at(told, "course")
    open_ = entry_at(told, index)["open"].replace(COLLEGE.encode(), SCHOOL.encode())
    change(told, index, open=open_)
    return {("commitments", index), ("columns", index)}


def clear_parts_are_garbage(told: Told) -> Found:
    index = at(told, "course")
    change(told, index, open=b"{")
    return {("commitments", index)}


def clear_parts_have_one_more(told: Told) -> Found:
    index = at(told, "course")
    open_ = entry_at(told, index)["open"]
    salt = b'"zz":{"salt":"00000000000000000000000000000000","value":{}}'
    change(told, index, open=open_[:-1] + b"," + salt + b"}")
    return {("commitments", index)}


def clear_parts_are_a_list(told: Told) -> Found:
    index = at(told, "course")
    change(told, index, open=b'{"act":[],"org_link":[]}')
    return {("commitments", index)}


def body(told: Told) -> Found:
    index = at(told, "training")
    change(told, index, body=flipped(entry_at(told, index)["body"]))
    return {("commitments", index), ("leaves", index)}


def body_is_too_short(told: Told) -> Found:
    index = at(told, "training")
    change(told, index, body=b"short")
    return {("commitments", index), ("leaves", index)}


def leaf_hash(told: Told) -> Found:
    """The changed hash is the next one's `prev`, and in every tree above it."""
    index = at(told, "training")
    change(told, index, leaf_hash=flipped(entry_at(told, index)["leaf_hash"]))
    return {("leaves", index), ("leaves", index + 1), ("tree", None)}


def time(told: Told) -> Found:
    index = at(told, "training")
    change(told, index, at=entry_at(told, index)["at"] - 1)
    return {("leaves", index)}


def time_out_of_range(told: Told) -> Found:
    index = at(told, "training")
    change(told, index, at=-(2**40))
    return {("leaves", index)}


def two_entries_swapped(told: Told) -> Found:
    """All but their indexes: as if the second had been posted first."""
    first, second = at(told, "study"), at(told, "training")
    one, other = entry_at(told, first), entry_at(told, second)
    unique = {"source": b"-", "org_seq": 2**40}
    change(told, first, **unique)
    for index, row in ((second, one), (first, other)):
        change(told, index, **{name: row[name] for name in row if name != "entry_index"})
    return {("leaves", first), ("leaves", second), ("organisation_chains", first)}


def last_entry_deleted(told: Told) -> Found:
    size = told.bank.size
    told.bank.write("DELETE FROM entries WHERE entry_index = ?", size - 1)
    return {("tree", None)}


def middle_entry_deleted(told: Told) -> Found:
    index = at(told, "failed")
    told.bank.write("DELETE FROM entries WHERE entry_index = ?", index)
    return {("leaves", index)}


def entry_beyond_the_head(told: Told) -> Found:
    """It waits there to be taken for a posting, or to stop the next one."""
    size = told.bank.size
    row = entry_at(told, at(told, "course"))
    more = {"entry_index": size, "source": bytes(32), "org_seq": 10**6}
    insert_entry(told, row | more)
    return {("leaves", size)}


def entry_appended_with_the_head(told: Told) -> Found:
    """A credit that nobody posted, copied from a real one, chain and tree made to fit."""
    bank, size = told.bank, told.bank.size
    row = entry_at(told, at(told, "course"))
    prev = entry_at(told, size - 1)["leaf_hash"]
    leaf = entry.format_leaf(at=row["at"], body=row["body"], index=size, prev=prev)
    row |= {"entry_index": size, "source": bytes(32), "org_seq": 10**6}
    insert_entry(told, row | {"leaf_hash": entry.leaf_hash(leaf)})
    make_head_fit(bank)
    return {("columns", size), ("organisation_chains", size)}


def entry_inserted_with_the_chain(told: Told) -> Found:
    """A credit put in between: later entries moved up, leaves, tree and head made to fit."""
    bank, index = told.bank, at(told, "course")
    entries = rows(bank, EntryRow)
    copy = entries[index] | {"source": bytes(32), "org_seq": 10**6}
    prev = entries[index - 1]["leaf_hash"]
    bank.write("DELETE FROM entries WHERE entry_index >= ?", index)
    for place, row in enumerate([copy, *entries[index:]], start=index):
        leaf = entry.format_leaf(at=row["at"], body=row["body"], index=place, prev=prev)
        prev = entry.leaf_hash(leaf)
        insert_entry(told, row | {"entry_index": place, "leaf_hash": prev})
    make_head_fit(bank)
    return {("columns", index), ("idempotency", index), ("organisation_chains", index + 1)}


def tail_truncated_with_the_head(told: Told) -> Found:
    """The last posting never was; what it left in the views and the vault says otherwise."""
    told.bank.write("DELETE FROM entries WHERE entry_index >= ?", at(told, "last"))
    make_head_fit(told.bank)
    return {("views", None)}


def tail_truncated_and_commits_left(told: Told) -> Found:
    bank, size = told.bank, told.bank.size
    commits = rows(bank, CommitRow)
    bank.write("DELETE FROM entries WHERE entry_index >= ?", at(told, "last"))
    make_head_fit(bank)
    bank.write("INSERT INTO commits VALUES (?, ?, ?)", *commits[-1].values())
    return {("tree", size)}


def sealed_parts_swapped(told: Told) -> Found:
    """With their key references: the same learner's two entries."""
    first, second = at(told, "study"), at(told, "training")
    one, other = entry_at(told, first), entry_at(told, second)
    change(told, first, sealed=other["sealed"])
    change(told, second, sealed=one["sealed"])
    return {("commitments", first), ("commitments", second)}


def sealed_parts_changed(told: Told) -> Found:
    index = at(told, "study")
    change(told, index, sealed=flipped(entry_at(told, index)["sealed"], 40))
    return {("commitments", index)}


def sealed_parts_removed(told: Told) -> Found:
    """As if the learner had been erased."""
    index = at(told, "study")
    change(told, index, sealed=None, sealed_ref=None)
    return {("erasures", index)}


def operators_changed(told: Told) -> Found:
    index = at(told, "study")
    change(told, index, actor_sealed=flipped(entry_at(told, index)["actor_sealed"], 40))
    return {("commitments", index)}


def operators_of_another_entry(told: Told) -> Found:
    index, other = at(told, "study"), at(told, "course")
    row = entry_at(told, other)
    change(told, index, actor_sealed=row["actor_sealed"])
    return {("commitments", index)}


def digest_of_a_private_part(told: Told) -> Found:
    index = at(told, "erased")  # nobody can open it any more; what it committed to stands
    change(told, index, person_digest=flipped(entry_at(told, index)["person_digest"]))
    return {("commitments", index)}


def a_part_more(told: Told) -> Found:
    index = at(told, "study")
    change(told, index, attest_digest=bytes(32))
    return {("commitments", index)}


def place_in_the_organisation_s_chain(told: Told) -> Found:
    index = at(told, "study")
    change(told, index, org_seq=10**6)
    return {("columns", index)}


def organisation_column(told: Told) -> Found:
    index = at(told, "study")
    change(told, index, org="someone", org_seq=1)
    return {("columns", index)}


def source_id_column(told: Told) -> Found:
    """So that the same posting would be recorded a second time."""
    index = at(told, "study")
    change(told, index, source=bytes(32))
    return {("columns", index)}


ATTACKS: dict[str, Attack] = attacks_in(globals())
