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
    is_backwards = request.after is None
    first = 0 if request.after is None else request.after + 1
    # Records count from 1: before the first one there is nothing, and no key for it.
    last = _END if request.before is None else max(0, request.before - 1)
    wanted = request.limit + 1
    rows = reader.page(
        request.room,
        first,
        min(last, recent_from - 1),
        wanted,
        is_backwards=is_backwards,
        only_messages=True,
    )
    if is_backwards:
        rows.reverse()
    changes = Changes(reader, state)
    stored = (message_of(record, number, state) for record, _, number in _told(reader, rows, changes))
    found = [changes.as_now(message) for message in stored if message is not None]
    found += [message for message in recent.messages if first <= message.index <= last]
    found = [recent.as_now(message, state) for message in found]
    found = found[::-1] if is_backwards else found
    chosen = _within(found[: request.limit], PAGE_CHARACTERS_MAX)
    is_end = len(chosen) == len(found)
    chosen = chosen[::-1] if is_backwards else chosen
    senders, page = events.as_run(chosen)
    return events.HistoryPage(
        answer=request.id,
        room=request.room,
        senders=senders,
        rows=page,
        files=events.files_in(chosen),
        extras=events.extras_in(chosen),
        is_end=is_end,
    )


def _within(messages: list[events.Message], characters_max: int) -> list[events.Message]:
    """The first ones, as many as are not too long together, and one at least."""
    ends = itertools.accumulate(message.characters for message in messages)
    return messages[: max(1, sum(end <= characters_max for end in ends))]


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
