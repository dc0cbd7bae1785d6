"""How far a client has read, so that nothing is shown twice and nothing is left out.

The *cursor* (epoch, index) is what a server confirmed at the end of a flush; a resumed link starts
behind it. What came after it without such an end is remembered by index, for it comes again:

- the same thing at the same index: known, passed over;
- another thing at a remembered index, or something behind it before it came, or something new before it:
  the archives merged while we were away, and what we hold from there on is not what is archived: we
  diverged just before it.

All of it is exact because a server delivers in the order of the index. The cursor's trail (the epochs
before its own) comes with the sign-in and grows here: by it a server finds where a merge forked off.
"""

from collections.abc import Hashable
from typing import Final

from server.protocol.limits import TRAIL_EPOCHS_MAX
from server.protocol.requests import Cursor, EpochEnd

# Index 0 is before every record, so its epoch names no leader.
START_OF_ARCHIVE: Final = Cursor(epoch="0.0.0", index=0)


class Reading:
    """A cursor, what was given since, and the two counters MT (`number`) and MA (`archive_number`)."""

    def __init__(self, cursor: Cursor | None, since: int | None = None) -> None:
        self.cursor = cursor
        # Everything behind this was given; None: where the first server puts us is not known yet.
        self.since = since if since is not None or cursor is None else cursor.index
        # The epochs of the archive as the server told them: those before our cursor are its trail.
        self._epochs: tuple[EpochEnd, ...] = cursor.trail if cursor is not None else ()
        self.number = 0
        self.archive_number = 0
        self._given: dict[int, Hashable] = {}
        # Of these, what was given on an earlier link and has not come again.
        self._expected: set[int] = set()

    def resume(self, cursor: Cursor, number: int, archive_number: int) -> None:
        """A server took us in: delivery goes on behind `cursor`.

        What was given behind an earlier cursor stays remembered: it comes again. The trail that comes
        with it goes on to the end of the server's archive, for we may be far behind.
        """
        self._epochs = cursor.trail
        self.since = cursor.index if self.since is None else min(self.since, cursor.index)
        self.cursor = self._with_trail(cursor)
        self.number = number
        self.archive_number = archive_number
        self._given = {index: what for index, what in self._given.items() if index > cursor.index}
        self._expected = set(self._given)

    def is_new(self, index: int, what: Hashable) -> bool:
        """Whether a delivered thing is to be given to the app; it counts as given from here on."""
        if self.cursor is not None and index <= self.cursor.index:
            return False
        self._expected.discard(index)
        if self._given.get(index) == what:
            return False
        self._given[index] = what
        return True

    def fork_at(self, index: int, what: Hashable) -> int | None:
        """The first index at which something was given that is not archived: call `drop_behind` then.

        Something else is there; or nothing of ours: what comes now lies behind it, and it did not come again;
        or what comes now lies before it, where there was nothing.
        """
        if self.cursor is not None and index <= self.cursor.index:
            return None
        if index not in self._given:
            return min(self._expected, default=None)
        missing = min((at for at in self._expected if at < index), default=None)
        if missing is None and self._given[index] != what:
            return index
        return missing

    def fork_before(self, cursor: Cursor) -> int | None:
        """The same at the end of a flush."""
        return min((at for at in self._expected if at <= cursor.index), default=None)

    def drop_behind(self, index: int) -> None:
        """The archive goes on differently behind `index`: forget what was given there."""
        self._given = {at: what for at, what in self._given.items() if at <= index}
        self._expected = {at for at in self._expected if at <= index}
        self.since = None if self.since is None else min(self.since, index)
        if self.cursor is not None and self.cursor.index > index:
            # The epoch of that place is not known; the server tells it with the next position.
            self._epochs = tuple(end for end in self._epochs if end.index <= index)
            self.cursor = self._with_trail(Cursor(epoch=self.cursor.epoch, index=index))

    def advance(self, index: int, number: int) -> None:
        """A message of this number came: MT moves, and pulls MA along. Not by one before the cursor."""
        if self.cursor is not None and index <= self.cursor.index:
            return
        self.number = number
        self.archive_number = max(self.archive_number, number)

    def end_flush(self, cursor: Cursor, number: int) -> None:
        """Everything up to `cursor` was sent: MT = MA there.

        A server that is a moment behind what we read elsewhere ends its flush before our cursor:
        ours stays, or what lies between would be taken for new later.
        """
        old = self.cursor
        if old is not None and cursor.index < old.index:
            return
        is_known = old is None or not old.index or old.epoch in {end.epoch for end in self._epochs}
        if old is not None and old.epoch != cursor.epoch and not is_known:
            self._epochs = (*self._epochs, EpochEnd(old.epoch, old.index))[-TRAIL_EPOCHS_MAX:]
        self.cursor = self._with_trail(cursor)
        self.number = number
        self.archive_number = number
        self._given = {index: what for index, what in self._given.items() if index > cursor.index}

    def _with_trail(self, cursor: Cursor) -> Cursor:
        before = (end for end in self._epochs if end.index <= cursor.index and end.epoch != cursor.epoch)
        return Cursor(epoch=cursor.epoch, index=cursor.index, trail=tuple(before))
