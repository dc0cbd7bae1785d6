"""What a retired server holds and the other log may lack, as a merge would re-submit it (pure)."""

from collections.abc import Iterator

from server.archive.record import Draft, Record, Span, redraft
from server.archive.store import StoreReader
from server.engine.cut import behind_cut, state_without_cut
from server.engine.opening import open_log
from server.state.rebuild import rebuild

_PAGE_ROWS = 512


class Belongings:
    """The archive of a server that serves nobody any more. Raises `DamagedRecordError`, `DiskError`."""

    def __init__(self, reader: StoreReader) -> None:
        self._reader = reader
        self._state, self._log = open_log(reader)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Its latest epochs, oldest first."""
        return self._log.newest_spans()

    @property
    def last_index(self) -> int:
        """Where its log ends."""
        return self._log.last_index

    def behind(self, fork: int) -> Iterator[Draft]:
        """Every request that it holds and that is not in the log up to the fork, in order.

        As with a merge: first what waits in the quarantine, and nothing of what it refused itself.
        """
        key = b""
        while rows := self._reader.quarantine(key, _PAGE_ROWS):
            yield from (row.draft for row in rows)
            key = rows[-1].key
        first_uncommitted = max(self._state.index, fork) + 1
        uncommitted = tuple(self._records(first_uncommitted, self._log.last_index))
        before, after = state_without_cut(self._state, uncommitted, self._records, fork), self._state
        if after.index > fork:
            snapshots = ((row.index, row.state) for row in self._reader.snapshots())
            after = rebuild(snapshots, self._records, fork)
        cut = behind_cut(before, after)
        for record in self._records(fork + 1, self._log.last_index):
            if not record.is_epoch and record.id not in cut.refused:
                yield redraft(record, cut.persons.get(record.header.device, ""))

    def _records(self, first: int, last: int) -> Iterator[Record]:
        for index in range(first, last + 1):
            record = self._log.record(index)
            assert record is not None, index
            yield record
