"""The store: records by index, id and number, pages, snapshots, and the cut; on both disks."""

import pytest

from server.archive.blocks import TimelineRow
from server.archive.disk import Disk
from server.archive.record import GENESIS_HASH, Draft, Epoch, Record, make_records
from server.archive.store import SnapshotRow, Store, StoreReader, Write
from tests.archive.conftest import OpenDisk

EPOCH = Epoch(1, "a", "n")
OTHER = Epoch(2, "b", "n")


def chain(count: int, *, epoch: Epoch = EPOCH, behind: list[Record] | None = None) -> list[Record]:
    """Records of one device, counters from 1 on (from 1000 on behind others)."""
    before = behind or []
    first = 1000 if before else 1
    drafts = [Draft("message", "d", first + n, 0, b"x" * 50) for n in range(count)]
    last = before[-1] if before else None
    return make_records(drafts, epoch, last.index if last else 0, last.hash if last else GENESIS_HASH)


def derived(records: list[Record], *, up_to: int | None = None) -> Write:
    """Every record a message of the room `general`, each third one of `garden` as well as a number."""
    reached = records[: up_to if up_to is not None else len(records)]
    rows = tuple(
        TimelineRow(record.index, "garden" if record.index % 3 == 0 else "general", record.index)
        for record in reached
    )
    return Write(records=tuple(records), timeline=rows, derived_index=len(reached))


@pytest.fixture
def store(disk: Disk) -> Store:
    """An empty store."""
    return Store(disk)


def indices(store: Store) -> list[int]:
    return [record.index for record in store.all_records()]


def test_an_empty_store_has_nothing(store: Store) -> None:
    assert store.last_record() is None
    assert (store.last_number(), store.derived_index(), store.number_at(10)) == (0, 0, 0)
    assert store.snapshots() == []
    assert store.records(1, 10**6) == []


def test_a_record_is_found_by_index_id_and_number(store: Store) -> None:
    records = chain(9)
    store.commit([derived(records)])
    assert store.record(4) is not None
    assert store.index_of_id("d", 4) == 4
    assert store.index_of_id("d", 40) is None
    assert store.index_of_number(4) == 4
    last = store.last_record()
    assert last is not None
    assert last.hash == records[-1].hash


def test_what_is_read_is_what_was_written(open_disk: OpenDisk) -> None:
    records = chain(9)
    Store(open_disk()).commit([Write(records=tuple(records))])
    again = list(Store(open_disk()).all_records())
    assert [record.hash for record in again] == [record.hash for record in records]
    assert [record.body for record in again] == [record.body for record in records]


def test_records_come_in_pieces_of_about_the_size_and_at_least_one(store: Store) -> None:
    store.commit([Write(records=tuple(chain(9)))])
    assert [record.index for record in store.records(3, 1)] == [3]
    assert [record.index for record in store.records(3, 200)] == [3, 4]
    assert [record.index for record in store.records(3, 10**6)] == [3, 4, 5, 6, 7, 8, 9]
    assert [record.index for record in store.all_records(first=4, last=6)] == [4, 5, 6]


def test_a_page_of_an_audience_forwards_and_backwards(store: Store) -> None:
    store.commit([derived(chain(9))])
    forwards = store.page("general", 2, 8, 3, is_backwards=False)
    assert [row.index for row in forwards] == [2, 4, 5]
    backwards = store.page("general", 2, 8, 3, is_backwards=True)
    assert [row.index for row in backwards] == [8, 7, 5]
    assert [row.index for row in store.page("garden", 1, 9, 10, is_backwards=False)] == [3, 6, 9]
    assert store.page("attic", 1, 9, 10, is_backwards=False) == []


def test_the_running_number_at_any_index(store: Store) -> None:
    records = chain(6)
    rows = (TimelineRow(2, "general", 1), TimelineRow(3, "general", 0), TimelineRow(5, "general", 2))
    store.commit([Write(records=tuple(records), timeline=rows, derived_index=6)])
    assert [store.number_at(index) for index in range(7)] == [0, 0, 1, 1, 1, 2, 2]


class _LateReader(StoreReader):
    """A reader on whose way from the last number to the others the log is cut."""

    def __init__(self, disk: Disk, store: Store) -> None:
        super().__init__(disk.reader())
        self._store = store

    def last_number(self) -> int:
        last = super().last_number()
        self._store.commit([Write(cut_to=3)])
        return last


def test_a_running_number_that_is_looked_up_during_a_cut_is_no_damage(disk: Disk) -> None:
    store = Store(disk)
    store.commit([derived(chain(9))])
    assert _LateReader(disk, store).number_at(7) == 3


def test_only_the_two_newest_snapshots_are_kept(store: Store) -> None:
    for index in (10, 20, 30):
        store.commit([Write(snapshot=SnapshotRow(index, b"state %d" % index))])
    assert store.snapshots() == [SnapshotRow(30, b"state 30"), SnapshotRow(20, b"state 20")]


def test_beside_them_the_newest_one_is_kept_that_a_cut_may_go_back_to(store: Store) -> None:
    for index in (10, 20, 30, 40, 50):
        store.commit([Write(snapshot=SnapshotRow(index, b""), shared_index=25)])
    assert [row.index for row in store.snapshots()] == [50, 40, 20]
    store.commit([Write(snapshot=SnapshotRow(60, b""), shared_index=60)])
    assert [row.index for row in store.snapshots()] == [60, 50]


def test_facts_are_kept_by_name(store: Store) -> None:
    store.commit([Write(facts=(("cluster", b"c"),))])
    store.commit([Write(facts=(("cluster", b"d"),))])
    assert store.fact("cluster") == b"d"
    assert store.fact("other") is None


def test_several_writes_are_one_commit(store: Store) -> None:
    records = chain(6)
    store.commit([Write(records=tuple(records[:3])), Write(records=tuple(records[3:])), Write()])
    assert indices(store) == [1, 2, 3, 4, 5, 6]


# --- the cut


def test_a_cut_takes_records_ids_and_all_that_was_derived(store: Store) -> None:
    records = chain(9)
    store.commit([derived(records)])
    store.commit([Write(snapshot=SnapshotRow(3, b"three")), Write(snapshot=SnapshotRow(8, b"eight"))])
    store.commit([Write(cut_to=5)])
    assert indices(store) == [1, 2, 3, 4, 5]
    assert store.index_of_id("d", 5) == 5
    assert store.index_of_id("d", 6) is None
    assert store.index_of_number(6) is None
    assert (store.last_number(), store.derived_index()) == (5, 5)
    assert [row.index for row in store.page("general", 1, 9, 10, is_backwards=False)] == [1, 2, 4, 5]
    assert store.snapshots() == [SnapshotRow(3, b"three")]


def test_what_comes_behind_a_cut_in_the_same_commit_takes_its_place(store: Store) -> None:
    records = chain(6)
    store.commit([derived(records)])
    others = chain(3, epoch=OTHER, behind=records[:4])
    store.commit([Write(cut_to=4), Write(records=tuple(others))])
    assert [record.hash for record in store.all_records()] == [
        record.hash for record in [*records[:4], *others]
    ]


def test_what_is_written_before_a_cut_in_the_same_commit_is_cut(store: Store) -> None:
    records = chain(6)
    store.commit([Write(records=tuple(records)), Write(cut_to=2)])
    assert indices(store) == [1, 2]
    assert store.index_of_id("d", 3) is None


def test_a_cut_behind_the_end_changes_nothing(store: Store) -> None:
    store.commit([derived(chain(4))])
    store.commit([Write(cut_to=4)])
    assert indices(store) == [1, 2, 3, 4]
    assert store.derived_index() == 4


def test_a_cut_leaves_what_lags_behind_it(store: Store) -> None:
    store.commit([derived(chain(9), up_to=3)])
    store.commit([Write(cut_to=5)])
    assert store.derived_index() == 3
    assert store.last_number() == 3


def test_a_cut_to_nothing_leaves_an_empty_store(store: Store) -> None:
    store.commit([derived(chain(4))])
    store.commit([Write(cut_to=0)])
    assert (indices(store), store.last_number(), store.derived_index()) == ([], 0, 0)
