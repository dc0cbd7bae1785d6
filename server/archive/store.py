"""The store: what goes into which transaction, and how the archive is read.

The log is the only truth. What is derived from it (`numbers`, `timeline`, snapshots) carries the
index it reached, may lag behind the log, and is cut and made again with it.

A request never leaves this disk: a cut moves what lies behind it into the quarantine in the same
transaction, and it leaves the quarantine only when it is in the log again, committed and judged. So
every request that was ever durable here is in the log or in the quarantine, at any moment.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from server.archive.blocks import (
    TimelineRow,
    audience_of,
    indices_block,
    indices_of,
    number_blocks,
    timeline_blocks,
    timeline_end,
    timeline_key,
    timeline_rows,
)
from server.archive.disk import DamagedDiskError, Disk, Reader, Transaction
from server.archive.keys import RE_SUBMITTED, id_key, number_bytes, number_in, quarantine_key, record_key
from server.archive.record import (
    DamagedRecordError,
    Draft,
    Record,
    pack,
    pack_draft,
    redraft,
    unpack,
    unpack_draft,
)
from server.i18n.translation import _

# Two are kept: a cut may go back behind the newest one.
SNAPSHOTS_KEPT: Final = 2
_LAST_INDEX: Final = 2**62
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


class Write(msgspec.Struct, frozen=True):
    """What one transaction makes durable. The cut (keep up to this index) happens first.

    `refused` are requests behind the cut that are void: nobody was promised anything for them.
    `quarantined` wait for their re-submission from now on, wherever they were found.
    `persons` says to whom the devices belong whose records lie behind the cut. `released` leave the
    quarantine: the log holds them, and their verdict is final.
    """

    records: tuple[Record, ...] = ()
    cut_to: int | None = None
    refused: frozenset[tuple[str, int]] = frozenset()
    quarantined: tuple[Draft, ...] = ()
    persons: dict[str, str] = {}
    released: tuple[tuple[str, int], ...] = ()
    timeline: tuple[TimelineRow, ...] = ()
    derived_index: int | None = None
    snapshot: SnapshotRow | None = None
    facts: tuple[tuple[str, bytes], ...] = ()


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

    def all_records(self, first: int = 1, last: int = _LAST_INDEX) -> Iterator[Record]:
        """Records in order, one at a time, with no gap between them."""
        index = first
        for key, value in self._disk.scan("records", first, last):
            if key != index:
                raise self._disk.damaged(_("record {index} is missing").format(index=index))
            yield self._record(index, value)
            index += 1

    def last_record(self) -> Record | None:
        """The end of the log."""
        for key, value in self._disk.scan("records", 0, _LAST_INDEX, is_backwards=True):
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
        """Whether a record, or a later one of the same request, is found where it should be."""
        value = self._disk.read("ids", record_key(record))
        index = 0 if value is None else number_in(value)
        return index == record.index or (index > record.index and self.expect_record(index).id == record.id)

    def index_of_number(self, number: int) -> int | None:
        """Where the message of this number stands."""
        for last, value in self._disk.scan("numbers", number, _LAST_INDEX):
            assert isinstance(last, int)
            indices = indices_of(value)
            place = number - last - 1 + len(indices)
            return indices[place] if place >= 0 else None
        return None

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
        for number, _value in self._disk.scan("numbers", 0, _LAST_INDEX, is_backwards=True):
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

    def derived_index(self) -> int:
        """How far numbers and timeline reach."""
        value = self.fact("derived_index")
        return 0 if value is None else number_in(value)

    def snapshots(self) -> list[SnapshotRow]:
        """The snapshots, newest first."""
        rows = self._disk.scan("snapshots", 0, _LAST_INDEX, is_backwards=True)
        return [SnapshotRow(key, value) for key, value in rows if isinstance(key, int)]

    def quarantine(self, behind: bytes, limit: int) -> list[QuarantineRow]:
        """What waits for its re-submission behind a key (b"": from the first on), in order."""
        rows = self._disk.scan("quarantine", behind + b"\0", b"\xff" * 16)
        found = itertools.islice(rows, limit)
        return [QuarantineRow(key, unpack_draft(value)) for key, value in found if isinstance(key, bytes)]

    def is_quarantined(self, device: str) -> bool:
        """Whether something of a device waits for its re-submission."""
        first, last = id_key(device, 0), id_key(device, _LAST_INDEX)
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


class Store(StoreReader):
    """The archive of one server; `commit` is for the one writing thread."""

    def __init__(self, disk: Disk) -> None:
        super().__init__(disk)
        self._writer = disk

    def commit(self, writes: list[Write]) -> None:
        """Make several writes durable in one transaction; raises `DiskError`."""
        # Within one transaction deletes come before puts, so a cut starts a transaction of its own.
        batch: list[Write] = []
        for write in writes:
            if write.cut_to is not None and batch:
                self._commit_batch(batch)
                batch = []
            batch.append(write)
        self._commit_batch(batch)

    def reader(self) -> StoreReader:
        """A reader that any other thread may use."""
        return StoreReader(self._writer.reader())

    def close(self) -> None:
        """Let go of the disk."""
        self._writer.close()

    def _commit_batch(self, writes: list[Write]) -> None:
        transaction = Transaction()
        moved: dict[bytes, Draft] = {}
        for write in writes:
            if write.cut_to is not None:
                moved = self._cut(transaction, write)
            for record in write.records:
                transaction.put("records", record.index, pack(record))
                transaction.put("ids", record_key(record), number_bytes(record.index))
            for identity in write.released:
                self._release(transaction, id_key(*identity))
            moved.update({id_key(*draft.id): draft for draft in write.quarantined})
            self._derive(transaction, write)
        for identity_key, draft in moved.items():
            key = quarantine_key(draft)
            transaction.put("quarantine", key, pack_draft(draft))
            transaction.put("quarantine_ids", identity_key, key)
        if not transaction.is_empty:
            self._writer.commit(transaction)

    def _derive(self, transaction: Transaction, write: Write) -> None:
        """What follows from the log, and single facts."""
        for key, value in timeline_blocks(write.timeline):
            transaction.put("timeline", key, value)
        for last, value in number_blocks(write.timeline):
            transaction.put("numbers", last, value)
        if write.derived_index is not None:
            transaction.put("facts", b"derived_index", number_bytes(write.derived_index))
        if write.snapshot is not None:
            transaction.put("snapshots", write.snapshot.index, write.snapshot.state)
            for old in self.snapshots()[SNAPSHOTS_KEPT - 1 :]:
                transaction.delete("snapshots", old.index, old.index)
        for name, value in write.facts:
            transaction.put("facts", name.encode(), value)

    def _release(self, transaction: Transaction, identity: bytes) -> None:
        """What is in the log need not be re-submitted."""
        key = self._disk.read("quarantine_ids", identity)
        if key is not None:
            transaction.delete("quarantine", key, key)
            transaction.delete("quarantine_ids", identity, identity)

    def _audiences(self) -> Iterator[str]:
        """Everybody who was ever told anything: the keys are skipped over, not read one by one."""
        behind = b""
        while found := next(self._disk.scan("timeline", behind, b"\xff" * 8), None):
            assert isinstance(found[0], bytes)
            audience = audience_of(found[0])
            yield audience
            behind = audience.encode() + b"\1"

    def _cut(self, transaction: Transaction, write: Write) -> dict[bytes, Draft]:
        """Take away every record behind the cut, and what was derived from it; the requests by id."""
        keep = write.cut_to
        assert keep is not None, write
        moved: dict[bytes, Draft] = {}
        for record in self.all_records(first=keep + 1):
            identity, key = id_key(*record.id), record_key(record)
            transaction.delete("ids", key, key)
            is_kept = self._disk.read("quarantine_ids", identity) is not None
            if not (record.is_epoch or is_kept or record.id in write.refused):
                moved[identity] = redraft(record, write.persons.get(record.header.device, ""))
        transaction.delete("records", keep + 1, _LAST_INDEX)
        transaction.delete("snapshots", keep + 1, _LAST_INDEX)
        if self.derived_index() > keep:
            self._cut_derived(transaction, keep)
            transaction.put("facts", b"derived_index", number_bytes(keep))
        return moved

    def _cut_derived(self, transaction: Transaction, keep: int) -> None:
        """Take away what was derived from records behind `keep`; of a block on both sides a part stays."""
        number = self.number_at(keep)
        for last, value in itertools.islice(self._disk.scan("numbers", number + 1, _LAST_INDEX), 1):
            assert isinstance(last, int)
            indices = indices_of(value)
            if kept := indices[: max(0, number - last + len(indices))]:
                transaction.put("numbers", number, indices_block(kept))
        transaction.delete("numbers", number + 1, _LAST_INDEX)
        for audience in self._audiences():
            behind = timeline_key(audience, keep + 1), timeline_end(audience)
            for key, value in itertools.islice(self._disk.scan("timeline", *behind), 1):
                assert isinstance(key, bytes)
                rows = [row for row in timeline_rows(key, value) if row.index <= keep]
                for block in timeline_blocks(rows):
                    transaction.put("timeline", *block)
            transaction.delete("timeline", *behind)
