"""The databases themselves refuse to change what is recorded.

Triggers refuse UPDATE, DELETE, TRUNCATE (PostgreSQL) and REPLACE (SQLite) on the append-only
tables. The server refuses to start where one of them is missing or altered, so this module holds
their text for both the migration and the check.
"""

from __future__ import annotations

import sqlalchemy as sa

from creditbank.errors.storage import ProtectionMissing

APPEND_ONLY = ("entries", "documents", "commits", "checkpoints")

_REPLACED = {
    "entries": (
        "EXISTS (SELECT 1 FROM entries WHERE entry_index = NEW.entry_index)"
        " OR EXISTS (SELECT 1 FROM entries WHERE source = NEW.source)"
        " OR EXISTS (SELECT 1 FROM entries WHERE org = NEW.org AND org_seq = NEW.org_seq)"
    ),
    "documents": "EXISTS (SELECT 1 FROM documents WHERE digest = NEW.digest)",
    "commits": "EXISTS (SELECT 1 FROM commits WHERE size = NEW.size)",
    "checkpoints": "EXISTS (SELECT 1 FROM checkpoints WHERE size = NEW.size)",
}

_POSTGRES_FUNCTION = """
CREATE FUNCTION creditbank_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END;
$$
"""


def sqlite_triggers() -> dict[str, str]:
    """Return the SQLite triggers by name.

    The third one per table stops REPLACE, which deletes without firing the delete trigger on
    connections that did not set `recursive_triggers`.
    """
    triggers = {}
    for table in APPEND_ONLY:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("UPDATE", "DELETE"):
            name = f"{table}_no_{verb.lower()}"
            triggers[name] = f"CREATE TRIGGER {name} BEFORE {verb} ON {table} {refuse}"
        name = f"{table}_no_replace"
        triggers[name] = (
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {_REPLACED[table]} {refuse}"
        )
    return triggers


def postgres_statements() -> list[str]:
    """Return the statements that guard the append-only tables on PostgreSQL."""
    each_row = "FOR EACH ROW EXECUTE FUNCTION creditbank_append_only()"
    each_statement = "FOR EACH STATEMENT EXECUTE FUNCTION creditbank_append_only()"
    statements = [_POSTGRES_FUNCTION]
    for table in APPEND_ONLY:
        statements += [
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} {each_row}",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} {each_statement}",
            # ALWAYS: also for a session that calls itself a replica.
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_change",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate",
        ]
    return statements


def require_protection(connection: sa.Connection) -> None:
    """Refuse with `ProtectionMissing` unless every guard is there, enabled and unaltered."""
    if connection.dialect.name == "sqlite":
        missing = _missing_on_sqlite(connection)
    else:
        missing = _missing_on_postgres(connection)
    if missing:
        raise ProtectionMissing(missing=", ".join(sorted(missing)))


def _missing_on_sqlite(connection: sa.Connection) -> list[str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    found: dict[str, str] = {name: sql for name, sql in rows}  # noqa: C416  # rows are no pairs to mypy
    return [name for name, sql in sqlite_triggers().items() if found.get(name) != sql]


# Row triggers on UPDATE and DELETE are type 27 (ROW 1, BEFORE 2, DELETE 8, UPDATE 16); a
# statement trigger on TRUNCATE is type 34 (BEFORE 2, TRUNCATE 32). 'A' is ENABLE ALWAYS. One with
# a condition, or for updates of some columns only, guards nothing.
_POSTGRES_TRIGGERS = """
SELECT c.relname, t.tgname, t.tgtype, t.tgenabled, p.prosrc
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
  AND t.tgqual IS NULL AND t.tgattr = ''::int2vector
"""


def _missing_on_postgres(connection: sa.Connection) -> list[str]:
    source = _POSTGRES_FUNCTION.split("$$")[1]
    found = {
        (table, name)
        for table, name, kind, enabled, body in connection.exec_driver_sql(_POSTGRES_TRIGGERS)
        if _text(enabled) == "A"
        and body == source
        and kind == (34 if name.endswith("_no_truncate") else 27)
    }
    wanted = {
        (table, f"{table}_no_{what}") for table in APPEND_ONLY for what in ("change", "truncate")
    }
    return [name for _, name in wanted - found]


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
