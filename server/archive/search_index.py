"""The search index: which messages hold which words, in a SQLite file of its own beside the archive.

It follows the log and holds nothing that the log does not: whoever loses it makes it again. The texts are
not in it (FTS5 without content), only their words; what is found is read from the archive.

It is cut into *shelves*, tables for so many places of the log each. So a search looks at the newest
messages first and may end early; a merge drops shelves; and an erased text leaves the file for good when its
one shelf is written anew. (FTS5 can take single rows out of its pages only from SQLite 3.42 on.)
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from server.archive.record import GENESIS_HASH

# Written anew in half a second, and a million messages are 61 of them.
SHELF_RECORDS: Final = 16_384
TOKENIZER: Final = "unicode61 remove_diacritics 2"
# Another number has an older index made again.
_VERSION: Final = "3"
_BUSY_S: Final = 0.05
_CREATE: Final = (
    "CREATE VIRTUAL TABLE {} USING fts5(room, text, content='', columnsize=0,"
    f" tokenize='{TOKENIZER}', prefix='2')"
)


class Reach(msgspec.Struct, frozen=True):
    """A place of the log, and the hash of its record; `number` counts the messages up to there."""

    index: int = 0
    hash: bytes = GENESIS_HASH
    number: int = 0


class Stretch(NamedTuple):
    """A part of the log: behind `start`, up to `end`."""

    start: Reach
    end: Reach


class IndexedMessage(NamedTuple):
    """A message as the index takes it; `place` is its index in the log."""

    place: int
    room: str
    text: str


class Change(NamedTuple):
    """A message that was changed, or erased (None), by the record at the place `at` of the log."""

    at: int
    place: int
    room: str
    text: str | None


def shelf_of(index: int) -> int:
    """The shelf of a place in the log."""
    return (index - 1) // SHELF_RECORDS


def shelf_start(shelf: int) -> int:
    """The first place of a shelf."""
    return shelf * SHELF_RECORDS + 1


def shelf_end(shelf: int) -> int:
    """The last place of a shelf."""
    return (shelf + 1) * SHELF_RECORDS


def table_of(shelf: int) -> str:
    """The table of a shelf."""
    assert isinstance(shelf, int), shelf
    return f"shelf_{shelf}"


def room_word(room: str) -> str:
    """A room's id as one word, whatever it is made of."""
    return "r" + room.encode().hex()


class SearchIndex:
    """The writing connection, of one thread. Everything raises `sqlite3.Error`.

    `cluster`: whose archive it belongs to; another one's is made empty, and so is one of an older version.
    """

    def __init__(self, path: Path, cluster: str) -> None:
        # Nobody else writes; a reader is not waited for.
        self._connection: Final = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=_BUSY_S
        )
        # What the last life could not bring out of the write-ahead log.
        self.wants_truncation = True
        try:
            # It need not outlive a loss of power, only never be half of something.
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._prepare(cluster)
        except BaseException:
            self._connection.close()
            raise

    @property
    def reach(self) -> Reach:
        """How far it has followed."""
        found = self.reaches(limit=1)
        return found[0] if found else Reach()

    @property
    def seen(self) -> Reach:
        """Where the log ended at the last look: what is in here of messages is what they said then."""
        query = "SELECT looked_to, looked_hash FROM shelves ORDER BY looked_to DESC LIMIT 1"
        return next((Reach(*row) for row in self._connection.execute(query)), Reach())

    def reaches(self, limit: int = -1) -> list[Reach]:
        """How far each shelf goes, the newest first."""
        query = "SELECT last_index, last_hash, last_number FROM shelves ORDER BY shelf DESC LIMIT ?"
        return [Reach(*row) for row in self._connection.execute(query, (limit,))]

    def check(self) -> None:
        """See that the file's structure is whole. Raises `sqlite3.DatabaseError`."""
        found = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(str(found))

    def add(
        self, messages: Sequence[IndexedMessage], reach: Reach, end: Reach, changes: Sequence[Change] = ()
    ) -> None:
        """Take the next messages in, all of the shelf of `reach`, which is how far it has followed then.

        They are as they were when the log reached to `end`, behind `seen`, so that changes up to there are in
        them. A changed message is found by what it says now, and also by what it said until its shelf is
        written anew (see `stale_shelf`); so who searches looks at what is found.
        """
        shelf = shelf_of(reach.index)
        assert all(shelf_of(message.place) == shelf for message in messages), (shelf, reach)
        with self._transaction() as execute:
            row = (shelf, reach.index, reach.hash, reach.number)
            if execute("SELECT 1 FROM shelves WHERE shelf = ?", (shelf,)).fetchone() is None:
                execute(_CREATE.format(table_of(shelf)))
                execute(
                    "INSERT INTO shelves VALUES (?, ?, ?, ?, ?, ?, ?, 0)", (*row, end.index, *_place(end))
                )
            else:
                query = (
                    "UPDATE shelves SET last_index = ?2, last_hash = ?3, last_number = ?4,"
                    " looked_to = ?5, looked_hash = ?6 WHERE shelf = ?1"
                )
                execute(query, (*row, *_place(end)))
            self._insert(shelf, messages)
            for change in changes:
                self._change(change, end)

    def keep(self, reach: Reach) -> None:
        """Drop every shelf behind one; the empty `Reach` drops all. Changes from behind it are undone."""
        with self._transaction() as execute:
            behind = execute("SELECT shelf FROM shelves WHERE last_index > ?", (reach.index,)).fetchall()
            for (shelf,) in behind:
                execute(f"DROP TABLE {table_of(shelf)}")
            execute("DELETE FROM shelves WHERE last_index > ?", (reach.index,))
            # They were read when the log had more: what it said of their messages may be undone.
            query = (
                "UPDATE shelves SET is_stale = 1, seen_to = min(seen_to, ?1),"
                " looked_to = ?1, looked_hash = ?2 WHERE looked_to > ?1"
            )
            execute(query, _place(reach))
        self.wants_truncation = True

    def stale_shelf(self) -> Stretch | None:
        """One that holds words which nobody says any more; None: there is none."""
        row = self._connection.execute("SELECT shelf FROM shelves WHERE is_stale LIMIT 1").fetchone()
        if row is None:
            return None
        query = "SELECT last_index, last_hash, last_number FROM shelves WHERE shelf <= ? ORDER BY shelf DESC"
        end, *before = (Reach(*found) for found in self._connection.execute(query, row))
        return Stretch(before[0] if before else Reach(), end)

    def rewrite(
        self,
        reach: Reach,
        messages: Iterable[Sequence[IndexedMessage]],
        begun: Reach,
        end: Callable[[], Reach],
    ) -> None:
        """Write the shelf that goes to `reach` anew, as its messages are now.

        The log reached to `begun` before they were read, and to `end()` behind that, without a cut between.
        Afterwards no file has a word of what was erased there.
        """
        shelf = shelf_of(reach.index)
        table = table_of(shelf)
        with self._transaction() as execute:
            execute(f"INSERT INTO {table}({table}) VALUES ('delete-all')")  # noqa: S608 - our own name
            for some in messages:
                self._insert(shelf, some)
            query = (
                "UPDATE shelves SET is_stale = 0, seen_to = ?, looked_to = ?, looked_hash = ? WHERE shelf = ?"
            )
            execute(query, (begun.index, *_place(end()), shelf))
        self.wants_truncation = True
        self.truncate_log()

    def truncate_log(self) -> None:
        """Bring the write-ahead log into the file and empty it: older pages stand there as well.

        `wants_truncation` stays while somebody reads there.
        """
        is_busy, _frames, _done = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self.wants_truncation = bool(is_busy)

    def close(self) -> None:
        """Let go of the file."""
        with contextlib.suppress(sqlite3.Error):
            self.truncate_log()
        self._connection.close()

    def _prepare(self, cluster: str) -> None:
        wanted = {"version": _VERSION, "cluster": cluster}
        with self._transaction() as execute:
            execute("CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
            if dict(execute("SELECT name, value FROM facts")) != wanted:
                # Of another version it may have other columns.
                virtual = "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE %'"
                for (table,) in execute(virtual).fetchall():
                    execute(f'DROP TABLE "{table}"')
                execute("DROP TABLE IF EXISTS shelves")
                for fact in wanted.items():
                    execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", fact)
            execute(
                "CREATE TABLE IF NOT EXISTS shelves (shelf INTEGER PRIMARY KEY, last_index INTEGER NOT NULL,"
                " last_hash BLOB NOT NULL, last_number INTEGER NOT NULL,"
                # Every change up to the one is in its words; changes up to the other may be.
                " seen_to INTEGER NOT NULL, looked_to INTEGER NOT NULL, looked_hash BLOB NOT NULL,"
                " is_stale INTEGER NOT NULL)"
            )

    def _insert(self, shelf: int, messages: Sequence[IndexedMessage]) -> None:
        # One statement for all of them: Python's lock is free while it runs, and the engine goes on.
        # A zero byte would be the end of the text.
        rows = [(place, room_word(room), text.replace("\0", " ")) for place, room, text in messages]
        self._connection.execute(
            f"INSERT INTO {table_of(shelf)}(rowid, room, text)"  # noqa: S608 - our own name
            " SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)",
            (msgspec.json.encode(rows).decode(),),
        )

    def _change(self, change: Change, end: Reach) -> None:
        query = (
            "UPDATE shelves SET is_stale = 1, looked_to = ?, looked_hash = ? WHERE shelf = ? AND seen_to < ?"
        )
        shelf = shelf_of(change.place)
        row = (*_place(end), shelf, change.at)
        if self._connection.execute(query, row).rowcount and change.text is not None:
            self._insert(shelf, [IndexedMessage(change.place, change.room, change.text)])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection.execute
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def _place(reach: Reach) -> tuple[int, bytes]:
    return reach.index, reach.hash
