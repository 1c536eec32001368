"""Whoever controls the database can change it, but not without the next audit naming the place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlmodel import SQLModel

from creditbank.ledger import entry
from creditbank.ledger.merkle import CompactRange
from creditbank.storage import protection
from creditbank.storage.tables import (
    AccountRow,
    CertificateRow,
    CommitRow,
    DocumentRow,
    EntryRow,
    GrantRow,
    HeadRow,
    IdentityRow,
    OutcomeRow,
    table_of,
)
from tests.banks import COLLEGE, SCHOOL, TestBank
from tests.histories import Told

Found = set[tuple[str, int | None]]
Attack = Callable[[Told], Found]
Row = dict[str, Any]


@contextmanager
def unguarded(bank: TestBank) -> Iterator[None]:
    """Take the guards away, and put them back as if nothing had been."""
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


def rows(bank: TestBank, row: type[SQLModel]) -> list[Row]:
    table = table_of(row)
    names = [column.name for column in table.columns]
    return [dict(zip(names, values, strict=True)) for values in bank.rows(row)[table.name]]


def entry_at(told: Told, index: int) -> Row:
    return rows(told.bank, EntryRow)[index]


def change(told: Told, index: int, **values: Any) -> None:
    """Change columns of an entry."""
    columns = ", ".join(f"{name} = ?" for name in values)
    told.bank.write(f"UPDATE entries SET {columns} WHERE entry_index = ?", *values.values(), index)


def flipped(data: bytes, place: int = 0) -> bytes:
    """Return `data` with one bit changed."""
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def at(told: Told, name: str) -> int:
    return told.history.indexes[name]


# --- entries --------------------------------------------------------------------------------------


def _act_says_another_amount(told: Told) -> Found:
    index = at(told, "moved")
    open_ = entry_at(told, index)["open"].replace(b'"amount":"1.50"', b'"amount":"9.50"')
    change(told, index, open=open_)
    return {("commitments", index)}


def _act_says_another_organisation(told: Told) -> Found:
    index = at(told, "course")
    open_ = entry_at(told, index)["open"].replace(COLLEGE.encode(), SCHOOL.encode())
    change(told, index, open=open_)
    return {("commitments", index), ("columns", index)}


def _clear_parts_are_garbage(told: Told) -> Found:
    index = at(told, "course")
    change(told, index, open=b"{")
    return {("commitments", index)}


def _clear_parts_have_one_more(told: Told) -> Found:
    index = at(told, "course")
    open_ = entry_at(told, index)["open"]
    salt = b'"zz":{"salt":"00000000000000000000000000000000","value":{}}'
    change(told, index, open=open_[:-1] + b"," + salt + b"}")
    return {("commitments", index)}


def _clear_parts_are_a_list(told: Told) -> Found:
    index = at(told, "course")
    change(told, index, open=b'{"act":[],"org_link":[]}')
    return {("commitments", index)}


def _body(told: Told) -> Found:
    index = at(told, "training")
    change(told, index, body=flipped(entry_at(told, index)["body"]))
    return {("commitments", index), ("leaves", index)}


def _body_is_too_short(told: Told) -> Found:
    index = at(told, "training")
    change(told, index, body=b"short")
    return {("commitments", index), ("leaves", index)}


def _leaf_hash(told: Told) -> Found:
    """The changed hash is the next one's `prev`, and in every tree above it."""
    index = at(told, "training")
    change(told, index, leaf_hash=flipped(entry_at(told, index)["leaf_hash"]))
    return {("leaves", index), ("leaves", index + 1), ("tree", None)}


def _time(told: Told) -> Found:
    index = at(told, "training")
    change(told, index, at=entry_at(told, index)["at"] - 1)
    return {("leaves", index)}


def _time_out_of_range(told: Told) -> Found:
    index = at(told, "training")
    change(told, index, at=-(2**40))
    return {("leaves", index)}


def _two_entries_swapped(told: Told) -> Found:
    """All but their indexes: as if the second had been posted first."""
    first, second = at(told, "study"), at(told, "training")
    one, other = entry_at(told, first), entry_at(told, second)
    unique = {"source": b"-", "org_seq": 2**40}
    change(told, first, **unique)
    for index, row in ((second, one), (first, other)):
        change(told, index, **{name: row[name] for name in row if name != "entry_index"})
    return {("leaves", first), ("leaves", second), ("organisation_chains", first)}


def _last_entry_deleted(told: Told) -> Found:
    size = told.bank.size
    told.bank.write("DELETE FROM entries WHERE entry_index = ?", size - 1)
    return {("tree", None)}


def _middle_entry_deleted(told: Told) -> Found:
    index = at(told, "failed")
    told.bank.write("DELETE FROM entries WHERE entry_index = ?", index)
    return {("leaves", index)}


def _insert(told: Told, row: Row) -> None:
    marks = ", ".join("?" * len(row))
    told.bank.write(f"INSERT INTO entries VALUES ({marks})", *row.values())


def _entry_beyond_the_head(told: Told) -> Found:
    """It waits there to be taken for a posting, or to stop the next one."""
    size = told.bank.size
    row = entry_at(told, at(told, "course"))
    more = {"entry_index": size, "source": bytes(32), "org_seq": 10**6}
    _insert(told, row | more)
    return {("leaves", size)}


def _entry_appended_with_the_head(told: Told) -> Found:
    """A credit that nobody posted, copied from a real one, chain and tree made to fit."""
    bank, size = told.bank, told.bank.size
    row = entry_at(told, at(told, "course"))
    prev = entry_at(told, size - 1)["leaf_hash"]
    leaf = entry.format_leaf(at=row["at"], body=row["body"], index=size, prev=prev)
    row |= {"entry_index": size, "source": bytes(32), "org_seq": 10**6}
    _insert(told, row | {"leaf_hash": entry.leaf_hash(leaf)})
    _make_head_fit(bank)
    return {("columns", size), ("organisation_chains", size)}


def _make_head_fit(bank: TestBank) -> None:
    """Make head and commits what the entries make."""
    tree, last = CompactRange(), b""
    for row in rows(bank, EntryRow):
        last = row["leaf_hash"]
        tree.append(last)
    size, root = tree.size, tree.root()
    bank.write(
        "UPDATE head SET size = ?, last = ?, root = ?, compact_range = ?",
        *(size, last, root, tree.to_bytes()),
    )
    bank.write("DELETE FROM commits WHERE size >= ?", size)
    now = rows(bank, HeadRow)[0]["at"]
    bank.write("INSERT INTO commits VALUES (?, ?, ?)", size, now, root)


def _tail_truncated_with_the_head(told: Told) -> Found:
    """The last posting never was; what it left in the views and the vault says otherwise."""
    told.bank.write("DELETE FROM entries WHERE entry_index >= ?", at(told, "last"))
    _make_head_fit(told.bank)
    return {("views", None)}


def _tail_truncated_and_commits_left(told: Told) -> Found:
    bank, size = told.bank, told.bank.size
    commits = rows(bank, CommitRow)
    bank.write("DELETE FROM entries WHERE entry_index >= ?", at(told, "last"))
    _make_head_fit(bank)
    bank.write("INSERT INTO commits VALUES (?, ?, ?)", *commits[-1].values())
    return {("tree", size)}


def _sealed_parts_swapped(told: Told) -> Found:
    """With their key references: the same learner's two entries."""
    first, second = at(told, "study"), at(told, "training")
    one, other = entry_at(told, first), entry_at(told, second)
    change(told, first, sealed=other["sealed"])
    change(told, second, sealed=one["sealed"])
    return {("commitments", first), ("commitments", second)}


def _sealed_parts_changed(told: Told) -> Found:
    index = at(told, "study")
    change(told, index, sealed=flipped(entry_at(told, index)["sealed"], 40))
    return {("commitments", index)}


def _sealed_parts_removed(told: Told) -> Found:
    """As if the learner had been erased."""
    index = at(told, "study")
    change(told, index, sealed=None, sealed_ref=None)
    return {("erasures", index)}


def _operators_changed(told: Told) -> Found:
    index = at(told, "study")
    change(told, index, actor_sealed=flipped(entry_at(told, index)["actor_sealed"], 40))
    return {("commitments", index)}


def _operators_of_another_entry(told: Told) -> Found:
    index, other = at(told, "study"), at(told, "course")
    row = entry_at(told, other)
    change(told, index, actor_sealed=row["actor_sealed"])
    return {("commitments", index)}


def _digest_of_a_private_part(told: Told) -> Found:
    index = at(told, "erased")  # nobody can open it any more; what it committed to stands
    change(told, index, person_digest=flipped(entry_at(told, index)["person_digest"]))
    return {("commitments", index)}


def _a_part_more(told: Told) -> Found:
    index = at(told, "study")
    change(told, index, attest_digest=bytes(32))
    return {("commitments", index)}


def _place_in_the_organisation_s_chain(told: Told) -> Found:
    index = at(told, "study")
    change(told, index, org_seq=10**6)
    return {("columns", index)}


def _organisation_column(told: Told) -> Found:
    index = at(told, "study")
    change(told, index, org="someone", org_seq=1)
    return {("columns", index)}


def _source_id_column(told: Told) -> Found:
    """So that the same posting would be recorded a second time."""
    index = at(told, "study")
    change(told, index, source=bytes(32))
    return {("columns", index)}


# --- beside the entries ---------------------------------------------------------------------------


def _first_register(told: Told) -> tuple[int, bytes]:
    for row in rows(told.bank, EntryRow):
        if b'"kind":"register/1"' in row["open"]:
            act = row["open"]
            digest = act.split(b'"digest":"')[1][:64].decode()
            return row["entry_index"], bytes.fromhex(digest)
    raise LookupError


def _document_changed(told: Told) -> Found:
    index, digest = _first_register(told)
    document = next(row for row in rows(told.bank, DocumentRow) if row["digest"] == digest)
    other = document["content"].replace(b"1", b"2")
    told.bank.write("UPDATE documents SET content = ? WHERE digest = ?", other, digest)
    return {("documents", index)}


def _document_deleted(told: Told) -> Found:
    index, digest = _first_register(told)
    told.bank.write("DELETE FROM documents WHERE digest = ?", digest)
    return {("documents", index)}


def _commit_root(told: Told) -> Found:
    size = rows(told.bank, CommitRow)[5]["size"]
    told.bank.write("UPDATE commits SET root = ? WHERE size = ?", bytes(32), size)
    return {("tree", size - 1)}


def _head(**values: Any) -> Attack:
    def attack(told: Told) -> Found:
        head = rows(told.bank, HeadRow)[0]
        for name, value in values.items():
            changed = value(head[name])
            told.bank.write(f"UPDATE head SET {name} = ?", changed)
        return {("tree", None)}

    return attack


# --- views ----------------------------------------------------------------------------------------


def _credited(told: Told, name: str) -> Row:
    index = at(told, name)
    return next(one for one in rows(told.bank, OutcomeRow) if one["credited_index"] == index)


def _more_credit_in_the_view(told: Told) -> Found:
    row = _credited(told, "moved")
    credits_ = row["credits"].replace("1.50", "15.00")
    told.bank.write("UPDATE outcomes SET credits = ? WHERE id = ?", credits_, row["id"])
    return {("views", row["opened_index"])}


def _more_hours_in_the_view(told: Told) -> Found:
    row = _credited(told, "moved")
    told.bank.write("UPDATE outcomes SET hours_theory = 99900 WHERE id = ?", row["id"])
    return {("views", row["opened_index"])}


def _revocation_taken_back_in_the_view(told: Told) -> Found:
    row = next(one for one in rows(told.bank, OutcomeRow) if one["revoked_index"] is not None)
    told.bank.write(
        "UPDATE outcomes SET revoked_index = NULL, revoked_at = NULL WHERE id = ?", row["id"]
    )
    return {("views", row["opened_index"])}


def _outcome_removed_from_the_view(told: Told) -> Found:
    row = _credited(told, "moved")
    told.bank.write("DELETE FROM outcomes WHERE id = ?", row["id"])
    return {("views", row["opened_index"])}


def _outcome_put_into_the_view(told: Told) -> Found:
    row = _credited(told, "moved") | {"id": "ab" * 16}
    marks = ", ".join("?" * len(row))
    told.bank.write(f"INSERT INTO outcomes VALUES ({marks})", *row.values())
    return {("views", None)}


def _restriction_lifted_in_the_view(told: Told) -> Found:
    account = told.history.accounts["exam"]
    told.bank.write(
        "UPDATE accounts SET restricted_until = NULL, restricted_reason = NULL WHERE account = ?",
        account,
    )
    opened = next(one for one in rows(told.bank, AccountRow) if one["account"] == account)
    return {("views", opened["opened_index"])}


def _grant_extended_in_the_view(told: Told) -> Found:
    row = rows(told.bank, GrantRow)[0]
    told.bank.write("UPDATE grants SET until = 99999999999 WHERE id = ?", row["id"])
    return {("views", row["entry_index"])}


def _certificate_given_to_another_in_the_view(told: Told) -> Found:
    row = rows(told.bank, CertificateRow)[0]
    other = told.history.accounts["open"]
    told.bank.write("UPDATE certificates SET account = ?", other)
    return {("views", row["entry_index"])}


def _chain_of_a_learner_shortened_in_the_view(told: Told) -> Found:
    account = told.history.accounts["course"]
    told.bank.write("DELETE FROM account_entries WHERE account = ? AND seq = 2", account)
    return {("views", at(told, "whole"))}


# --- the vault ------------------------------------------------------------------------------------


def _identity(told: Told, name: str) -> Row:
    account = told.history.accounts[name]
    return next(one for one in rows(told.bank, IdentityRow) if one["account"] == account)


def _identity_changed(told: Told) -> Found:
    row = _identity(told, "open")
    told.bank.write(
        "UPDATE identities SET sealed = ? WHERE handle = ?", flipped(row["sealed"]), row["handle"]
    )
    return {("vault", None)}


def _identity_given_to_another_account(told: Told) -> Found:
    """What one person is posted would be the other's."""
    row, other = _identity(told, "open"), told.history.accounts["course"]
    told.bank.write("UPDATE identities SET account = ? WHERE handle = ?", other, row["handle"])
    return {("vault", None)}


def _identity_under_another_handle(told: Told) -> Found:
    row = _identity(told, "open")
    told.bank.write("UPDATE identities SET handle = ? WHERE handle = ?", bytes(32), row["handle"])
    return {("vault", None)}


def _identity_deleted(told: Told) -> Found:
    """The same document would open a second account."""
    row = _identity(told, "open")
    told.bank.write("DELETE FROM identities WHERE handle = ?", row["handle"])
    opened = next(one for one in rows(told.bank, AccountRow) if one["account"] == row["account"])
    return {("vault", opened["opened_index"])}


def _key_of(told: Told, name: str) -> int:
    account = told.history.accounts[name]
    opened = next(one for one in rows(told.bank, AccountRow) if one["account"] == account)
    return int(opened["key_id"])


def _secret_replaced(told: Told) -> Found:
    told.bank.write(
        "UPDATE secrets SET secret = ? WHERE key_id = ?", bytes(32), _key_of(told, "open")
    )
    return {("commitments", at(told, "open")), ("vault", None)}


def _secret_deleted(told: Told) -> Found:
    told.bank.write("DELETE FROM secrets WHERE key_id = ?", _key_of(told, "open"))
    return {("erasures", at(told, "open"))}


def _erasures_forgotten(told: Told) -> Found:
    told.bank.write("DELETE FROM erasures")
    return {("erasures", at(told, "erased")), ("erasures", at(told, "erased unpublished"))}


def _erasure_marked_as_published(told: Told) -> Found:
    index = at(told, "erasure")
    told.bank.write("UPDATE erasures SET entry_index = ? WHERE entry_index IS NULL", index)
    return {("erasures", index)}


ATTACKS: dict[str, Attack] = {
    name.removeprefix("_"): attack
    for name, attack in list(globals().items())
    if name.startswith("_")
    and callable(attack)
    and getattr(attack, "__annotations__", {}).get("return") == "Found"
} | {
    "head_root": _head(root=flipped),
    "head_last": _head(last=flipped),
    "head_size": _head(size=lambda size: size - 1),
    "head_right_edge": _head(compact_range=flipped),
    "head_time": _head(at=lambda time: time + 1),
    "head_registers": _head(registers_size=lambda size: size - 1),
}


def found_by_audit(bank: TestBank) -> Found:
    report = bank.audit()
    assert all(str(finding.document()["message"]) for finding in report.findings)
    return {(finding.check, finding.index) for finding in report.findings}


def test_the_history_is_clean_before_anybody_touches_it(told: Told) -> None:
    assert len(ATTACKS) > 40
    assert found_by_audit(told.bank) == set()


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_audit_names_what_was_changed_and_where(told: Told, name: str) -> None:
    with unguarded(told.bank):
        expected = ATTACKS[name](told)
    found = found_by_audit(told.bank)
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
        _make_head_fit(bank)
    assert entry_at(told, index)["leaf_hash"] != kept
