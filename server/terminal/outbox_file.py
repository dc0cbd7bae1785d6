"""The file of a terminal client: who it is, what it wrote, and which servers it knows (SQLite).

A line is here, synced, before the network gets it, and stays until a server's final answer; so a
`kill -9` at any moment loses nothing and sends nothing twice. One process has the file open.
"""

import contextlib
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from server.client.identity import Identity
from server.client.outbox import Draft
from server.protocol.facts import FileFacts

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    counter INTEGER PRIMARY KEY, room TEXT NOT NULL, text TEXT NOT NULL, time_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS uploads (upload INTEGER PRIMARY KEY, room TEXT NOT NULL, path BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS begun (
    room TEXT PRIMARY KEY, text TEXT NOT NULL, time_ms INTEGER NOT NULL
) WITHOUT ROWID;
"""
# So many conversations have something that was begun; of more the oldest is dropped.
BEGUN_MAX: Final = 200
_LOCKED_CODES: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class OutboxFileError(Exception):
    """The file cannot be used: `in_use` by another process, `unusable` for the reason in `detail`."""

    def __init__(self, code: str, path: Path, detail: str = "") -> None:
        super().__init__(f"{code}: {path}: {detail}")
        self.code = code
        self.path = path
        self.detail = detail


class OutboxFile:
    """Open it once; `close` it at the end. One thread uses it."""

    def __init__(self, path: Path) -> None:
        """Raises `OutboxFileError`."""
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # The device's secret is inside.
            path.touch(mode=0o600)
            self._database = sqlite3.connect(path, timeout=0.0, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise OutboxFileError("unusable", path, str(error)) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._database.close()
            is_locked = getattr(error, "sqlite_errorcode", 0) & 0xFF in _LOCKED_CODES
            raise OutboxFileError("in_use" if is_locked else "unusable", path, str(error)) from error

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._path

    def close(self) -> None:
        """Let others open it."""
        self._database.close()

    def identity(self, name: str) -> Identity:
        """This device, made at the first use of the file."""
        return Identity(name=name, device=self.fact("device"), secret=self.fact("secret"))

    def fact(self, name: str) -> str:
        """Something that was kept, or nothing."""
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row is not None else ""

    def keep(self, name: str, value: str) -> None:
        """Keep something over restarts."""
        self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def put(self, room: str, texts: Iterable[str], time_ms: int, *, ends_begun: bool = False) -> list[Draft]:
        """Take lines: each gets the next counter; they are on disk when this returns.

        `ends_begun`: what was begun in the room is in them, so it goes in the same moment.
        """
        first = int(self.fact("next_counter"))
        drafts = [Draft(counter, room, text, time_ms) for counter, text in enumerate(texts, first)]
        rows = [(draft.counter, draft.room, draft.text, draft.time_ms) for draft in drafts]
        with self._transaction():
            self._database.executemany(
                "INSERT INTO outbox (counter, room, text, time_ms) VALUES (?, ?, ?, ?)", rows
            )
            self.keep("next_counter", str(first + len(drafts)))
            if ends_begun:
                self._drop_begun(room)
        return drafts

    def put_file(self, room: str, file: FileFacts, time_ms: int, *, upload: int = 0) -> Draft:
        """Take a message that carries a file which the servers have: its upload goes in the same moment."""
        draft = Draft(int(self.fact("next_counter")), room, "", time_ms, file)
        row = (draft.counter, room, "", time_ms, msgspec.json.encode(file).decode())
        with self._transaction():
            self._database.execute(
                "INSERT INTO outbox (counter, room, text, time_ms, file) VALUES (?, ?, ?, ?, ?)", row
            )
            self._database.execute("DELETE FROM uploads WHERE upload = ?", (upload,))
            self.keep("next_counter", str(draft.counter + 1))
        return draft

    def put_reply(
        self, room: str, text: str, reply: tuple[str, int], time_ms: int, *, ends_begun: bool = False
    ) -> Draft:
        """Take a line that answers the message (device, counter)."""
        draft = Draft(int(self.fact("next_counter")), room, text, time_ms, reply=reply)
        row = (draft.counter, room, text, time_ms, msgspec.json.encode(reply).decode())
        with self._transaction():
            self._database.execute(
                "INSERT INTO outbox (counter, room, text, time_ms, reply) VALUES (?, ?, ?, ?, ?)", row
            )
            self.keep("next_counter", str(draft.counter + 1))
            if ends_begun:
                self._drop_begun(room)
        return draft

    def uploads(self) -> list[tuple[int, str, bytes]]:
        """Files that were chosen, and whose messages are not written yet: each with its room and its path."""
        return list(self._database.execute("SELECT upload, room, path FROM uploads ORDER BY upload"))

    def keep_upload(self, room: str, path: bytes) -> int:
        """A file was chosen for a room; what it is kept as."""
        rows = self._database.execute("INSERT INTO uploads (room, path) VALUES (?, ?)", (room, path))
        assert rows.lastrowid is not None
        return rows.lastrowid

    def drop_upload(self, upload: int) -> None:
        """It will not be sent."""
        self._database.execute("DELETE FROM uploads WHERE upload = ?", (upload,))

    def begun(self) -> dict[str, str]:
        """What was begun and not sent, by the ids of the conversations, the newest first."""
        rows = self._database.execute("SELECT room, text FROM begun ORDER BY time_ms DESC, room")
        return dict(rows.fetchall())

    def keep_begun(self, room: str, text: str, time_ms: int) -> None:
        """Keep what was begun in a conversation, in place of what was begun there before; "" drops it."""
        with self._transaction():
            self._drop_begun(room)
            if text:
                self._database.execute("INSERT INTO begun VALUES (?, ?, ?)", (room, text, time_ms))
                kept = "SELECT room FROM begun ORDER BY time_ms DESC, room LIMIT ?"
                self._database.execute(f"DELETE FROM begun WHERE room NOT IN ({kept})", (BEGUN_MAX,))  # noqa: S608

    def _drop_begun(self, room: str) -> None:
        self._database.execute("DELETE FROM begun WHERE room = ?", (room,))

    def next_counter(self) -> int:
        """A counter for something that is no line."""
        counter = int(self.fact("next_counter"))
        self.keep("next_counter", str(counter + 1))
        return counter

    def renew_device(self) -> None:
        """The servers take nothing from this device any more: at the next start it is another one."""
        with self._transaction():
            self._draw_device()

    def settle(self, counters: Iterable[int]) -> None:
        """A server gave its final answer for these."""
        with self._transaction():
            rows = [(counter,) for counter in counters]
            self._database.executemany("DELETE FROM outbox WHERE counter = ?", rows)

    def drafts(self) -> list[Draft]:
        """What has no final answer, in the order it was written."""
        rows = self._database.execute(
            "SELECT counter, room, text, time_ms, file, reply FROM outbox ORDER BY counter"
        )
        return [
            Draft(counter, room, text, time_ms, _file_in(file), _reply_in(reply))
            for counter, room, text, time_ms, file, reply in rows
        ]

    def _prepare(self) -> None:
        # Exclusive: another process that opens the file is told so; the lock ends with the process.
        self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        # What is deleted, such as the secret of a device that was signed out, stands in no file any more.
        self._database.execute("PRAGMA secure_delete = ON")
        self._database.executescript(_SCHEMA)
        columns = [row[1] for row in self._database.execute("PRAGMA table_info(outbox)")]
        if "file" not in columns:
            # Since messages may carry one.
            self._database.execute("ALTER TABLE outbox ADD COLUMN file TEXT NOT NULL DEFAULT ''")
        if "reply" not in columns:
            # Since messages may answer others.
            self._database.execute("ALTER TABLE outbox ADD COLUMN reply TEXT NOT NULL DEFAULT ''")
        with self._transaction():
            if not self.fact("device"):
                self._draw_device()
                self.keep("next_counter", "1")

    def _draw_device(self) -> None:
        self.keep("device", secrets.token_hex(16))
        self.keep("secret", secrets.token_hex(32))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def _file_in(column: str) -> FileFacts | None:
    return msgspec.json.decode(column, type=FileFacts) if column else None


def _reply_in(column: str) -> tuple[str, int] | None:
    return msgspec.json.decode(column, type=tuple[str, int]) if column else None
