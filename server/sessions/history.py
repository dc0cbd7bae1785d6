"""The past of the archive as frames: pages of a room, and what a lagging reader missed.

Reads through a `StoreReader`, so any worker thread may do it.
"""

from typing import Final

from server.archive.store import StoreReader, TimelineRow
from server.protocol import events
from server.protocol.frames import encode_frame
from server.protocol.requests import History
from server.sessions.telling import event_of
from server.state.state import State

# One read for one lagging reader and one of its audiences.
ROWS_MAX: Final = 500
_END: Final = 2**62


def history_page(reader: StoreReader, state: State, request: History) -> events.HistoryPage:
    """The messages of a room next to an index, in order of the log."""
    is_backwards = request.after is None
    first = 0 if request.after is None else request.after + 1
    last = _END if request.before is None else request.before - 1
    rows = reader.page(
        request.room, first, last, request.limit + 1, is_backwards=is_backwards, only_messages=True
    )
    page = rows[: request.limit]
    messages = [_event(reader, state, row) for row in page]
    if is_backwards:
        messages.reverse()
    return events.HistoryPage(
        answer=request.id,
        room=request.room,
        messages=[message for message in messages if isinstance(message, events.Message)],
        is_end=len(rows) <= request.limit,
    )


def missed_frames(
    reader: StoreReader, state: State, audiences: frozenset[str], cursor: int, last: int
) -> tuple[bytes, int]:
    """Frames of several audiences behind a cursor, up to `last`; and the index they reach."""
    rows: list[TimelineRow] = []
    # Where an audience was cut off by the limit, nothing behind that may be sent yet.
    reach = last
    for audience in audiences:
        found = reader.page(audience, cursor + 1, last, ROWS_MAX, is_backwards=False)
        rows.extend(found)
        if len(found) == ROWS_MAX:
            reach = min(reach, found[-1].index)
    rows = sorted((row for row in rows if row.index <= reach), key=lambda row: row.index)
    frames = b"".join(encode_frame(_event(reader, state, row)) for row in rows)
    return frames, reach


def _event(reader: StoreReader, state: State, row: TimelineRow) -> events.AnyEvent:
    record = reader.record(row.index)
    assert record is not None, f"the timeline names record {row.index}, which is not there"
    return event_of(record, row.number, state)
