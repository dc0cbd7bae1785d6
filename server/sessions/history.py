"""The past of the archive as frames: pages of a room, and what a lagging reader missed.

Reads through a `StoreReader`, so any worker thread may do it.
"""

import heapq
import itertools
from collections.abc import Iterator
from typing import Final, NamedTuple

from server.archive.blocks import TimelineRow
from server.archive.record import Record
from server.archive.store import StoreReader
from server.protocol import events
from server.protocol.changes import AnyChange, changed, deleted
from server.protocol.frames import encode_frame
from server.protocol.requests import Cursor, History
from server.sessions.changes import Changes
from server.sessions.cursors import epoch_at
from server.sessions.telling import frames_of, message_of
from server.state.state import State

# One read for one lagging reader.
ROWS_MAX: Final = 500
# So many of one audience at once, at least.
_ROWS_AT_ONCE: Final = 50
# Who is far behind is written so much at a time: more would wait in its buffer, where it is ours to hold.
PIECE_BYTES: Final = 512 * 1024
# 500 long messages are 16 MB, of which a piece takes few.
_RECORDS_AT_ONCE: Final = 125
# A page is one frame. In JSON a character takes up to six bytes: all of it stays below what clients take.
PAGE_CHARACTERS_MAX: Final = 512 * 1024
_END: Final = 2**62


class Recent(NamedTuple):
    """What a room was told last: messages, and changes by the message that they are about."""

    messages: list[events.Message]
    changes: dict[tuple[str, int], list[AnyChange]]

    def as_now(self, message: events.Message, state: State) -> events.Message:
        """What became of a message."""
        identity = message.device, message.counter
        if state.is_deleted(*identity):
            return deleted(message)
        found = self.changes.get(identity)
        return changed(message, found) if found else message


class _Half(NamedTuple):
    """What lies on one side of an index, the nearest first; `is_end`: nothing lies beyond."""

    messages: list[events.Message]
    is_end: bool


def history_page(
    reader: StoreReader,
    state: State,
    request: History,
    recent: Recent,
    recent_from: int,
) -> events.HistoryPage:
    """The messages of a room next to an index, in order of the log.

    The store's tables follow the log by a moment: `recent` is what the room was told from the index
    `recent_from` on, which they may lack. Messages are as they are now. Long ones are fewer than asked for.
    """
    pages = _Pages(reader, state, request.room, recent, recent_from)
    older, newer = _Half([], is_end=True), _Half([], is_end=True)
    if request.around is not None:
        rows = request.limit // 2
        older = pages.older(request.around, rows, PAGE_CHARACTERS_MAX // 2)
        newer = pages.newer(request.around, request.limit - rows, PAGE_CHARACTERS_MAX // 2)
    elif request.after is not None:
        newer = pages.newer(request.after + 1, request.limit, PAGE_CHARACTERS_MAX)
    else:
        before = _END if request.before is None else request.before
        older = pages.older(before, request.limit, PAGE_CHARACTERS_MAX)
    chosen = [*reversed(older.messages), *newer.messages]
    senders, page = events.as_run(chosen)
    return events.HistoryPage(
        answer=request.id,
        room=request.room,
        senders=senders,
        rows=page,
        files=events.files_in(chosen),
        extras=events.extras_in(chosen),
        is_end=older.is_end if request.after is None else newer.is_end,
        has_newer=request.around is not None and not newer.is_end,
    )


class _Pages:
    """The two directions in which a room is read. See `history_page`."""

    def __init__(
        self, reader: StoreReader, state: State, room: str, recent: Recent, recent_from: int
    ) -> None:
        self._reader = reader
        self._state = state
        self._room = room
        self._recent = recent
        self._recent_from = recent_from

    def older(self, before: int, limit: int, characters_max: int) -> _Half:
        """At most so many messages before an index."""
        # Records count from 1: before the first one there is nothing, and no key for it.
        found = self._found(0, max(0, before - 1), limit, is_backwards=True)
        return _nearest(found[::-1], limit, characters_max)

    def newer(self, first: int, limit: int, characters_max: int) -> _Half:
        """At most so many messages from an index on."""
        return _nearest(self._found(first, _END, limit, is_backwards=False), limit, characters_max)

    def _found(self, first: int, last: int, limit: int, *, is_backwards: bool) -> list[events.Message]:
        """In order; one more than are wanted says that there are more."""
        rows = self._reader.page(
            self._room,
            first,
            min(last, self._recent_from - 1),
            limit + 1,
            is_backwards=is_backwards,
            only_messages=True,
        )
        if is_backwards:
            rows.reverse()
        changes = Changes(self._reader, self._state)
        told = _told(self._reader, rows, changes)
        stored = (message_of(record, number, self._state) for record, _, number in told)
        found = [changes.as_now(message) for message in stored if message is not None]
        found += [message for message in self._recent.messages if first <= message.index <= last]
        return [self._recent.as_now(message, self._state) for message in found]


def _nearest(found: list[events.Message], limit: int, characters_max: int) -> _Half:
    """The first ones, as many as are not too long together, and one at least if any is wanted."""
    wanted = found[:limit]
    ends = itertools.accumulate(message.characters for message in wanted)
    chosen = wanted[: max(1, sum(end <= characters_max for end in ends))]
    return _Half(chosen, is_end=len(chosen) == len(found))


def missed_frames(
    reader: StoreReader, state: State, audiences: frozenset[str], cursor: int, last: int
) -> tuple[bytes, int]:
    """Frames of several audiences behind a cursor, up to `last`, and the index they reach.

    The position there is the last frame: a client that is lost meanwhile resumes behind it.
    """
    at_once = max(_ROWS_AT_ONCE, ROWS_MAX // max(1, len(audiences)))
    told = (_rows_of(reader, audience, cursor + 1, last, at_once) for audience in audiences)
    rows = list(itertools.islice(heapq.merge(*told, key=lambda row: row.index), ROWS_MAX))
    # What is cut off by the limit is of the next piece.
    reach = rows[-1].index if len(rows) == ROWS_MAX else last
    frames: list[bytes] = []
    size_bytes, sent_to = 0, cursor
    changes = Changes(reader, state)
    for frame in frames_of(_told(reader, rows, changes), state, changes.as_now):
        if size_bytes >= PIECE_BYTES:
            reach = sent_to
            break
        frames.append(frame.data)
        size_bytes += len(frame.data)
        sent_to = frame.last_index
    cursor_there = Cursor(epoch=epoch_at(state.spans, reach), index=reach)
    number_there = next((row.number for row in reversed(rows) if row.index == reach), 0)
    number = number_there or reader.number_at(reach)
    frames.append(encode_frame(events.PositionMoved(cursor=cursor_there, number=number)))
    return b"".join(frames), reach


def _rows_of(
    reader: StoreReader, audience: str, first: int, last: int, at_once: int
) -> Iterator[TimelineRow]:
    """What an audience was told, read bit by bit: of a thousand rooms only what goes into the piece."""
    while True:
        found = reader.page(audience, first, last, at_once, is_backwards=False)
        yield from found
        if len(found) < at_once:
            return
        first = found[-1].index + 1


def _told(
    reader: StoreReader, rows: list[TimelineRow], changes: Changes
) -> Iterator[tuple[Record, str, int]]:
    """The records of rows in order; not those that a merge is just taking away."""
    for first in range(0, len(rows), _RECORDS_AT_ONCE):
        some = rows[first : first + _RECORDS_AT_ONCE]
        records = reader.records_at([row.index for row in some])
        changes.learn(records.values())
        for row in some:
            if row.index in records:
                yield records[row.index], row.audience, row.number
