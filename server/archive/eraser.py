"""What a deletion takes off the disk: the bodies of a message and of its edits, in one transaction with it.

What stays is in `erasing`. Records that the same transaction writes are found as well as those on the disk.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from server.archive.blocks import TimelineRow
from server.archive.disk import Transaction
from server.archive.erasing import erased, is_erased, target_of
from server.archive.keys import RE_SUBMITTED, change_index, id_key, number_in
from server.archive.reading import LAST_INDEX, StoreReader
from server.archive.record import PackedRecord, Record, pack


class Eraser:
    """Of one transaction: `records` are those that it writes, `keep` is how far it cuts the log."""

    def __init__(self, reader: StoreReader, transaction: Transaction, keep: int | None) -> None:
        self._reader: Final = reader
        self._transaction: Final = transaction
        self._keep: Final = LAST_INDEX if keep is None else keep
        self._records: dict[int, Record] = {}
        self._edits: dict[tuple[str, int], set[int]] = {}
        self.has_erased = False

    def written(self, records: Sequence[Record], rows: Sequence[TimelineRow]) -> None:
        """The same transaction writes these."""
        self._records.update((record.index, record) for record in records)
        for row in rows:
            change = row.change
            if change is not None and change.kind == "edit":
                self._edits.setdefault((change.device, change.counter), set()).add(row.index)

    def erase_message(self, device: str, counter: int) -> None:
        """Nothing of what was written in it stays."""
        for index in self._indices_of(device, counter):
            self.erase(index)

    def erase(self, index: int) -> None:
        """Nothing of what was written in this record stays."""
        record = self._find(index)
        if record is None or is_erased(record.header.kind, record.body):
            return
        try:
            body = erased(record.header.kind, record.body)
        except msgspec.DecodeError:
            # Of a newer version: what it holds is not known here.
            return
        left = Record(PackedRecord(record.packed.header, body), record.header)
        self._transaction.put("records", index, pack(left))
        self.has_erased = True

    def _find(self, index: int) -> Record | None:
        written = self._records.get(index)
        return written if written is not None or index > self._keep else self._reader.record(index)

    def _indices_of(self, device: str, counter: int) -> list[int]:
        """Where the message and its edits stand: twice, when a merge has moved one behind a void one."""
        target = device, counter
        changes = self._reader.changes(device, counter)
        edits = {change_index(key) for key, kind in changes if kind == "edit"} | self._edits.get(
            target, set()
        )
        of_edits = (self._find(index) for index in edits)
        identities = {target, *(record.id for record in of_edits if record is not None)}
        on_disk = (index for identity in identities for index in self._places_of(identity))
        fresh = (record.index for record in self._records.values() if record.id in identities)
        wanted = []
        for index in sorted({*edits, *on_disk, *fresh}):
            record = self._find(index)
            if record is not None and _holds(record, target):
                wanted.append(index)
        return wanted

    def _places_of(self, identity: tuple[str, int]) -> list[int]:
        """Where a request stands on the disk, void or not."""
        places = (self._reader.read_id(id_key(*identity) + mark) for mark in (b"", RE_SUBMITTED))
        return [number_in(value) for value in places if value is not None]


def _holds(record: Record, target: tuple[str, int]) -> bool:
    kind = record.header.kind
    return (
        record.id == target
        if kind == "message"
        else kind == "edit" and target_of(kind, record.body) == target
    )
