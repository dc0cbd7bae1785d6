"""What the search index reads of the archive: messages in the order of the log, each look of one moment."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from server.archive.disk import SqliteReader
from server.archive.record import GENESIS_HASH, Record
from server.archive.search_index import IndexedMessage, Reach, shelf_end, shelf_of
from server.archive.store import StoreReader

# One look into the archive: some 10 ms. A long one would keep its write-ahead log from being used again.
_CHUNK_MESSAGES: Final = 500

# The room and the text of a message as they are now; None for one that has no text any more.
TextOf = Callable[[Record], tuple[str, str] | None]


class MovedError(Exception):
    """A merge, or a person, put another log in the place of the one that was followed."""


class Chunk(NamedTuple):
    """The next messages, how far they reach, and how far the archive does."""

    messages: list[IndexedMessage]
    reach: Reach
    end: int


class SearchSource:
    """Reads the archive through a reader of its own; on one thread. Raises `DiskError`."""

    def __init__(self, disk: SqliteReader, text_of: TextOf) -> None:
        self._disk: Final = disk
        self._archive: Final = StoreReader(disk)
        self._text_of: Final = text_of

    def chunk_behind(self, reach: Reach) -> Chunk:
        """The next messages that are told, of one shelf. Raises `MovedError`."""
        with self._disk.moment():
            if not self._holds(reach):
                raise MovedError
            end = self._archive.derived_index()
            last = min(end, shelf_end(shelf_of(reach.index + 1)))
            return Chunk(*self._messages(reach, last), end)

    def fork(self, reaches: Sequence[Reach]) -> Reach:
        """The last one of these (the newest first) at which the archive is still the same."""
        with self._disk.moment():
            return next((reach for reach in reaches if self._holds(reach)), Reach())

    def between(self, start: Reach, end: Reach) -> Iterator[list[IndexedMessage]]:
        """All messages from one place to another, a few at a time. Raises `MovedError`."""
        while start.index < end.index:
            with self._disk.moment():
                if not self._holds(end):
                    raise MovedError
                messages, start = self._messages(start, end.index)
            yield messages

    def close(self) -> None:
        """Let go of the reader."""
        self._disk.close()

    def _holds(self, reach: Reach) -> bool:
        if reach.index > self._archive.derived_index():
            return False
        record = self._archive.record(reach.index) if reach.index else None
        return (record.hash if record else GENESIS_HASH) == reach.hash

    def _messages(self, behind: Reach, last: int) -> tuple[list[IndexedMessage], Reach]:
        if last <= behind.index:
            return [], behind
        places = self._archive.message_indices(behind.number, _CHUNK_MESSAGES)
        is_full = len(places) == _CHUNK_MESSAGES and places[-1] <= last
        last = places[-1] if is_full else last
        places = [place for place in places if place <= last]
        found = []
        for index, record in self._archive.records_at(places).items():
            said = self._text_of(record)
            if said is not None:
                found.append(IndexedMessage(index, *said))
        end = self._archive.expect_record(last)
        return found, Reach(last, end.hash, behind.number + len(places))
