"""The tables of the archive in SQLite, and the way there from what older versions wrote."""

import sqlite3
from typing import Final

from server.archive.seals import seal

# Table names and whether their keys are whole numbers (cheaper to append) or bytes.
TABLES: Final[dict[str, str]] = {
    "records": "INTEGER",
    "snapshots": "INTEGER",
    "numbers": "INTEGER",
    "timeline": "BLOB",
    "ids": "BLOB",
    "facts": "BLOB",
    "quarantine": "BLOB",
    "quarantine_ids": "BLOB",
    "changes": "BLOB",
}
# Tables that were not there from the beginning; an archive of this version has them.
_LATER: Final = frozenset({"changes"})
_VERSION: Final = 1


def make_tables(connection: sqlite3.Connection) -> None:
    """Make what is missing; seal the rows of an archive that was made before rows had seals.

    Raises `sqlite3.DatabaseError` when a table is lost: an empty one in its place would be a wrong answer.
    """
    found = {table: _sql_of(connection, table) for table in TABLES}
    is_new = _version(connection) >= _VERSION
    old = old_tables(connection)
    if old:
        _seal_rows(connection, old)
    elif any(found.values()) and not all(found[table] for table in TABLES if is_new or table not in _LATER):
        raise sqlite3.DatabaseError("tables are missing")
    for table, kind in TABLES.items():
        if not found[table]:
            connection.execute(_create(table, kind, column="sealed"))
    if not is_new:
        connection.execute(f"PRAGMA user_version = {_VERSION}")


def is_of_older_version(connection: sqlite3.Connection) -> bool:
    """Whether opening it for writing will change how it lies on the disk."""
    return _version(connection) < _VERSION or bool(old_tables(connection))


def old_tables(connection: sqlite3.Connection) -> list[str]:
    """Tables from before rows had seals."""
    return [
        table
        for table, kind in TABLES.items()
        if _sql_of(connection, table) == _create(table, kind, column="value")
    ]


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _sql_of(connection: sqlite3.Connection, table: str) -> str:
    row = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    return "" if row is None else str(row[0])


def _create(table: str, kind: str, *, column: str) -> str:
    rows = "" if kind == "INTEGER" else " WITHOUT ROWID"
    return f"CREATE TABLE {table} (key {kind} PRIMARY KEY, {column} BLOB NOT NULL){rows}"


def _seal_rows(connection: sqlite3.Connection, tables: list[str]) -> None:
    connection.create_function("seal", 3, seal, deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    for table in tables:
        # Names of TABLES: nothing comes from outside.
        connection.execute(f"UPDATE {table} SET value = seal('{table}', key, value)")  # noqa: S608
        connection.execute(f"ALTER TABLE {table} RENAME COLUMN value TO sealed")
    connection.execute("COMMIT")
