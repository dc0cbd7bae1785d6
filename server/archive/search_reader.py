"""Looking into the search index: the places of messages that hold all words, the newest first.

What it finds are candidates. The index may be a moment behind the archive, or hold what a merge took away
or somebody changed: whoever asks reads the messages, and asks `marks_in` whether they hold the words.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from server.archive.search_index import TOKENIZER, room_word, shelf_of, shelf_start, table_of
from server.archive.search_query import Term, expression_of, quoted

# Around each word that is found, in a copy of the text without them.
_OPEN: Final = "\x02"
_CLOSE: Final = "\x03"
_UNMARKED: Final = str.maketrans(dict.fromkeys("\0\x02\x03", " "))

# The places of what was found in a text: first character, and the one behind the last.
Marks = tuple[tuple[int, int], ...]


class Candidates(msgspec.Struct, frozen=True):
    """Places of the log, the newest first; everything from `reached` on was looked at (1: all)."""

    indices: list[int]
    reached: int


class SearchReader:
    """Reads the index, from any thread. Everything raises `sqlite3.Error`.

    `forget` it when the file is another one: one that was made anew lies at the same path.
    """

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._local = threading.local()

    def forget(self) -> None:
        """Each thread opens the file anew."""
        self._local = threading.local()

    def find(
        self,
        terms: Sequence[Term],
        rooms: Sequence[str],
        before: int,
        limit: int,
        is_over: Callable[[], bool],
    ) -> Candidates:
        """At most `limit` messages of the rooms with all terms, before a place of the log.

        `is_over` is asked behind each shelf: whether it has taken long enough.
        """
        if not rooms:
            return Candidates([], 1)
        words = _query(terms, rooms)
        found: list[int] = []
        with self._moment() as connection:
            query = "SELECT shelf FROM shelves WHERE shelf <= ? ORDER BY shelf DESC"
            for (shelf,) in connection.execute(query, (shelf_of(before - 1),)).fetchall():
                table = table_of(shelf)
                query = (
                    f"SELECT rowid FROM {table} WHERE {table} MATCH ? AND rowid < ?"  # noqa: S608 - our own name
                    " ORDER BY rowid DESC LIMIT ?"
                )
                rows = connection.execute(query, (words, before, limit - len(found)))
                found += [index for (index,) in rows]
                if len(found) == limit:
                    return Candidates(found, found[-1])
                if is_over():
                    return Candidates(found, shelf_start(shelf))
        return Candidates(found, 1)

    @contextlib.contextmanager
    def _moment(self) -> Iterator[sqlite3.Connection]:
        """All that is read inside is of one moment."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # Only the writer may checkpoint.
            address = f"{self._path.absolute().as_uri()}?mode=ro"
            connection = self._local.connection = sqlite3.connect(address, uri=True, isolation_level=None)
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")


def marks_in(terms: Sequence[Term], texts: Sequence[str]) -> list[Marks]:
    """Where each text holds what is looked for; nothing for one that does not hold all of it."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(f"CREATE VIRTUAL TABLE texts USING fts5(text, tokenize='{TOKENIZER}')")
        # As long as the text itself, so that what is marked there stands at the same place here.
        plain = [text.translate(_UNMARKED) for text in texts]
        connection.executemany("INSERT INTO texts(rowid, text) VALUES (?, ?)", enumerate(plain))
        query = "SELECT rowid, highlight(texts, 0, ?, ?) FROM texts WHERE texts MATCH ?"
        rows = connection.execute(query, (_OPEN, _CLOSE, expression_of(terms)))
        found = {place: _marks(marked) for place, marked in rows}
    return [found.get(place, ()) for place in range(len(texts))]


def _query(terms: Sequence[Term], rooms: Sequence[str]) -> str:
    # However many rooms these are: what is found in others shows in how long it takes, and how far it looked.
    wanted = " OR ".join(quoted(room_word(room)) for room in rooms)
    return f"room : ({wanted}) AND text : ({expression_of(terms)})"


def _marks(marked: str) -> Marks:
    marks: list[tuple[int, int]] = []
    place = start = 0
    for character in marked:
        if character == _OPEN:
            start = place
        elif character == _CLOSE:
            marks.append((start, place))
        else:
            place += 1
    return tuple(marks)
