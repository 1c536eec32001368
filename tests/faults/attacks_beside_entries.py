"""Attacks on what stands beside the entries: documents, tree, head, views, vault."""

from __future__ import annotations

from typing import Any

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
)
from tests.faults.tampering import (
    Attack,
    Found,
    Row,
    at,
    attacks_in,
    flipped,
    rows,
)
from tests.histories import Told


def _first_register(told: Told) -> tuple[int, bytes]:
    for row in rows(told.bank, EntryRow):
        if b'"kind":"register/1"' in row["open"]:
            act = row["open"]
            digest = act.split(b'"digest":"')[1][:64].decode()
            return row["entry_index"], bytes.fromhex(digest)
    raise LookupError


def document_changed(told: Told) -> Found:
    index, digest = _first_register(told)
    document = next(row for row in rows(told.bank, DocumentRow) if row["digest"] == digest)
    other = document["content"].replace(b"1", b"2")
    told.bank.write("UPDATE documents SET content = ? WHERE digest = ?", other, digest)
    return {("documents", index)}


def document_deleted(told: Told) -> Found:
    index, digest = _first_register(told)
    told.bank.write("DELETE FROM documents WHERE digest = ?", digest)
    return {("documents", index)}


def commit_root(told: Told) -> Found:
    size = rows(told.bank, CommitRow)[5]["size"]
    told.bank.write("UPDATE commits SET root = ? WHERE size = ?", bytes(32), size)
    return {("tree", size - 1)}


# --- views ----------------------------------------------------------------------------------------


def _credited(told: Told, name: str) -> Row:
    index = at(told, name)
    return next(one for one in rows(told.bank, OutcomeRow) if one["credited_index"] == index)


def more_credit_in_the_view(told: Told) -> Found:
    row = _credited(told, "moved")
    credits_ = row["credits"].replace("1.50", "15.00")
    told.bank.write("UPDATE outcomes SET credits = ? WHERE id = ?", credits_, row["id"])
    return {("views", row["opened_index"])}


def more_hours_in_the_view(told: Told) -> Found:
    row = _credited(told, "moved")
    told.bank.write("UPDATE outcomes SET hours_theory = 99900 WHERE id = ?", row["id"])
    return {("views", row["opened_index"])}


def revocation_taken_back_in_the_view(told: Told) -> Found:
    row = next(one for one in rows(told.bank, OutcomeRow) if one["revoked_index"] is not None)
    told.bank.write(
        "UPDATE outcomes SET revoked_index = NULL, revoked_at = NULL WHERE id = ?", row["id"]
    )
    return {("views", row["opened_index"])}


def outcome_removed_from_the_view(told: Told) -> Found:
    row = _credited(told, "moved")
    told.bank.write("DELETE FROM outcomes WHERE id = ?", row["id"])
    return {("views", row["opened_index"])}


def outcome_put_into_the_view(told: Told) -> Found:
    row = _credited(told, "moved") | {"id": "ab" * 16}
    marks = ", ".join("?" * len(row))
    told.bank.write(f"INSERT INTO outcomes VALUES ({marks})", *row.values())
    return {("views", None)}


def restriction_lifted_in_the_view(told: Told) -> Found:
    account = told.history.accounts["exam"]
    told.bank.write(
        "UPDATE accounts SET restricted_until = NULL, restricted_reason = NULL WHERE account = ?",
        account,
    )
    opened = next(one for one in rows(told.bank, AccountRow) if one["account"] == account)
    return {("views", opened["opened_index"])}


def grant_extended_in_the_view(told: Told) -> Found:
    row = rows(told.bank, GrantRow)[0]
    told.bank.write("UPDATE grants SET until = 99999999999 WHERE id = ?", row["id"])
    return {("views", row["entry_index"])}


def certificate_given_to_another_in_the_view(told: Told) -> Found:
    row = rows(told.bank, CertificateRow)[0]
    other = told.history.accounts["open"]
    told.bank.write("UPDATE certificates SET account = ?", other)
    return {("views", row["entry_index"])}


def chain_of_a_learner_shortened_in_the_view(told: Told) -> Found:
    account = told.history.accounts["course"]
    told.bank.write("DELETE FROM account_entries WHERE account = ? AND seq = 2", account)
    return {("views", at(told, "whole"))}


# --- the vault ------------------------------------------------------------------------------------


def _identity(told: Told, name: str) -> Row:
    account = told.history.accounts[name]
    return next(one for one in rows(told.bank, IdentityRow) if one["account"] == account)


def identity_changed(told: Told) -> Found:
    row = _identity(told, "open")
    told.bank.write(
        "UPDATE identities SET sealed = ? WHERE handle = ?", flipped(row["sealed"]), row["handle"]
    )
    return {("vault", None)}


def identity_given_to_another_account(told: Told) -> Found:
    """What one person is posted would be the other's."""
    row, other = _identity(told, "open"), told.history.accounts["course"]
    told.bank.write("UPDATE identities SET account = ? WHERE handle = ?", other, row["handle"])
    return {("vault", None)}


def identity_under_another_handle(told: Told) -> Found:
    row = _identity(told, "open")
    told.bank.write("UPDATE identities SET handle = ? WHERE handle = ?", bytes(32), row["handle"])
    return {("vault", None)}


def identity_deleted(told: Told) -> Found:
    """The same document would open a second account."""
    row = _identity(told, "open")
    told.bank.write("DELETE FROM identities WHERE handle = ?", row["handle"])
    opened = next(one for one in rows(told.bank, AccountRow) if one["account"] == row["account"])
    return {("vault", opened["opened_index"])}


def _key_of(told: Told, name: str) -> int:
    account = told.history.accounts[name]
    opened = next(one for one in rows(told.bank, AccountRow) if one["account"] == account)
    return int(opened["key_id"])


def secret_replaced(told: Told) -> Found:
    told.bank.write(
        "UPDATE secrets SET secret = ? WHERE key_id = ?", bytes(32), _key_of(told, "open")
    )
    return {("commitments", at(told, "open")), ("vault", None)}


def secret_deleted(told: Told) -> Found:
    told.bank.write("DELETE FROM secrets WHERE key_id = ?", _key_of(told, "open"))
    return {("erasures", at(told, "open"))}


def erasures_forgotten(told: Told) -> Found:
    told.bank.write("DELETE FROM erasures")
    return {("erasures", at(told, "erased")), ("erasures", at(told, "erased unpublished"))}


def erasure_marked_as_published(told: Told) -> Found:
    index = at(told, "erasure")
    told.bank.write("UPDATE erasures SET entry_index = ? WHERE entry_index IS NULL", index)
    return {("erasures", index)}


def _head(**values: Any) -> Attack:
    def attack(told: Told) -> Found:
        head = rows(told.bank, HeadRow)[0]
        for name, value in values.items():
            changed = value(head[name])
            told.bank.write(f"UPDATE head SET {name} = ?", changed)
        return {("tree", None)}

    return attack


ATTACKS: dict[str, Attack] = attacks_in(globals()) | {
    "head_root": _head(root=flipped),
    "head_last": _head(last=flipped),
    "head_size": _head(size=lambda size: size - 1),
    "head_right_edge": _head(compact_range=flipped),
    "head_time": _head(at=lambda time: time + 1),
    "head_registers": _head(registers_size=lambda size: size - 1),
}
