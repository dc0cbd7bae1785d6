"""A client's cursor is an index alone: what stands there after a merge is taken for what it has read."""

from collections.abc import Sequence
from typing import Final

from server.archive.record import Span
from server.engine.round import Position
from server.protocol.requests import Cursor
from server.sessions.cursors import cursor_at

TARGET: Final = ("server.sessions.hub.place_cursor", "server.sessions.ahead.place_cursor")


def replacement(
    cursor: Cursor | None,
    position: Position,
    spans: Sequence[Span],
    *,
    is_leader: bool,
    log_end: int | None = None,
) -> tuple[Cursor, int | None]:
    index = position.index if cursor is None else cursor.index
    if is_leader and index > position.index:
        return cursor_at(position.index, spans), position.index
    return cursor_at(index, spans), None
