"""The disk beneath the store: begin, put, delete, commit, read; SQLite does it.

A disk is a few ordered tables of (key, value). Changes are collected in a `Transaction` and become
durable together when `commit` returns: SQLite with WAL and `synchronous=FULL`. One connection, the
one of the `disk` thread, writes and checkpoints; every other thread only reads through its own
(SQLite before 3.51.3 can corrupt a WAL when two connections write or checkpoint at once).
"""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

Key = int | bytes

# Table names and whether their keys are whole numbers (cheaper to append) or bytes.
TABLES: Final[dict[str, str]] = {
    "records": "INTEGER",
    "snapshots": "INTEGER",
    "numbers": "INTEGER",
    "timeline": "BLOB",
    "ids": "BLOB",
    "facts": "BLOB",
}


class DiskError(Exception):
    """The disk refused. A failed sync is never tried again: the process must end."""


class Transaction:
    """Changes that become durable together."""

    def __init__(self) -> None:
        self.puts: dict[str, list[tuple[Key, bytes]]] = {}
        self.deletes: list[tuple[str, Key, Key]] = []

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.puts and not self.deletes

    def put(self, table: str, key: Key, value: bytes) -> None:
        """Set a value; puts of one transaction happen after its deletes."""
        self.puts.setdefault(table, []).append((key, value))

    def delete(self, table: str, first: Key, last: Key) -> None:
        """Remove the keys from `first` to `last`, both included."""
        self.deletes.append((table, first, last))


class Reader(Protocol):
    """Reading, from one thread."""

    def read(self, table: str, key: Key) -> bytes | None:
        """One value."""

    def scan(
        self, table: str, first: Key, last: Key, *, is_backwards: bool = False
    ) -> Iterator[tuple[Key, bytes]]:
        """The pairs from `first` to `last`, both included, in order."""


class Disk(Reader, Protocol):
    """A disk: reading, and the one writer."""

    def commit(self, transaction: Transaction) -> None:
        """Make it durable; raises `DiskError`."""

    def reader(self) -> Reader:
        """A reader for another thread."""

    def close(self) -> None:
        """Let go of it; what was committed stays."""


class SqliteReader:
    """Reads the tables through one connection a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # Opened for reading only: even the last one that closes must not checkpoint.
            address = f"{self._path.absolute().as_uri()}?mode=ro"
            try:
                connection = sqlite3.connect(address, uri=True, isolation_level=None)
            except sqlite3.Error as error:
                raise DiskError(f"{self._path}: {error}") from error
            self._local.connection = connection
        return connection

    def read(self, table: str, key: Key) -> bytes | None:
        """One value."""
        return _read(self._connection(), table, key)

    def scan(
        self, table: str, first: Key, last: Key, *, is_backwards: bool = False
    ) -> Iterator[tuple[Key, bytes]]:
        """The pairs from `first` to `last`, both included, in order."""
        return _scan(self._connection(), table, first, last, is_backwards=is_backwards)


class SqliteDisk:
    """The tables in one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "fullfsync=1",
                "checkpoint_fullfsync=1",
            ):
                self._connection.execute(f"PRAGMA {pragma}")
            for table, kind in TABLES.items():
                rows = "" if kind == "INTEGER" else " WITHOUT ROWID"
                self._connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {table} (key {kind} PRIMARY KEY, value BLOB NOT NULL){rows}"
                )
        except sqlite3.Error as error:
            raise DiskError(f"{path}: {error}") from error

    def commit(self, transaction: Transaction) -> None:
        """One transaction, one sync."""
        execute, many = self._connection.execute, self._connection.executemany
        try:
            execute("BEGIN IMMEDIATE")
            for table, first, last in transaction.deletes:
                query = f"DELETE FROM {_name(table)} WHERE key BETWEEN ? AND ?"  # noqa: S608
                execute(query, (first, last))
            for table, pairs in transaction.puts.items():
                many(f"INSERT OR REPLACE INTO {_name(table)} VALUES (?, ?)", pairs)  # noqa: S608 - a name of TABLES
            execute("COMMIT")
        except sqlite3.Error as error:
            raise DiskError(f"{self._path}: {error}") from error

    def read(self, table: str, key: Key) -> bytes | None:
        """One value, on the writing thread."""
        return _read(self._connection, table, key)

    def scan(
        self, table: str, first: Key, last: Key, *, is_backwards: bool = False
    ) -> Iterator[tuple[Key, bytes]]:
        """The pairs from `first` to `last`, both included, in order, on the writing thread."""
        return _scan(self._connection, table, first, last, is_backwards=is_backwards)

    def reader(self) -> SqliteReader:
        """A reader that any other thread may use."""
        return SqliteReader(self._path)

    def close(self) -> None:
        """Checkpoint and let go of the file."""
        self._connection.close()


def _name(table: str) -> str:
    assert table in TABLES, table
    return table


def _read(connection: sqlite3.Connection, table: str, key: Key) -> bytes | None:
    query = f"SELECT value FROM {_name(table)} WHERE key = ?"  # noqa: S608 - a name of TABLES
    try:
        row = connection.execute(query, (key,)).fetchone()
    except sqlite3.Error as error:
        raise DiskError(str(error)) from error
    return None if row is None else bytes(row[0])


def _scan(
    connection: sqlite3.Connection, table: str, first: Key, last: Key, *, is_backwards: bool
) -> Iterator[tuple[Key, bytes]]:
    order = "DESC" if is_backwards else "ASC"
    query = f"SELECT key, value FROM {_name(table)} WHERE key BETWEEN ? AND ? ORDER BY key {order}"  # noqa: S608
    try:
        yield from connection.execute(query, (first, last))
    except sqlite3.Error as error:
        raise DiskError(str(error)) from error
