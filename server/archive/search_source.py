"""What the search index reads of the archive: messages in the order of the log, each look of one moment."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from server.archive.disk import SqliteReader
from server.archive.erasing import target_of
from server.archive.keys import change_index
from server.archive.record import GENESIS_HASH, Record
from server.archive.search_index import Change, IndexedMessage, Reach, shelf_end, shelf_of
from server.archive.store import StoreReader

# One look into the archive: some 10 ms. A long one would keep its write-ahead log from being used again.
_CHUNK_RECORDS: Final = 500
# Records that change what a message says.
_CHANGING: Final = frozenset({"edit", "delete"})

# What the messages among some records say now, by index: each a room and a text.
Sayings = Callable[[StoreReader, Iterable[Record]], dict[int, tuple[str, str]]]


class MovedError(Exception):
    """A merge, or a person, put another log in the place of the one that was followed."""


class Chunk(NamedTuple):
    """The next messages and changes, how far they reach, and how far the archive does."""

    messages: list[IndexedMessage]
    changes: list[Change]
    reach: Reach
    end: Reach


class SearchSource:
    """Reads the archive through a reader of its own; on one thread. Raises `DiskError`."""

    def __init__(self, disk: SqliteReader, sayings: Sayings) -> None:
        self._disk: Final = disk
        self._archive: Final = StoreReader(disk)
        self._sayings: Final = sayings

    def chunk_behind(self, reach: Reach, seen: Reach) -> Chunk:
        """What comes next, of one shelf. Raises `MovedError`.

        Also when only what was `seen` behind `reach` is gone: messages before it may be what it made of them.
        """
        with self._disk.moment():
            if not self._holds(reach) or not self._holds(seen):
                raise MovedError
            end = self._end()
            last = min(end.index, shelf_end(shelf_of(reach.index + 1)), reach.index + _CHUNK_RECORDS)
            if last <= reach.index:
                return Chunk([], [], reach, end)
            records = list(self._archive.all_records(reach.index + 1, last))
            messages, reach_now = self._messages(reach, records)
            return Chunk(messages, self._changes(records), reach_now, end)

    def fork(self, reaches: Sequence[Reach]) -> Reach:
        """The last one of these (the newest first) at which the archive is still the same."""
        with self._disk.moment():
            return next((reach for reach in reaches if self._holds(reach)), Reach())

    def end(self, behind: Reach) -> Reach:
        """How far the archive's tables reach, of the log that has this in it. Raises `MovedError`."""
        with self._disk.moment():
            if not self._holds(behind):
                raise MovedError
            return self._end()

    def between(self, start: Reach, end: Reach) -> Iterator[list[IndexedMessage]]:
        """All messages from one place to another, a few at a time. Raises `MovedError`."""
        while start.index < end.index:
            with self._disk.moment():
                if not self._holds(end):
                    raise MovedError
                last = min(end.index, start.index + _CHUNK_RECORDS)
                records = list(self._archive.all_records(start.index + 1, last))
                messages, start = self._messages(start, records)
            yield messages

    def close(self) -> None:
        """Let go of the reader."""
        self._disk.close()

    def _end(self) -> Reach:
        index = self._archive.derived_index()
        return Reach(index, self._archive.expect_record(index).hash) if index else Reach()

    def _holds(self, reach: Reach) -> bool:
        if reach.index > self._archive.derived_index():
            return False
        record = self._archive.record(reach.index) if reach.index else None
        return (record.hash if record else GENESIS_HASH) == reach.hash

    def _messages(self, behind: Reach, records: list[Record]) -> tuple[list[IndexedMessage], Reach]:
        """The messages that count among the records behind a place, and the place of the last record."""
        last = records[-1]
        places = set(self._archive.message_indices(behind.number, len(records)))
        told = [record for record in records if record.index in places]
        found = [IndexedMessage(index, *said) for index, said in self._sayings(self._archive, told).items()]
        return found, Reach(last.index, last.hash, behind.number + len(told))

    def _changes(self, records: list[Record]) -> list[Change]:
        found = []
        for record in records:
            place = self._changed_place(record)
            message = None if place is None else self._archive.record(place)
            if place is None or message is None:
                continue
            said = self._sayings(self._archive, [message]).get(place)
            room, text = said if said is not None else ("", None)
            found.append(Change(record.index, place, room, text))
        return found

    def _changed_place(self, record: Record) -> int | None:
        """Where the message stands that a record changed before it; None: it changed none."""
        target = target_of(record.header.kind, record.body) if record.header.kind in _CHANGING else None
        if target is None:
            return None
        is_accepted = any(change_index(key) == record.index for key, _kind in self._archive.changes(*target))
        place = self._archive.index_of_id(*target) if is_accepted else None
        # A merge may bring a message behind its deletion: it comes as it is.
        return place if place is not None and place < record.index else None
