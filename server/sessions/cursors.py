"""Where a client goes on reading: its cursor against the epochs of this server's log (pure)."""

from server.archive.record import Span, span_ends
from server.engine_round import Position
from server.protocol.requests import Cursor


def place_cursor(cursor: Cursor | None, position: Position, spans: list[Span]) -> tuple[Cursor, int | None]:
    """The cursor to start behind, and the index from which the client must drop what it holds.

    Without a cursor delivery starts at the end. A cursor is good when its epoch is the one that
    this log has at its index, or when this server is only a moment behind.
    """
    if cursor is None:
        return Cursor(epoch=position.epoch, index=position.index), None
    if cursor.index == 0:
        return cursor, None
    ends = {str(span.epoch): end for span, end in span_ends(spans, position.index)}
    last = ends.get(cursor.epoch)
    if last is None and _counter(cursor.epoch) > (spans[-1].epoch.counter if spans else 0):
        # An epoch that is still on its way to this server.
        return cursor, None
    is_latest = bool(spans) and cursor.epoch == str(spans[-1].epoch)
    if last is not None and (cursor.index <= last or is_latest):
        return cursor, None
    if last is None:
        # An epoch that was cut: common is at most what lies before the first epoch behind it.
        later = [s for s in spans if s.epoch.counter >= _counter(cursor.epoch)]
        last = later[0].first_index - 1 if later else position.index
    index = min(last, cursor.index)
    return Cursor(epoch=epoch_at(spans, index), index=index), index


def _counter(epoch: str) -> int:
    return int(epoch.partition(".")[0])


def epoch_at(spans: list[Span], index: int) -> str:
    """The epoch in which the record at an index was written, as clients know it."""
    found = [str(span.epoch) for span in spans if span.first_index <= index]
    return found[-1] if found else "0.0.0"
