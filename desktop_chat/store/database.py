"""The cache's file: its tables, the one writing connection, and reading ones.

WAL, so that readers never wait for the writer; `synchronous=FULL`, since the outbox is a promise.
"""

import sqlite3
from pathlib import Path
from typing import Final

FILE_NAME: Final = "chat.sqlite"
VERSION: Final = 2

_TABLES: Final = """
CREATE TABLE message (
    idx INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,
    room TEXT NOT NULL,
    user TEXT NOT NULL,
    name TEXT NOT NULL,
    device TEXT NOT NULL,
    counter INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    copies INTEGER NOT NULL,
    is_deleted INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX message_identity ON message (device, counter);
CREATE INDEX message_room ON message (room, idx);
CREATE INDEX message_on_one ON message (idx) WHERE copies < 2;
-- idx and copies are known once the servers stored it, before it is delivered and leaves.
CREATE TABLE outbox (
    counter INTEGER PRIMARY KEY,
    room TEXT NOT NULL,
    text TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    idx INTEGER NOT NULL DEFAULT 0,
    copies INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE draft (room TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE read_mark (room TEXT PRIMARY KEY, idx INTEGER NOT NULL);
CREATE TABLE room (
    room TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    members INTEGER NOT NULL,
    has_beginning INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class CacheError(Exception):
    """The cache cannot be opened; the code is newer_version, not_writable or damaged."""

    def __init__(self, code: str, path: Path) -> None:
        super().__init__(f"{code}: {path}")
        self.code = code
        self.path = path


def open_for_writing(folder: Path) -> sqlite3.Connection:
    """The writing connection; makes the tables. Only the store's thread may use it. Raises CacheError."""
    path = folder / FILE_NAME
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA fullfsync=ON")
        # What is erased is overwritten in the file.
        connection.execute("PRAGMA secure_delete=ON")
        _make_tables(connection, path)
    except sqlite3.OperationalError as error:
        raise CacheError("not_writable", path) from error
    except sqlite3.DatabaseError as error:
        raise CacheError("damaged", path) from error
    return connection


def open_for_reading(folder: Path) -> sqlite3.Connection:
    """A reading connection for the thread that calls this."""
    connection = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _make_tables(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise CacheError("newer_version", path)
    if version == 0:
        connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version={VERSION}; COMMIT;")
    elif version == 1:
        # Since messages can be deleted.
        added = "ALTER TABLE message ADD COLUMN is_deleted INTEGER NOT NULL DEFAULT 0;"
        connection.executescript(f"BEGIN; {added} PRAGMA user_version={VERSION}; COMMIT;")
