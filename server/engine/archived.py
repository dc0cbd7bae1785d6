"""What is archived and judged: the log, the state folded from it, and where a request stands (pure)."""

from collections.abc import Iterator
from typing import Final

import msgspec

from server.archive.record import Draft, Record
from server.archive.store import StoreReader
from server.engine.round import Position
from server.protocol.errors import Refusal
from server.replication.log import Log
from server.state.rebuild import rebuild
from server.state.state import State


class Place(msgspec.Struct, frozen=True):
    """Where an accepted request stands; `number` is 0 for what is no message."""

    index: int
    number: int


class Archived:
    """State and log of one server. Raises `DamagedDiskError` where the disk contradicts the state."""

    def __init__(self, state: State, log: Log, reader: StoreReader) -> None:
        self.state = state
        self._log: Final = log
        self._reader: Final = reader

    def is_answered(self, draft: Draft) -> bool:
        """Whether there is a verdict on it; one of a merge may still turn a void one."""
        known = self.state.has_seen if draft.origin is None else self.state.is_settled
        return known(draft.device, draft.counter)

    def verdict_on(self, draft: Draft, digest: bytes) -> Place | Refusal:
        """What became of a request that is answered; `digest` is that of its body."""
        index = self._reader.index_of_id(draft.device, draft.counter)
        record = None if index is None else self._log.record(index)
        if record is None or record.id != draft.id:
            # The state has seen it: a table that does not know where is damaged, and no reason to say no.
            raise self._reader.damaged(f"request {draft.counter} of {draft.device} is in no place")
        void = self.state.voids.get(draft.id)
        if record.header.digest != digest:
            return Refusal("id_reuse", {"counter": draft.counter})
        if void is not None:
            return Refusal(void.code, void.arguments)
        return self.place_of(record)

    def place_of(self, record: Record) -> Place:
        """The place of an accepted record."""
        return Place(record.index, self._number_of(record) if record.header.kind == "message" else 0)

    def records(self, first: int, last: int) -> Iterator[Record]:
        """Records of the log, also those that the disk does not have yet."""
        for index in range(first, last + 1):
            record = self._log.record(index)
            assert record is not None, index
            yield record

    def rewind(self, index: int) -> None:
        """The log was cut: what was folded behind the cut is unfolded by folding anew."""
        if self.state.index > index:
            snapshots = ((row.index, row.state) for row in self._reader.snapshots())
            self.state = rebuild(snapshots, self.records, index)

    def position(self) -> Position:
        """Where the committed log ends."""
        epoch = self._log.epoch_at(self.state.index)
        return Position(self.state.index, str(epoch), self.state.number)

    def _number_of(self, message: Record) -> int:
        """The message number of an accepted message; the derived tables may lag behind the fold."""
        known = min(self._reader.derived_index(), message.index)
        since = self.records(known + 1, message.index)
        counted = (r for r in since if r.header.kind == "message" and r.id not in self.state.voids)
        # Of two records of one id only one is a message.
        return self._reader.number_at(known) + sum(
            self._reader.index_of_id(*r.id) == r.index for r in counted
        )
