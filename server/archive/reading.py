"""How the archive is read: records, ids, numbers, timelines, snapshots, and what waits in quarantine."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from server.archive.blocks import TimelineRow, indices_of, timeline_end, timeline_key, timeline_rows
from server.archive.disk import DamagedDiskError, Reader
from server.archive.keys import RE_SUBMITTED, changed_counter, id_key, number_in, record_key
from server.archive.record import DamagedRecordError, Draft, Record, unpack, unpack_draft
from server.i18n.translation import _

# More than any log, any number of messages, or any counter.
LAST_INDEX: Final = 2**62
# So many rows of a scan cost as much as one that is looked up.
_SCAN_PER_READ: Final = 6


class SnapshotRow(msgspec.Struct, frozen=True):
    """A state as bytes, and the index it stands for."""

    index: int
    state: bytes


class QuarantineRow(msgspec.Struct, frozen=True):
    """A request that was cut out of the log and is to be re-submitted; keys are in the order of the log."""

    key: bytes
    draft: Draft


class StoreReader:
    """Reads the archive, from any one thread."""

    def __init__(self, disk: Reader) -> None:
        self._disk = disk

    def record(self, index: int) -> Record | None:
        """The record at a place in the log."""
        value = self._disk.read("records", index)
        return None if value is None else self._record(index, value)

    def expect_record(self, index: int) -> Record:
        """The record at a place that the log is known to reach; raises `DamagedDiskError`."""
        record = self.record(index)
        if record is None:
            raise self._disk.damaged(_("record {index} is missing").format(index=index))
        return record

    def records(self, first: int, bytes_max: int) -> list[Record]:
        """Records from `first` on, at least one if there is one, about `bytes_max` of them."""
        found: list[Record] = []
        for record in self.all_records(first):
            found.append(record)
            bytes_max -= record.size_bytes
            if bytes_max <= 0:
                break
        return found

    def records_at(self, indices: Sequence[int]) -> dict[int, Record]:
        """The records at these places, in rising order; without those that are not there."""
        if not indices:
            return {}
        first, last = indices[0], indices[-1]
        if last - first < _SCAN_PER_READ * len(indices):
            wanted = set(indices)
            values = self._disk.scan("records", first, last)
            return {key: self._record(key, value) for key, value in values if key in wanted}
        found = ((index, self.record(index)) for index in indices)
        return {index: record for index, record in found if record is not None}

    def all_records(self, first: int = 1, last: int = LAST_INDEX) -> Iterator[Record]:
        """Records in order, one at a time, with no gap between them."""
        index = first
        for key, value in self._disk.scan("records", first, last):
            if key != index:
                raise self._disk.damaged(_("record {index} is missing").format(index=index))
            yield self._record(index, value)
            index += 1

    def last_record(self) -> Record | None:
        """The end of the log."""
        for key, value in self._disk.scan("records", 0, LAST_INDEX, is_backwards=True):
            assert isinstance(key, int)
            return self._record(key, value)
        return None

    def index_of_id(self, device: str, counter: int) -> int | None:
        """Where the request (device, counter) stands; where it was accepted, if it stands twice.

        Twice stands what one server found void and the other one had accepted when both met.
        """
        key = id_key(device, counter)
        value = self._disk.read("ids", key + RE_SUBMITTED) or self._disk.read("ids", key)
        return None if value is None else number_in(value)

    def is_found_by_id(self, record: Record) -> bool:
        """Whether a record, or another one of the same request, is found where it should be."""
        value = self._disk.read("ids", record_key(record))
        index = 0 if value is None else number_in(value)
        return index == record.index or (index > 0 and self.expect_record(index).id == record.id)

    def index_of_number(self, number: int) -> int | None:
        """Where the message of this number stands."""
        for last, value in self._disk.scan("numbers", number, LAST_INDEX):
            assert isinstance(last, int)
            indices = indices_of(value)
            place = number - last - 1 + len(indices)
            return indices[place] if place >= 0 else None
        return None

    def message_indices(self, behind: int, limit: int) -> list[int]:
        """Where the messages behind a number stand, in order."""
        found: list[int] = []
        for last, value in self._disk.scan("numbers", behind + 1, LAST_INDEX):
            assert isinstance(last, int)
            indices = indices_of(value)
            found += indices[max(0, behind - last + len(indices)) :]
            if len(found) >= limit:
                break
        return found[:limit]

    def number_at(self, index: int) -> int:
        """The running number of messages at a place in the log."""
        low, high = 0, self.last_number()
        while low < high:
            middle = (low + high + 1) // 2
            place = self.index_of_number(middle)
            if place is None and (last := self.last_number()) < middle:
                # The log was cut meanwhile: what is looked for stands among what is left.
                low, high = 0, last
            elif place is None:
                raise self._disk.damaged(_("message {number} is missing").format(number=middle))
            else:
                low, high = (middle, high) if place <= index else (low, middle - 1)
        return low

    def last_number(self) -> int:
        """The number of the last message that the derived tables know."""
        for number, _value in self._disk.scan("numbers", 0, LAST_INDEX, is_backwards=True):
            assert isinstance(number, int)
            return number
        return 0

    def page(
        self,
        audience: str,
        first: int,
        last: int,
        limit: int,
        *,
        is_backwards: bool,
        only_messages: bool = False,
    ) -> list[TimelineRow]:
        """What an audience was told between two indices, in order of reading."""
        rows: list[TimelineRow] = []
        for row in self._timeline(audience, first, last, is_backwards=is_backwards):
            if row.number or not only_messages:
                rows.append(row)
            if len(rows) == limit:
                break
        return rows

    def _timeline(self, audience: str, first: int, last: int, *, is_backwards: bool) -> Iterator[TimelineRow]:
        """What an audience was told between two indices, from one of them on."""
        end = timeline_end(audience)
        if is_backwards:
            # A block is found by its last entry: the one that holds `last` may have a later one.
            behind = next(self._disk.scan("timeline", timeline_key(audience, last), end), (end, b""))
            assert isinstance(behind[0], bytes)
            end = behind[0]
        blocks = self._disk.scan("timeline", timeline_key(audience, first), end, is_backwards=is_backwards)
        for key, value in blocks:
            assert isinstance(key, bytes)
            rows = timeline_rows(key, value)
            if not is_backwards and rows[0].index > last:
                return
            for row in reversed(rows) if is_backwards else rows:
                if first <= row.index <= last:
                    yield row

    def read_id(self, key: bytes) -> bytes | None:
        """What `ids` has for a key."""
        return self._disk.read("ids", key)

    def changes(self, device: str, first: int, last: int | None = None) -> list[tuple[bytes, str]]:
        """The changes of the messages of a device from one counter to another, by key, with their kinds."""
        ends = id_key(device, first), id_key(device, first if last is None else last) + b"\xff" * 8
        found = self._disk.scan("changes", *ends)
        return [(key, value.decode()) for key, value in found if isinstance(key, bytes)]

    def changes_of(self, device: str, counters: Iterable[int]) -> Iterator[tuple[bytes, str]]:
        """The changes of these messages of a device, by key, with their kinds.

        What was changed between two that lie far apart is not looked at.
        """
        wanted = sorted(set(counters))
        cuts = [
            place for place in range(1, len(wanted)) if wanted[place] - wanted[place - 1] > _SCAN_PER_READ
        ]
        for first, end in zip([0, *cuts], [*cuts, len(wanted)], strict=True):
            part, chosen = wanted[first:end], frozenset(wanted[first:end])
            for key, kind in self.changes(device, part[0], part[-1]) if part else ():
                if changed_counter(key) in chosen:
                    yield key, kind

    def has_changes(self) -> bool:
        """Whether any message was ever changed."""
        return any(True for _row in self.all_changes())

    def all_changes(self) -> Iterator[tuple[bytes, str]]:
        """The changes of all messages, by key, with their kinds."""
        found = self._disk.scan("changes", b"", b"\xff" * 200)
        return ((key, value.decode()) for key, value in found if isinstance(key, bytes))

    def derived_index(self) -> int:
        """How far numbers and timeline reach."""
        value = self.fact("derived_index")
        return 0 if value is None else number_in(value)

    def snapshots(self) -> list[SnapshotRow]:
        """The snapshots, newest first."""
        rows = self._disk.scan("snapshots", 0, LAST_INDEX, is_backwards=True)
        return [SnapshotRow(key, value) for key, value in rows if isinstance(key, int)]

    def quarantine(self, behind: bytes, limit: int) -> list[QuarantineRow]:
        """What waits for its re-submission behind a key (b"": from the first on), in order."""
        rows = self._disk.scan("quarantine", behind + b"\0", b"\xff" * 16)
        found = itertools.islice(rows, limit)
        return [QuarantineRow(key, unpack_draft(value)) for key, value in found if isinstance(key, bytes)]

    def first_waiting_key(self) -> bytes:
        """The key of what is re-submitted first (b"": nothing waits)."""
        rows = self.quarantine(b"", 1)
        return rows[0].key if rows else b""

    def is_quarantined(self, device: str) -> bool:
        """Whether something of a device waits for its re-submission."""
        first, last = id_key(device, 0), id_key(device, LAST_INDEX)
        return any(True for _ in self._disk.scan("quarantine_ids", first, last))

    def fact(self, name: str) -> bytes | None:
        """A single durable value, by name."""
        return self._disk.read("facts", name.encode())

    def damaged(self, what: str) -> DamagedDiskError:
        """Tell whoever must know that what was read cannot be right; gives the error to raise."""
        return self._disk.damaged(what)

    def _record(self, index: int, value: bytes) -> Record:
        """The record in a row; its seal was right, so anything else was written where it does not belong."""
        try:
            record = unpack(value)
        except DamagedRecordError as error:
            raise self._disk.damaged(str(error)) from error
        if record.index != index:
            raise self._disk.damaged(
                _("record {found} stands where {index} should be").format(found=record.index, index=index)
            )
        return record
