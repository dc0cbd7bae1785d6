"""Where a client goes on reading: its cursor against the epochs of this server's log (pure).

An epoch has one writer, so two archives that share an epoch agree up to where the shorter one leaves
it. A cursor therefore carries a trail: the ends of the last epochs before it. The newest of them that
this log knows shows the fork, however many epochs both sides went through since.
"""

from server.archive.record import Epoch, Span, span_ends
from server.engine.round import Position
from server.protocol.limits import TRAIL_EPOCHS_MAX
from server.protocol.requests import Cursor, EpochEnd


def place_cursor(
    cursor: Cursor | None, position: Position, spans: list[Span], *, is_leader: bool
) -> tuple[Cursor, int | None]:
    """The cursor to start behind, and the index from which the client must drop what it holds.

    Without a cursor delivery starts at the end. A cursor is good when its epoch is the one that this
    log has at its index, or when this server is only a moment behind; a leader never is.
    """
    if cursor is None:
        return cursor_at(position.index, spans), None
    if cursor.index == 0 or is_on_its_way(cursor, spans, is_leader=is_leader):
        return cursor, None
    ends = {str(span.epoch): end for span, end in span_ends(spans, position.index)}
    index = 0
    places: tuple[Cursor | EpochEnd, ...] = (cursor, *reversed(cursor.trail))
    for known in places:
        if known.epoch in ends:
            # In the latest epoch this server may be a moment behind. Not so when the client went on in
            # another one: then this log may yet turn out to leave the epoch where it ends now.
            is_behind = known is cursor and known.epoch == str(spans[-1].epoch)
            index = known.index if is_behind else min(known.index, ends[known.epoch])
            break
    if index == cursor.index:
        # At the fork itself nothing is to be dropped, but its epoch may be one that never comes here.
        return (cursor if cursor.epoch in ends else cursor_at(index, spans)), None
    return cursor_at(index, spans), index


def is_on_its_way(cursor: Cursor, spans: list[Span], *, is_leader: bool) -> bool:
    """Whether a cursor is of an epoch that this server does not know and may still learn of."""
    newest = spans[-1].epoch.counter if spans else 0
    counter = int(cursor.epoch.partition(".")[0])
    return not is_leader and counter > newest


def cursor_at(index: int, spans: list[Span]) -> Cursor:
    """A place of this log, with its trail."""
    before = [(span, end) for span, end in span_ends(spans, index) if span.first_index <= index]
    trail = tuple(EpochEnd(str(span.epoch), end) for span, end in before[-TRAIL_EPOCHS_MAX - 1 : -1])
    return Cursor(epoch=epoch_at(spans, index), index=index, trail=trail)


def epoch_at(spans: list[Span], index: int) -> str:
    """The epoch in which the record at an index was written, as clients know it."""
    found: Epoch | None = next((s.epoch for s in reversed(spans) if s.first_index <= index), None)
    return str(found) if found else "0.0.0"
