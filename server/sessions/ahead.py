"""Readers ahead: their cursor is one that this server knows in a moment, or never will (pure)."""

from collections.abc import Callable, Iterator
from typing import Final

from server.archive.record import end_of_epoch
from server.engine.round import Position
from server.protocol.requests import Cursor
from server.sessions.cursors import place_cursor
from server.sessions.reader import Reader
from server.state.state import State

# What this server does not know of a cursor by then it never will (s).
_ON_ITS_WAY_S: Final = 2.0


class ReadersAhead:
    """Those of one server.

    `is_leader()` tells whether this server's log is the measure; `log_end()` where the log ends of which it
    has all (None: it may lack something); `now()` is monotonic time (s).
    """

    def __init__(
        self,
        state: Callable[[], State],
        is_leader: Callable[[], bool],
        log_end: Callable[[], int | None],
        now: Callable[[], float],
    ) -> None:
        self._state: Final = state
        self._is_leader: Final = is_leader
        self._log_end: Final = log_end
        self._now: Final = now
        # Each with its cursor.
        self.cursors: Final[dict[Reader, Cursor]] = {}
        # Since when (s).
        self._since_s: Final[dict[Reader, float]] = {}

    def take(self, reader: Reader, cursor: Cursor, position: Position) -> None:
        """A reader comes with this cursor: it is kept here if it has read more than there is."""
        if self._is_ahead(cursor, position):
            self.cursors[reader] = cursor
            self._since_s[reader] = self._now()

    def forget(self, reader: Reader) -> None:
        """The reader is gone, or its place is known."""
        self.cursors.pop(reader, None)
        self._since_s.pop(reader, None)

    def found(self, position: Position) -> Iterator[tuple[Reader, int | None]]:
        """Those whose place is known now, each with the index at which its archive diverged."""
        for reader, cursor in list(self.cursors.items()):
            # What the leader has comes in a moment, or is of an archive that was merged into another.
            is_late = self._now() - self._since_s[reader] > _ON_ITS_WAY_S
            start, diverged_at = place_cursor(
                cursor,
                position,
                self._state().spans,
                is_leader=is_late or self._is_leader(),
                log_end=self._log_end() if is_late else None,
            )
            if diverged_at is not None or not self._is_ahead(start, position):
                self.forget(reader)
                yield reader, diverged_at

    def knows(self, cursor: Cursor) -> bool:
        """Whether the cursor's epoch is one of this log."""
        return not cursor.index or end_of_epoch(self._state().spans, cursor.epoch, 0) is not None

    def _is_ahead(self, cursor: Cursor, position: Position) -> bool:
        return cursor.index > position.index or not self.knows(cursor)
