"""The disk beneath the store: begin, put, delete, commit, read; SQLite does it.

A disk is a few ordered tables of (key, value). Changes are collected in a `Transaction` and become
durable together when `commit` returns: SQLite with WAL and `synchronous=FULL`. One connection, the
one of the `disk` thread, writes and checkpoints; every other thread only reads through its own
(SQLite before 3.51.3 can corrupt a WAL when two connections write or checkpoint at once).

Every row is sealed, and each seal is checked when the row is read: what is not as it was written is
damage, never an answer and never "not found".
"""

import abc
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

from server.archive.schema import TABLES, is_of_older_version, make_tables
from server.archive.seals import Key, sealed_rows, unseal, unsealed_rows
from server.i18n.translation import _


class DiskError(Exception):
    """The disk refused. A failed sync is never tried again: the process must end."""


class DamagedDiskError(DiskError):
    """What was read is not what was written. The process must end; the next start mends the archive."""


class DiskFullError(DiskError):
    """There was no room for it; nothing was written."""


class Transaction:
    """Changes that become durable together."""

    def __init__(self) -> None:
        self.puts: dict[str, list[tuple[Key, bytes]]] = {}
        self.new_puts: dict[str, list[tuple[Key, bytes]]] = {}
        self.deletes: list[tuple[str, Key, Key]] = []

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.puts or self.new_puts or self.deletes)

    def put(self, table: str, key: Key, value: bytes) -> None:
        """Set a value; puts of one transaction happen after its deletes."""
        self.puts.setdefault(table, []).append((key, value))

    def put_new(self, table: str, key: Key, value: bytes) -> None:
        """Set a value unless the key has one; after the deletes, like every put."""
        self.new_puts.setdefault(table, []).append((key, value))

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

    def damaged(self, what: str) -> DamagedDiskError:
        """Tell whoever must know that a reader found damage; gives the error to raise."""


class Disk(Reader, Protocol):
    """A disk: reading, and the one writer."""

    def commit(self, transaction: Transaction) -> None:
        """Make it durable; raises `DiskError`."""

    def reader(self) -> Reader:
        """A reader for another thread."""

    def scrub(self) -> bool:
        """See that what was erased is in no file any more; False: not now. Raises `DiskError`."""

    def close(self) -> None:
        """Let go of it; what was committed stays."""


__all__ = [
    "TABLES",
    "DamagedDiskError",
    "Disk",
    "DiskError",
    "DiskFullError",
    "Key",
    "Reader",
    "SqliteDisk",
    "SqliteReader",
    "Transaction",
]

Alert = Callable[[DamagedDiskError], None]

# Primary result codes that say nothing about the file's content; any other at a read is damage.
_NO_DAMAGE: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
# Parts of the file that the disk does not give any more.
_UNREADABLE: Final = frozenset({sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ})
# A full volume, also when it is found while the WAL's index is made.
_NO_ROOM: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})


# How long a write waits for another process that looks into the file.
_BUSY_MS: Final = 5_000
# SQLite database file format, section 1.3.3: the file format write version.
_WRITE_VERSION_AT: Final = 18
_WRITE_VERSION_MAX: Final = b"\2"


class _Tables(abc.ABC):
    """Reading through one connection a thread."""

    def __init__(self, path: Path, alert: Alert | None) -> None:
        self._path: Final = path
        # Told before a damage is raised, on the thread that found it.
        self.alert = alert

    def damaged(self, what: str) -> DamagedDiskError:
        """Tell whoever must know; gives the error to raise."""
        error = DamagedDiskError(f"{self._path}: {what}")
        if self.alert is not None:
            self.alert(error)
        return error

    def read(self, table: str, key: Key) -> bytes | None:
        """One value."""
        query = f"SELECT key, sealed FROM {_name(table)} WHERE key = ?"  # noqa: S608 - a name of TABLES
        with self._told():
            row = self._reading().execute(query, (key,)).fetchone()
            if row is None:
                self._check_beside(table, key, key)
                return None
        return self._value(table, row)

    def scan(
        self, table: str, first: Key, last: Key, *, is_backwards: bool = False
    ) -> Iterator[tuple[Key, bytes]]:
        """The pairs from `first` to `last`, both included, in order."""
        order = "DESC" if is_backwards else "ASC"
        query = f"SELECT key, sealed FROM {_name(table)} WHERE key BETWEEN ? AND ? ORDER BY key {order}"  # noqa: S608
        with self._told():
            for key, value in unsealed_rows(table, self._reading().execute(query, (first, last))):
                if value is None:
                    raise self._damaged_row(table)
                yield key, value
            self._check_beside(table, first, last)

    def _check_beside(self, table: str, first: Key, last: Key) -> None:
        """See that what was not found is not one of the rows beside, whose key is damaged.

        The structure is whole, so a damaged key still stands between those of its neighbours.
        """
        name = _name(table)
        for query, key in (
            (f"SELECT key, sealed FROM {name} WHERE key < ? ORDER BY key DESC LIMIT 1", first),  # noqa: S608
            (f"SELECT key, sealed FROM {name} WHERE key > ? ORDER BY key LIMIT 1", last),  # noqa: S608
        ):
            row = self._reading().execute(query, (key,)).fetchone()
            if row is not None:
                self._value(table, row)

    @abc.abstractmethod
    def _reading(self) -> sqlite3.Connection:
        """The connection of this thread."""

    def _value(self, table: str, row: tuple[object, object]) -> bytes:
        value = unseal(table, *row)
        if value is None:
            raise self._damaged_row(table)
        return value

    def _damaged_row(self, table: str) -> DamagedDiskError:
        return self.damaged(_("a row of the table {table} is damaged").format(table=table))

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Say as ours what SQLite raises."""
        try:
            yield
        except sqlite3.Error as error:
            # No code: a text that cannot be decoded, and there is none in our tables.
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
            if code in _UNREADABLE or code & 0xFF not in _NO_DAMAGE:
                raise self.damaged(str(error)) from error
            kind = DiskFullError if code in _NO_ROOM else DiskError
            raise kind(f"{self._path}: {error}") from error


class SqliteReader(_Tables):
    """Reads the tables, from any thread."""

    def __init__(self, path: Path, alert: Alert | None = None) -> None:
        super().__init__(path, alert)
        self._local = threading.local()

    def check(self) -> None:
        """See that the file's structure is whole (b-trees, pages, order of keys).

        Raises `DamagedDiskError`, and `DiskError` when the file cannot be looked at.
        Together with the seals this is everything: no row can be lost in a structure that is whole.
        (`quick_check` would leave out the order of keys that are bytes.)
        """
        with self._told():
            found = self._reading().execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found not in {"ok", b"ok"}:
            raise self.damaged(found.decode() if isinstance(found, bytes) else str(found))
        # SQLite would read on, and refuse to write.
        try:
            with self._path.open("rb") as file:
                write_version = file.read(_WRITE_VERSION_AT + 1)[_WRITE_VERSION_AT:]
        except OSError as error:
            # No file may be left for it: each connection of a crowd is one.
            raise DiskError(f"{self._path}: {error}") from error
        if write_version > _WRITE_VERSION_MAX:
            raise self.damaged(_("the file says that it is of a newer version"))

    @contextlib.contextmanager
    def moment(self) -> Iterator[None]:
        """All that is read inside is of one moment."""
        with self._told():
            self._reading().execute("BEGIN")
        try:
            yield
        finally:
            self._reading().execute("COMMIT")

    @property
    def is_old(self) -> bool:
        """Whether an older version wrote it: it must be opened for writing first."""
        with self._told():
            return is_of_older_version(self._reading())

    def close(self) -> None:
        """Close the connection of this thread."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            del self._local.connection

    def _reading(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # Opened for reading only: even the last one that closes must not checkpoint.
            address = f"{self._path.absolute().as_uri()}?mode=ro"
            connection = sqlite3.connect(address, uri=True, isolation_level=None)
            self._local.connection = connection
        return connection


class SqliteDisk(_Tables):
    """The tables in one SQLite file.

    `make_room` is asked for room when a write found none: when it gives some, that one write is
    tried again (nothing of it was written, so no sync of it can have failed).
    """

    def __init__(
        self, path: Path, *, alert: Alert | None = None, make_room: Callable[[], bool] | None = None
    ) -> None:
        super().__init__(path, alert)
        self._make_room: Final = make_room
        with self._told():
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000
            )
        try:
            self._with_room(self._open)
        except BaseException:
            self._connection.close()
            raise

    def commit(self, transaction: Transaction) -> None:
        """One transaction, one sync."""
        self._with_room(lambda: self._commit(transaction))

    def reader(self) -> SqliteReader:
        """A reader that any other thread may use."""
        return SqliteReader(self._path, self.alert)

    def scrub(self) -> bool:
        """Bring all of it into the one file, and empty the write-ahead log, unless somebody reads it now."""
        try:
            with self._told():
                # Nobody's reading is waited for: it is tried again.
                self._connection.execute("PRAGMA busy_timeout=0")
                try:
                    found = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                finally:
                    self._connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        except DiskFullError:
            return False
        return not found[0]

    def close(self) -> None:
        """Bring all of it into the one file, and let go of that."""
        with contextlib.suppress(sqlite3.Error):
            # While others still read, closing alone would leave it in the write-ahead log.
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()

    def _open(self) -> None:
        with self._told():
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "fullfsync=1",
                "checkpoint_fullfsync=1",
                # What is erased or replaced is overwritten in the file.
                "secure_delete=1",
            ):
                self._connection.execute(f"PRAGMA {pragma}")
            make_tables(self._connection)

    def _commit(self, transaction: Transaction) -> None:
        execute, many = self._connection.execute, self._connection.executemany
        with self._told():
            execute("BEGIN IMMEDIATE")
            for table, first, last in transaction.deletes:
                query = f"DELETE FROM {_name(table)} WHERE key BETWEEN ? AND ?"  # noqa: S608
                execute(query, (first, last))
            for how, puts in (("REPLACE", transaction.puts), ("IGNORE", transaction.new_puts)):
                for table, pairs in puts.items():
                    rows = sealed_rows(table, pairs)
                    many(f"INSERT OR {how} INTO {_name(table)} VALUES (?, ?)", rows)  # noqa: S608 - our own words
            execute("COMMIT")

    def _with_room(self, write: Callable[[], None]) -> None:
        try:
            write()
        except DiskFullError:
            if self._make_room is None or not self._make_room():
                raise
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            write()

    def _reading(self) -> sqlite3.Connection:
        return self._connection


def _name(table: str) -> str:
    assert table in TABLES, table
    return table
