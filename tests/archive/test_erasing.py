"""Erased bodies and what a deletion takes off the disk; a cut in the middle of it; every file searched."""

import contextlib
from pathlib import Path

import msgspec
import pytest

from server.archive.blocks import Change, TimelineRow
from server.archive.disk import SqliteDisk
from server.archive.erasing import content_digest, decode_erased, erased, is_erased, target_of
from server.archive.keys import changed_counter
from server.archive.record import (
    GENESIS_HASH,
    DamagedRecordError,
    Draft,
    Epoch,
    PackedRecord,
    Record,
    make_record,
    make_records,
    redraft,
)
from server.archive.store import Store, Write
from tests.archive.conftest import OpenDisk

EPOCH = Epoch(1, "a", "n")
SECRET = "the secret of the garden"
pack = msgspec.msgpack.encode


def draft(kind: str, counter: int, *body: object) -> Draft:
    return Draft(kind, "d", counter, 0, pack(body))


MESSAGE = draft("message", 1, "general", SECRET, ["a" * 64, 7, "plan.txt", ""], None)
EDIT = draft("edit", 2, "general", "d", 1, f"{SECRET}, once more")
DELETE = draft("delete", 3, "general", "d", 1, "a" * 64)
LATE_EDIT = draft("edit", 4, "general", "d", 1, f"{SECRET}, too late")
OTHER = draft("message", 5, "general", "hello", None, None)
DRAFTS = [MESSAGE, EDIT, DELETE, LATE_EDIT, OTHER]


def chained(drafts: list[Draft] | None = None) -> list[Record]:
    return make_records(drafts or DRAFTS, EPOCH, 0, GENESIS_HASH)


def told(records: list[Record]) -> tuple[TimelineRow, ...]:
    """The rows of accepted records, as the engine derives them."""
    rows, number = [], 0
    for record in records:
        kind = record.header.kind
        target = target_of(kind, record.body)
        number += kind == "message"
        change = None if target is None else Change(kind, *target)
        rows.append(TimelineRow(record.index, "general", number if kind == "message" else 0, change))
    return tuple(rows)


def kinds_of_changes(store: Store) -> list[str]:
    return [kind for _key, kind in store.changes("d", 1)]


def test_the_changes_of_some_messages_are_found_without_those_between(
    open_disk: OpenDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = [1, 3, 20, 40, 41]
    records = chained([draft("react", 100 + n, "general", "d", n, "🌱", True) for n in targets])
    store = Store(open_disk())
    store.commit([Write(records=tuple(records), timeline=told(records), derived_index=len(records))])
    looked_at: list[tuple[int, int | None]] = []
    found = Store.changes

    def changes(self: Store, device: str, first: int, last: int | None = None) -> list[tuple[bytes, str]]:
        looked_at.append((first, last))
        return found(self, device, first, last)

    monkeypatch.setattr(Store, "changes", changes)
    keys = [key for key, _kind in store.changes_of("d", [41, 1, 5, 39])]
    assert [changed_counter(key) for key in keys] == [1, 41]
    assert looked_at == [(1, 5), (39, 41)]
    assert list(store.changes_of("d", [])) == []


def test_an_erased_body_keeps_its_room_its_digest_and_the_hash_of_its_file() -> None:
    body = erased("message", MESSAGE.body)
    assert SECRET.encode() not in body
    assert b"plan" not in body
    found = decode_erased(body)
    assert (found.room, found.sha256, found.size) == ("general", "a" * 64, 7)
    assert content_digest("message", body) == MESSAGE.digest
    assert erased("message", body) == body
    assert not is_erased("message", MESSAGE.body)


def test_an_erased_edit_still_says_what_it_changed() -> None:
    body = erased("edit", EDIT.body)
    assert SECRET.encode() not in body
    assert target_of("edit", body) == ("d", 1)
    assert target_of("message", MESSAGE.body) is None


def test_the_chain_holds_over_erased_bodies_and_over_no_other_ones() -> None:
    first, second = chained([MESSAGE, EDIT])
    for record, before in ((first, (0, GENESIS_HASH)), (second, (1, first.hash))):
        body = erased(record.header.kind, record.body)
        left = Record(PackedRecord(record.packed.header, body))
        left.check_follows(*before)
        assert left.hash == record.hash
    forged = Record(PackedRecord(first.packed.header, erased("message", OTHER.body)))
    with pytest.raises(DamagedRecordError, match="digest"):
        forged.check_follows(0, GENESIS_HASH)


def test_only_what_people_wrote_can_be_erased() -> None:
    record = make_record(Draft("room", "d", 1, 0, pack(["r", "name"])), EPOCH, 1, GENESIS_HASH)
    forged = Record(PackedRecord(record.packed.header, pack([None, record.header.digest, "r"])))
    with pytest.raises(DamagedRecordError, match="digest"):
        forged.check_follows(0, GENESIS_HASH)


def test_a_moved_record_keeps_the_digest_of_what_was_erased() -> None:
    (record,) = chained([MESSAGE])
    left = Record(PackedRecord(record.packed.header, erased("message", record.body)))
    again = make_record(redraft(left), EPOCH, 9, bytes(32))
    assert again.header.digest == record.header.digest


@pytest.mark.parametrize("is_one_transaction", [True, False])
def test_a_deletion_erases_the_message_and_its_edits(open_disk: OpenDisk, is_one_transaction: bool) -> None:
    store = Store(open_disk())
    records = chained()
    rows = told(records)
    last = Write(records=tuple(records[2:]), timeline=rows[1:], erased=(4,), derived_index=5)
    first = Write(records=tuple(records[:2]), timeline=rows[:1], derived_index=1)
    for writes in [[first, last]] if is_one_transaction else [[first], [last]]:
        store.commit(writes)
    stored = list(store.all_records())
    assert [is_erased(record.header.kind, record.body) for record in stored] == [
        True,
        True,
        False,
        True,
        False,
    ]
    index, chain = 0, GENESIS_HASH
    for record in stored:
        record.check_follows(index, chain)
        index, chain = record.index, record.hash
    assert kinds_of_changes(store) == ["edit", "delete", "edit"]


def test_a_cut_takes_the_changes_behind_it_and_what_was_erased_stays_erased(open_disk: OpenDisk) -> None:
    store = Store(open_disk())
    records = chained()
    store.commit([Write(records=tuple(records), timeline=told(records), derived_index=5)])
    store.commit([Write(cut_to=2)])
    assert kinds_of_changes(store) == ["edit"]
    waiting = [row.draft for row in store.quarantine(b"", 10)]
    assert [each.kind for each in waiting] == ["delete", "edit", "message"]
    message = store.record(1)
    assert message is not None
    assert is_erased("message", message.body)
    store.commit([Write(cut_to=1)])
    assert kinds_of_changes(store) == []


def test_a_message_that_a_merge_moved_is_erased_in_both_places(open_disk: OpenDisk) -> None:
    store = Store(open_disk())
    void, moved = MESSAGE, redraft(chained([MESSAGE])[0])
    records = chained([void, moved, DELETE])
    rows = (
        TimelineRow(2, "general", 1),
        TimelineRow(3, "general", 0, Change("delete", "d", 1)),
    )
    store.commit([Write(records=tuple(records), timeline=rows, derived_index=3)])
    assert [is_erased(record.header.kind, record.body) for record in store.all_records()] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_an_edit_that_a_merge_moved_is_erased_in_both_places(open_disk: OpenDisk, count: int) -> None:
    store = Store(open_disk())
    void, moved = EDIT, redraft(chained([MESSAGE, EDIT])[1])
    records = chained([MESSAGE, void, moved, DELETE])
    rows = (
        TimelineRow(1, "general", 1),
        TimelineRow(3, "general", 0, Change("edit", "d", 1)),
        TimelineRow(4, "general", 0, Change("delete", "d", 1)),
    )
    # In one transaction, or in two that part it anywhere.
    store.commit([Write(records=tuple(records[:count]), timeline=rows[: max(1, count - 1)])])
    store.commit([Write(records=tuple(records[count:]), timeline=rows[max(1, count - 1) :])])
    assert not any(SECRET.encode() in record.body for record in store.all_records())


def wants_scrub(store: Store) -> bool:
    return store.wants_scrub


def files_with(folder: Path, text: str) -> list[str]:
    return [path.name for path in folder.iterdir() if text.encode() in path.read_bytes()]


def test_no_file_holds_what_was_deleted_once_it_is_scrubbed(tmp_path: Path) -> None:
    store = Store(SqliteDisk(tmp_path / "archive.sqlite"))
    long = draft("message", 6, "general", SECRET * 500, None, None)
    records = chained([MESSAGE, EDIT, OTHER, long])
    store.commit([Write(records=tuple(records), timeline=told(records), derived_index=4)])
    store.scrub()
    assert files_with(tmp_path, SECRET) == ["archive.sqlite"]
    more = make_records([DELETE, draft("delete", 7, "general", "d", 6)], EPOCH, 4, records[-1].hash)
    store.commit([Write(records=tuple(more), timeline=told(more), derived_index=6)])
    assert wants_scrub(store)
    store.scrub()
    assert not wants_scrub(store)
    assert files_with(tmp_path, SECRET) == []
    assert files_with(tmp_path, "hello") == ["archive.sqlite"]
    store.close()


def test_a_scrub_waits_for_nobody_and_is_tried_again(tmp_path: Path) -> None:
    store = Store(SqliteDisk(tmp_path / "archive.sqlite"))
    store.commit([Write(records=tuple(chained()))])
    disk = SqliteDisk(tmp_path / "archive.sqlite").reader()
    with contextlib.closing(disk), disk.moment():
        assert disk.read("records", 1)
        store.commit([Write(erased=(1,))])
        store.scrub()
        assert wants_scrub(store)
    store.scrub()
    assert not wants_scrub(store)
    store.close()
