"""The store: what goes into which transaction.

The log is the only truth. What is derived from it (`numbers`, `timeline`, snapshots) carries the
index it reached, may lag behind the log, and is cut and made again with it.

A request never leaves this disk: a cut moves what lies behind it into the quarantine in the same
transaction, and it leaves the quarantine only when it is in the log again, committed and judged. So
every request that was ever durable here is in the log or in the quarantine, at any moment.
"""

import itertools
from collections.abc import Iterator
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
from server.archive.disk import Disk, Transaction
from server.archive.eraser import Eraser
from server.archive.erasing import target_of
from server.archive.keys import change_key, id_key, number_bytes, number_in, quarantine_key, record_key
from server.archive.reading import LAST_INDEX, QuarantineRow, SnapshotRow, StoreReader
from server.archive.record import Draft, Record, pack, pack_draft, redraft
from server.archive.waiting_order import WaitingOrder

__all__ = ["QuarantineRow", "SnapshotRow", "Store", "StoreReader", "Write"]

# Two are kept, for a cut may go back behind the newest one; and the one of where both servers parted.
SNAPSHOTS_KEPT: Final = 2
# A longer cut goes from the end, in steps of so many: 30 MB at a time, where a million records were 1.4 GB.
CUT_RECORDS_MAX: Final = 20_000


class Write(msgspec.Struct, frozen=True):
    """What one transaction makes durable. The cut (keep up to this index) happens first.

    `refused` are requests behind the cut that are void: nobody was promised anything for them.
    `quarantined` wait for their re-submission from now on, wherever they were found.
    `persons` says to whom the devices belong whose records lie behind the cut. `released` leave the
    quarantine: the log holds them, and their verdict is final. Up to `shared_index` the other server
    has the log: a cut goes back to there, as far as is known, so a snapshot at or before it is kept.
    A deletion in the `timeline` erases what it deletes; the records `erased` came behind their deletion.
    """

    records: tuple[Record, ...] = ()
    cut_to: int | None = None
    refused: frozenset[tuple[str, int]] = frozenset()
    quarantined: tuple[Draft, ...] = ()
    persons: dict[str, str] = {}
    released: tuple[tuple[str, int], ...] = ()
    timeline: tuple[TimelineRow, ...] = ()
    erased: tuple[int, ...] = ()
    derived_index: int | None = None
    snapshot: SnapshotRow | None = None
    shared_index: int = 0
    facts: tuple[tuple[str, bytes], ...] = ()


class Store(StoreReader):
    """The archive of one server; `commit` is for the one writing thread."""

    def __init__(self, disk: Disk) -> None:
        super().__init__(disk)
        self._writer = disk
        # Of the cut that is under way.
        self._order = WaitingOrder(b"")
        # Something was erased, perhaps by an earlier run that was killed, and `scrub` was not done since.
        self.wants_scrub = True

    def commit(self, writes: list[Write]) -> None:
        """Make several writes durable in one transaction; raises `DiskError`."""
        # Within one transaction deletes come before puts, so a cut starts a transaction of its own.
        batch: list[Write] = []
        for write in writes:
            if write.cut_to is not None:
                if batch:
                    self._commit_batch(batch)
                    batch = []
                self._order = WaitingOrder(self.first_waiting_key())
                self._shorten(write, write.cut_to)
            batch.append(write)
        self._commit_batch(batch)

    def scrub(self) -> None:
        """See that what was erased is in no file any more; `wants_scrub` stays when it cannot be done."""
        self.wants_scrub = not self._writer.scrub()

    def reader(self) -> StoreReader:
        """A reader that any other thread may use."""
        return StoreReader(self._writer.reader())

    def close(self) -> None:
        """Let go of the disk."""
        self._writer.close()

    def _commit_batch(self, writes: list[Write]) -> None:
        transaction = Transaction()
        eraser = Eraser(self, transaction, writes[0].cut_to if writes else None)
        moved: dict[bytes, QuarantineRow] = {}
        for write in writes:
            if write.cut_to is not None:
                moved = self._cut(transaction, write)
            for record in write.records:
                transaction.put("records", record.index, pack(record))
                # Of two records of one id the first counts (the fold says so), and it is found.
                transaction.put_new("ids", record_key(record), number_bytes(record.index))
            for identity in write.released:
                self._release(transaction, id_key(*identity))
            for draft in write.quarantined:
                moved[id_key(*draft.id)] = QuarantineRow(quarantine_key(draft), draft)
            eraser.written(write.records, write.timeline)
            self._derive(transaction, write)
            self._erase(eraser, write)
        for identity_key, row in moved.items():
            transaction.put("quarantine", row.key, pack_draft(row.draft))
            transaction.put("quarantine_ids", identity_key, row.key)
        if not transaction.is_empty:
            self._writer.commit(transaction)
        self.wants_scrub |= eraser.has_erased

    def _erase(self, eraser: Eraser, write: Write) -> None:
        """What was deleted, and what came behind its deletion."""
        for row in write.timeline:
            if row.change is not None and row.change.kind == "delete":
                eraser.erase_message(row.change.device, row.change.counter)
        for index in write.erased:
            eraser.erase(index)

    def _derive(self, transaction: Transaction, write: Write) -> None:
        """What follows from the log, and single facts."""
        for key, value in timeline_blocks(write.timeline):
            transaction.put("timeline", key, value)
        for last, value in number_blocks(write.timeline):
            transaction.put("numbers", last, value)
        for row in write.timeline:
            if row.change is not None:
                key = change_key(row.change.device, row.change.counter, row.index)
                transaction.put("changes", key, row.change.kind.encode())
        if write.derived_index is not None:
            transaction.put("facts", b"derived_index", number_bytes(write.derived_index))
        if write.snapshot is not None:
            transaction.put("snapshots", write.snapshot.index, write.snapshot.state)
            for index in self._old_snapshots(write.shared_index):
                transaction.delete("snapshots", index, index)
        for name, value in write.facts:
            transaction.put("facts", name.encode(), value)

    def _old_snapshots(self, shared_index: int) -> list[int]:
        """Those that nothing will be folded from any more, when one more is there."""
        indices = [row.index for row in self.snapshots()]
        kept = {*indices[: SNAPSHOTS_KEPT - 1], *[i for i in indices if i <= shared_index][:1]}
        return [index for index in indices if index not in kept]

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

    def _shorten(self, write: Write, keep: int) -> None:
        """Cut all but the last step of a long cut.

        Each step is a cut like any other. Who dies between two of them has a shorter log and the rest
        in quarantine, and goes on from there.
        """
        last = self.last_record()
        end = last.index if last else 0
        while end - keep > CUT_RECORDS_MAX:
            end -= CUT_RECORDS_MAX
            self._commit_batch([Write(cut_to=end, refused=write.refused, persons=write.persons)])

    def _is_second(self, record: Record) -> bool:
        """Whether one of the same id stands before it: this one was refused then."""
        value = self._disk.read("ids", record_key(record))
        if value is None or number_in(value) >= record.index:
            return False
        first = self.record(number_in(value))
        return first is not None and first.id == record.id

    def _cut(self, transaction: Transaction, write: Write) -> dict[bytes, QuarantineRow]:
        """Take away every record behind the cut, and what was derived from it; the requests by id."""
        keep = write.cut_to
        assert keep is not None, write
        moved: dict[bytes, QuarantineRow] = {}
        for record in reversed(list(self.all_records(first=keep + 1))):
            target = target_of(record.header.kind, record.body)
            if target is not None:
                key = change_key(*target, record.index)
                transaction.delete("changes", key, key)
            if self._is_second(record):
                continue
            identity, key = id_key(*record.id), record_key(record)
            transaction.delete("ids", key, key)
            is_kept = self._disk.read("quarantine_ids", identity) is not None
            if not (record.is_epoch or is_kept or record.id in write.refused):
                draft = redraft(record, write.persons.get(record.header.device, ""))
                # Of two the later one was accepted: see `_is_second`.
                moved.setdefault(identity, QuarantineRow(self._order.key(record), draft))
        transaction.delete("records", keep + 1, LAST_INDEX)
        transaction.delete("snapshots", keep + 1, LAST_INDEX)
        if self.derived_index() > keep:
            self._cut_derived(transaction, keep)
            transaction.put("facts", b"derived_index", number_bytes(keep))
        return moved

    def _cut_derived(self, transaction: Transaction, keep: int) -> None:
        """Take away what was derived from records behind `keep`; of a block on both sides a part stays."""
        number = self.number_at(keep)
        for last, value in itertools.islice(self._disk.scan("numbers", number + 1, LAST_INDEX), 1):
            assert isinstance(last, int)
            indices = indices_of(value)
            if kept := indices[: max(0, number - last + len(indices))]:
                transaction.put("numbers", number, indices_block(kept))
        transaction.delete("numbers", number + 1, LAST_INDEX)
        for audience in self._audiences():
            behind = timeline_key(audience, keep + 1), timeline_end(audience)
            for key, value in itertools.islice(self._disk.scan("timeline", *behind), 1):
                assert isinstance(key, bytes)
                rows = [row for row in timeline_rows(key, value) if row.index <= keep]
                for block in timeline_blocks(rows):
                    transaction.put("timeline", *block)
            transaction.delete("timeline", *behind)
