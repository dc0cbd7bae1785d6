"""Where a client goes on reading: its cursor against the epochs of this server's log (pure).

An epoch has one writer, so two archives that share an epoch agree up to where the shorter one leaves
it. A cursor therefore carries a trail: the ends of the last epochs before it. The newest of them that
this log knows shows the fork, however many epochs both sides went through since.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from server.archive.record import Span, end_of_epoch
from server.engine.round import Position
from server.protocol.limits import TRAIL_EPOCHS_MAX
from server.protocol.requests import Cursor, EpochEnd


def place_cursor(
    cursor: Cursor | None,
    position: Position,
    spans: Sequence[Span],
    *,
    is_leader: bool,
    log_end: int | None = None,
) -> tuple[Cursor, int | None]:
    """The cursor to start behind, and the index from which the client must drop what it holds.

    Without a cursor delivery starts at the end. A cursor is good when its epoch is the one that this
    log has at its index, or when this server is only a moment behind. A leader knows all epochs, and
    behind `log_end` there is nothing that could come yet (None: there may be).
    """
    if cursor is None:
        return cursor_at(position.index, spans), None
    if cursor.index == 0 or is_on_its_way(cursor, spans, is_leader=is_leader):
        return cursor, None
    own_end = end_of_epoch(spans, cursor.epoch, position.index)
    index = 0
    places: tuple[Cursor | EpochEnd, ...] = (cursor, *reversed(cursor.trail))
    for known in places:
        end = end_of_epoch(spans, known.epoch, position.index)
        if end is not None:
            # In the latest epoch this server may be a moment behind. Not so when the client went on in
            # another one: then this log may yet turn out to leave the epoch where it ends now.
            is_behind = (
                known is cursor
                and known.epoch == str(spans[-1].epoch)
                and (log_end is None or known.index <= log_end)
            )
            index = known.index if is_behind else min(known.index, end)
            break
    if index == cursor.index:
        # At the fork itself nothing is to be dropped, but its epoch may be one that never comes here.
        return (cursor if own_end is not None else cursor_at(index, spans)), None
    return cursor_at(index, spans), index


def is_on_its_way(cursor: Cursor, spans: Sequence[Span], *, is_leader: bool) -> bool:
    """Whether a cursor is of an epoch that this server does not know and may still learn of."""
    newest = spans[-1].epoch.counter if spans else 0
    counter = int(cursor.epoch.partition(".")[0])
    return not is_leader and counter > newest


def cursor_at(index: int, spans: Sequence[Span]) -> Cursor:
    """A place of this log, with its trail."""
    count = _count_before(index, spans)
    newest = spans[max(0, count - TRAIL_EPOCHS_MAX - 1) : count]
    trail = tuple(EpochEnd(str(span.epoch), after.first_index - 1) for span, after in pairwise(newest))
    return Cursor(epoch=epoch_at(spans, index), index=index, trail=trail)


def epoch_at(spans: Sequence[Span], index: int) -> str:
    """The epoch in which the record at an index was written, as clients know it."""
    count = _count_before(index, spans)
    return str(spans[count - 1].epoch) if count else "0.0.0"


def _count_before(index: int, spans: Sequence[Span]) -> int:
    """How many epochs have begun at an index."""
    return bisect_right(spans, index, key=lambda span: span.first_index)
