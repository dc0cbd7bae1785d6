"""What a retired server holds and the other log may lack, as a merge would re-submit it (pure)."""

import heapq
from collections.abc import Iterator

from server.archive.record import Draft, Record, Span, redraft
from server.archive.store import QuarantineRow, StoreReader
from server.archive.waiting_order import WaitingOrder
from server.engine.cut import BehindCut, behind_cut, state_without_cut
from server.engine.opening import open_log
from server.state.bodies import MessageBody
from server.state.fold import decode_body
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

    def files(self) -> list[str]:
        """The hashes of the files that its messages carry, committed or not, or waiting."""
        tail = self._records(self._state.index + 1, self._log.last_index)
        requests = [
            *((record.header.kind, record.body) for record in tail),
            *((row.draft.kind, row.draft.body) for row in self._waiting()),
        ]
        found = dict.fromkeys(self._state.files.hashes())
        for kind, body in requests:
            message = decode_body(kind, body) if kind == "message" else None
            if isinstance(message, MessageBody) and message.file is not None:
                found[message.file.sha256] = None
        return list(found)

    @property
    def last_index(self) -> int:
        """Where its log ends."""
        return self._log.last_index

    def behind(self, fork: int) -> Iterator[Draft]:
        """Every request that it holds and that is not in the log up to the fork, in order.

        As with a merge: what waits in the quarantine too, and nothing of what it refused itself.
        """
        cut = self._behind_cut(fork)
        behind = heapq.merge(self._waiting(), self._logged(fork, cut), key=lambda row: row.key)
        return (row.draft for row in behind)

    def _behind_cut(self, fork: int) -> BehindCut:
        first_uncommitted = max(self._state.index, fork) + 1
        uncommitted = tuple(self._records(first_uncommitted, self._log.last_index))
        before, after = state_without_cut(self._state, uncommitted, self._records, fork), self._state
        if after.index > fork:
            snapshots = ((row.index, row.state) for row in self._reader.snapshots())
            after = rebuild(snapshots, self._records, fork)
        return behind_cut(before, after)

    def _waiting(self) -> Iterator[QuarantineRow]:
        key = b""
        while rows := self._reader.quarantine(key, _PAGE_ROWS):
            yield from rows
            key = rows[-1].key

    def _logged(self, fork: int, cut: BehindCut) -> Iterator[QuarantineRow]:
        """What the log holds behind the fork, as a cut would put it into the quarantine."""
        order = WaitingOrder(self._reader.first_waiting_key())
        places: list[tuple[bytes, int]] = []
        for index in range(self._log.last_index, fork, -1):
            record = self._record(index)
            is_held = not record.is_epoch and record.id not in cut.refused
            # Of two the one that was accepted is found.
            if is_held and self._reader.index_of_id(*record.id) == index:
                places.append((order.key(record), index))
        for key, index in sorted(places):
            record = self._record(index)
            yield QuarantineRow(key, redraft(record, cut.persons.get(record.header.device, "")))

    def _records(self, first: int, last: int) -> Iterator[Record]:
        return map(self._record, range(first, last + 1))

    def _record(self, index: int) -> Record:
        record = self._log.record(index)
        assert record is not None, index
        return record
