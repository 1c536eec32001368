"""The schema: as the row classes say, and the ledger's tables refuse every change by themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from creditbank.errors.storage import ProtectionMissing
from creditbank.storage import migrating, protection
from creditbank.storage.database import Database
from tests import factories
from tests.banks import TestBank, refusal_of

APPEND_ONLY = ("entries", "documents", "commits", "checkpoints")
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
SQLITE_BANK = pytest.mark.parametrize("stock", ["sqlite"], indirect=True)
POSTGRES_BANK = pytest.mark.parametrize("stock", ["postgres"], indirect=True)
KEYS = {
    "entries": "entry_index",
    "documents": "digest",
    "commits": "size",
    "checkpoints": "size",
}


def test_the_migrated_schema_is_what_the_row_classes_say(database: Database) -> None:
    migrating.check(database)


def test_a_missing_column_is_noticed_by_the_schema_check(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE grants DROP COLUMN purpose")
    with pytest.raises(Exception, match="New upgrade operations detected"):
        migrating.check(database)


def test_text_keys_compare_by_code_point(database: Database) -> None:
    if database.is_sqlite:
        query = "SELECT name FROM sqlite_master WHERE instr(sql, 'COLLATE') > 0"
    else:
        query = (
            "SELECT c.relname || '.' || a.attname FROM pg_attribute a"
            " JOIN pg_class c ON c.oid = a.attrelid JOIN pg_index i ON i.indrelid = c.oid"
            " JOIN pg_collation o ON o.oid = a.attcollation"
            " WHERE a.attnum = ANY (i.indkey) AND o.collname <> 'C' AND c.relkind = 'r'"
            " AND c.relnamespace = current_schema()::regnamespace"
            " AND c.relname <> 'alembic_version'"
        )
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql(query).fetchall() == []


@pytest.fixture
def full(bank: TestBank) -> TestBank:
    """A bank with a row in every guarded table."""
    bank.write("INSERT INTO checkpoints (size, at, note) VALUES (1, 1, ?)", b"a note")
    return bank


# --- the databases refuse -------------------------------------------------------------------------


def _refused(bank: TestBank, statement: str) -> str:
    """Return what the database says to a statement, after making sure it changed nothing."""
    before = bank.rows()
    with pytest.raises(sa.exc.DBAPIError) as caught:
        bank.write(statement)
    assert bank.rows() == before
    return str(caught.value.orig)


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_every_row_refuses_update_and_delete(full: TestBank, table: str) -> None:
    key = KEYS[table]
    for statement in (
        f"UPDATE {table} SET {key} = {key}",
        f"DELETE FROM {table}",
        f"DELETE FROM {table} WHERE {key} = (SELECT min({key}) FROM {table})",
    ):
        assert f"{table} is append-only" in _refused(full, statement)


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_row_cannot_be_replaced_by_an_insert(full: TestBank, table: str) -> None:
    """No form of INSERT may overwrite: each engine has forms of its own."""
    key = KEYS[table]
    select = f"SELECT * FROM {table} WHERE {key} = (SELECT max({key}) FROM {table})"
    overwrite = f"INSERT INTO {table} {select} ON CONFLICT ({key}) DO UPDATE SET {key} = {key}"
    if full.database.is_sqlite:
        statements = [
            f"INSERT OR REPLACE INTO {table} {select}",
            f"REPLACE INTO {table} {select}",
            # without a WHERE of its own the parser takes ON for a join
            overwrite.replace(" ON CONFLICT", " AND true ON CONFLICT"),
        ]
    else:
        statements = [overwrite.replace(f"= {key}", f"= excluded.{key}")]
    for statement in statements:
        assert f"{table} is append-only" in _refused(full, statement)


@POSTGRES_BANK
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_truncate_is_refused(full: TestBank, table: str) -> None:
    assert f"{table} is append-only" in _refused(full, f"TRUNCATE {table} CASCADE")


@POSTGRES_BANK
def test_a_postgres_session_that_calls_itself_a_replica_is_refused_too(bank: TestBank) -> None:
    with bank.database.engine.connect() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")
        with pytest.raises(sa.exc.DBAPIError, match="entries is append-only"):
            connection.exec_driver_sql("DELETE FROM entries")
        connection.rollback()
        connection.exec_driver_sql("RESET session_replication_role")
        connection.commit()


@SQLITE_BANK
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_raw_sqlite_connection_is_refused_too(full: TestBank, table: str) -> None:
    """A program that knows nothing of our pragmas has `recursive_triggers` off."""
    raw = sqlite3.connect(str(full.database.file), isolation_level=None)
    assert raw.execute("PRAGMA recursive_triggers").fetchone() == (0,)
    before = raw.execute(f"SELECT * FROM {table}").fetchall()
    columns = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
    row = dict(zip(columns, before[-1], strict=True))
    clashes = [row]
    if table == "entries":  # the other unique keys
        clashes = [
            row,
            row | {"entry_index": 900, "org_seq": 900},
            row | {"entry_index": 900, "source": b"another"},
        ]
    marks = ", ".join("?" * len(columns))
    for verb in ("INSERT OR REPLACE", "REPLACE", "INSERT OR FAIL", "INSERT OR ROLLBACK"):
        for clash in clashes:
            with pytest.raises(sqlite3.Error, match=f"{table} is append-only"):
                raw.execute(f"{verb} INTO {table} VALUES ({marks})", list(clash.values()))
    for statement in (
        f"UPDATE OR REPLACE {table} SET {KEYS[table]} = {KEYS[table]}",
        f"DELETE FROM {table}",
    ):
        with pytest.raises(sqlite3.Error, match=f"{table} is append-only"):
            raw.execute(statement)
    assert raw.execute(f"SELECT * FROM {table}").fetchall() == before
    raw.close()


def test_new_entries_pass_the_guards(bank: TestBank) -> None:
    before = bank.size
    bank.post(factories.completion("s-1", 1))
    assert bank.size == before + 2  # the account and the outcome


# --- the server refuses to start without them -----------------------------------------------------


def _missing(database: Database) -> str:
    refusal = refusal_of(
        lambda: database.read_sync(protection.require_protection), ProtectionMissing
    )
    missing: str = refusal.fields["missing"]
    return missing


def _execute(database: Database, *statements: str) -> None:
    with database.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_all_guards_are_there_after_the_migration(database: Database) -> None:
    assert database.read_sync(protection.require_protection) is None


def _guards(database: Database) -> list[tuple[str, str]]:
    """Return table and trigger name of each guard that the database has."""
    if database.is_sqlite:
        query = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal"
        )
    with database.engine.connect() as connection:
        return sorted((row[0], row[1]) for row in connection.exec_driver_sql(query))


def test_each_guard_that_is_dropped_is_named(database: Database) -> None:
    guards = _guards(database)
    assert {table for table, _ in guards} >= set(APPEND_ONLY)
    dropped: list[str] = []
    for table, name in guards:
        on = "" if database.is_sqlite else f" ON {table}"
        _execute(database, f"DROP TRIGGER {name}{on}")
        dropped.append(name)
        assert _missing(database) == ", ".join(sorted(dropped))


@ON_SQLITE
def test_each_altered_sqlite_guard_is_named(database: Database) -> None:
    for name, text in protection.sqlite_triggers().items():
        head, body = text.split(" BEGIN ")
        never = "WHEN 0" if "WHEN" not in head else "AND 0"
        for altered in (f"{head} BEGIN SELECT 1; END", f"{head} {never} BEGIN {body}"):
            _execute(database, f"DROP TRIGGER {name}", altered)
            assert _missing(database) == name
        _execute(database, f"DROP TRIGGER {name}", text)
    assert database.read_sync(protection.require_protection) is None


Alteration = Callable[[str, str], list[str]]

_PERMISSIVE = """CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RETURN COALESCE(NEW, OLD); END;
$$"""


def _again(table: str, name: str, definition: str) -> list[str]:
    return [
        f"DROP TRIGGER {name} ON {table}",
        f"CREATE TRIGGER {name} {definition}",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
    ]


ROW_ALTERATIONS: dict[str, Alteration] = {
    "disabled": lambda table, name: [f"ALTER TABLE {table} DISABLE TRIGGER {name}"],
    "not for replicas": lambda table, name: [f"ALTER TABLE {table} ENABLE TRIGGER {name}"],
    "for replicas only": lambda table, name: [f"ALTER TABLE {table} ENABLE REPLICA TRIGGER {name}"],
    "renamed": lambda table, name: [f"ALTER TRIGGER {name} ON {table} RENAME TO {name}_2"],
    "never": lambda table, name: _again(
        table,
        name,
        f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW WHEN (false)"
        " EXECUTE FUNCTION creditbank_append_only()",
    ),
    "updates of one column": lambda table, name: _again(
        table,
        name,
        f"BEFORE UPDATE OF {KEYS[table]} OR DELETE ON {table} FOR EACH ROW"
        " EXECUTE FUNCTION creditbank_append_only()",
    ),
    "deletes only": lambda table, name: _again(
        table,
        name,
        f"BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION creditbank_append_only()",
    ),
    "another function": lambda table, name: [
        _PERMISSIVE.format(name="harmless"),
        *_again(
            table,
            name,
            f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION harmless()",
        ),
    ],
}


@ON_POSTGRES
@pytest.mark.parametrize("alteration", ROW_ALTERATIONS)
def test_each_altered_postgres_guard_is_named(database: Database, alteration: str) -> None:
    altered = []
    for table in APPEND_ONLY:
        name = f"{table}_no_change"
        _execute(database, *ROW_ALTERATIONS[alteration](table, name))
        altered.append(name)
        assert _missing(database) == ", ".join(sorted(altered))


@ON_POSTGRES
def test_a_disabled_truncate_guard_is_named(database: Database) -> None:
    for table in APPEND_ONLY:
        _execute(database, f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    wanted = [f"{table}_no_{what}" for table in APPEND_ONLY for what in ("change", "truncate")]
    assert _missing(database) == ", ".join(sorted(wanted))


@ON_POSTGRES
def test_a_replaced_guard_function_is_named_at_every_guard(database: Database) -> None:
    _execute(database, _PERMISSIVE.format(name="creditbank_append_only"))
    assert _missing(database) == ", ".join(sorted(name for _, name in _guards(database)))


@ON_POSTGRES
def test_guards_of_another_schema_do_not_count(database: Database) -> None:
    _execute(
        database,
        "CREATE SCHEMA decoy",
        "CREATE TABLE decoy.entries (entry_index bigint)",
        "CREATE TRIGGER entries_no_change BEFORE UPDATE OR DELETE ON decoy.entries"
        " FOR EACH ROW EXECUTE FUNCTION creditbank_append_only()",
        "ALTER TABLE decoy.entries ENABLE ALWAYS TRIGGER entries_no_change",
        "DROP TRIGGER entries_no_change ON public.entries",
    )
    assert _missing(database) == "entries_no_change"


def test_a_row_value_survives_every_column_type(bank: TestBank) -> None:
    """What is written in bulk is read back the same: bytes, large integers, text, absences."""
    bank.post(factories.completion("s-1", 1))
    rows: dict[str, list[tuple[Any, ...]]] = bank.rows()
    entry = rows["entries"][-1]
    kinds = [type(value) for value in entry]
    assert kinds[:4] == [int, int, bytes, bytes]
    assert kinds[4:8] == [str, int, bytes, bytes]
    assert kinds[10] is type(None)  # no attest
    assert 0 <= entry[13] < 2**62
