"""The log as the core sees it: its end, its epochs, and the newest records in memory."""

from collections.abc import Callable
from typing import Final

from server.archive.record import GENESIS_HASH, NO_EPOCH, Draft, Epoch, Record, Span, make_records
from server.replication.messages import SPANS_MAX

# More bytes than any log has: no limit.
WHOLE: Final = 2**62
# A follower that lags less than this is served from memory.
CACHE_BYTES: Final = 8 * 1024 * 1024
# Old records leave in bulk, so that the list is not moved for each.
TRIM_RECORDS: Final = 1_024


class Log:
    """The tail in memory; what lies before it is looked up in the archive."""

    def __init__(
        self,
        spans: list[Span],
        tail: list[Record],
        last_index: int,
        last_hash: bytes,
        look_up: Callable[[int], Record | None],
    ) -> None:
        self.spans = list(spans)
        self.last_index = last_index
        self.last_hash = last_hash
        self._records = list(tail)
        self._bytes = sum(record.size_bytes for record in tail)
        self._look_up = look_up

    @property
    def epoch(self) -> Epoch:
        """The epoch of the last record."""
        return self.spans[-1].epoch if self.spans else NO_EPOCH

    @property
    def members(self) -> tuple[str, ...]:
        """Who counts in the latest epoch."""
        return self.spans[-1].members if self.spans else ()

    @property
    def first_cached_index(self) -> int:
        """The oldest index in memory."""
        return self.last_index - len(self._records) + 1

    def newest_spans(self) -> tuple[Span, ...]:
        """The epochs as a `Hello` tells them."""
        return tuple(self.spans[-SPANS_MAX:])

    def append(self, record: Record) -> None:
        """Put the next record behind the last one; raises `DamagedRecordError`."""
        record.check_follows(self.last_index, self.last_hash)
        record.check_epoch(self.epoch)
        self._take(record)

    def extend(self, drafts: tuple[Draft, ...], epoch: Epoch) -> tuple[Record, ...]:
        """Give drafts their places behind the last record: made here, they need no check."""
        records = make_records(drafts, epoch, self.last_index, self.last_hash)
        for record in records:
            self._take(record)
        return tuple(records)

    def _take(self, record: Record) -> None:
        if record.is_epoch:
            self.spans.append(Span(record.header.epoch, record.index, record.members()))
        self._records.append(record)
        self._bytes += record.size_bytes
        self.last_index, self.last_hash = record.index, record.hash

    def record(self, index: int) -> Record | None:
        """One record, from memory or the archive."""
        if self.first_cached_index <= index <= self.last_index:
            return self._records[index - self.first_cached_index]
        return self._look_up(index) if 0 < index <= self.last_index else None

    def hash_at(self, index: int) -> bytes | None:
        """The hash of the chain at an index (0: before the first record)."""
        if index == 0:
            return GENESIS_HASH
        record = self.record(index)
        return None if record is None else record.hash

    def epoch_at(self, index: int) -> Epoch:
        """The epoch that a record was written in."""
        for span in reversed(self.spans):
            if span.first_index <= index:
                return span.epoch
        return NO_EPOCH

    def cached(self, first: int, bytes_max: int, last: int | None = None) -> list[Record]:
        """Records in memory from `first` on, about `bytes_max`; empty when `first` is not there."""
        start = first - self.first_cached_index
        if start < 0:
            return []
        stop = len(self._records) if last is None else last - self.first_cached_index + 1
        found: list[Record] = []
        for record in self._records[start:stop]:
            found.append(record)
            bytes_max -= record.size_bytes
            if bytes_max <= 0:
                break
        return found

    def cut(self, keep: int) -> None:
        """Forget every record behind `keep`."""
        kept_hash = self.hash_at(keep)
        assert kept_hash is not None, keep
        start = max(0, keep - self.first_cached_index + 1)
        self._bytes -= sum(record.size_bytes for record in self._records[start:])
        del self._records[start:]
        self.spans = [span for span in self.spans if span.first_index <= keep]
        self.last_index, self.last_hash = keep, kept_hash

    def forget_before(self, index: int) -> None:
        """Records before `index` are durable and folded: keep only as many as the cache may hold."""
        removable = min(index - self.first_cached_index, len(self._records))
        if removable < TRIM_RECORDS or self._bytes <= CACHE_BYTES:
            return
        excess = self._bytes - CACHE_BYTES
        count = 0
        while count < removable and excess > 0:
            excess -= self._records[count].size_bytes
            count += 1
        self._bytes -= sum(record.size_bytes for record in self._records[:count])
        del self._records[:count]
