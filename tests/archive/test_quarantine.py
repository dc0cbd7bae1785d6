"""The quarantine: what a cut takes out of the log is kept, and leaves only into the log; on both disks."""

from unittest import mock

import pytest

from server.archive.disk import Disk
from server.archive.record import GENESIS_HASH, Draft, Epoch, Origin, Record, epoch_draft, make_records
from server.archive.store import Store, StoreReader, Write
from tests.simulation.disk import SimulatedDisk

EPOCH = Epoch(1, "a", "n")
LOST = Epoch(2, "a", "n")
WON = Epoch(2, "b", "n")


def message(counter: int, device: str = "d", origin: Origin | None = None) -> Draft:
    return Draft("message", device, counter, 7, b"text %d" % counter, origin)


def behind(before: list[Record], epoch: Epoch, *drafts: Draft) -> list[Record]:
    """An epoch and its records behind others."""
    last = before[-1] if before else None
    start = (last.index, last.hash) if last else (0, GENESIS_HASH)
    return make_records([epoch_draft(epoch, (epoch.server,), 0), *drafts], epoch, *start)


@pytest.fixture
def store(disk: Disk) -> Store:
    """A store that holds a shared beginning and an end that lost."""
    store = Store(disk)
    shared = behind([], EPOCH, message(1))
    lost = behind(shared, LOST, message(2), message(3), message(1, "e"), message(4))
    store.commit([Write(records=tuple(shared + lost))])
    return store


def waiting(store: Store) -> list[tuple[str, int]]:
    return [row.draft.id for row in store.quarantine(b"", 100)]


def winner(store: Store, *drafts: Draft) -> tuple[Record, ...]:
    """What the winner wrote behind the shared beginning."""
    return tuple(behind(list(store.all_records(last=2)), WON, *drafts))


def test_a_cut_moves_every_request_behind_it_in_order_and_with_its_origin(store: Store) -> None:
    store.commit([Write(cut_to=2)])
    rows = store.quarantine(b"", 100)
    assert [row.draft.id for row in rows] == [("d", 2), ("d", 3), ("e", 1), ("d", 4)]
    assert rows[0].draft == message(2, origin=Origin(LOST, 4))
    assert [record.index for record in store.all_records()] == [1, 2]
    assert store.is_quarantined("d")
    assert not store.is_quarantined("f")


def test_what_was_refused_is_not_kept_and_a_device_keeps_its_person(store: Store) -> None:
    store.commit([Write(cut_to=2, refused=frozenset({("d", 3)}), persons={"e": "anna"})])
    assert waiting(store) == [("d", 2), ("e", 1), ("d", 4)]
    assert [row.draft.origin.person for row in store.quarantine(b"", 100) if row.draft.origin] == [
        "",
        "anna",
        "",
    ]


def test_what_is_released_leaves_the_quarantine_and_nothing_else_does(store: Store) -> None:
    store.commit([Write(cut_to=2)])
    store.commit([Write(records=winner(store, message(3), message(9)))])
    assert len(waiting(store)) == 4
    store.commit([Write(released=(("d", 3), ("d", 9)))])
    assert waiting(store) == [("d", 2), ("e", 1), ("d", 4)]


def test_a_request_that_stands_twice_is_found_where_the_merge_has_put_it(store: Store) -> None:
    # The winner had archived it as void; the cut that takes the second one away leaves the first.
    store.commit([Write(cut_to=2)])
    draft = store.quarantine(b"", 1)[0].draft
    store.commit([Write(records=winner(store, message(2), draft))])
    assert store.index_of_id("d", 2) == 5
    store.commit([Write(cut_to=4)])
    assert store.index_of_id("d", 2) == 4


def test_a_second_cut_keeps_the_first_place_and_the_first_order(store: Store) -> None:
    store.commit([Write(cut_to=2)])
    rows = store.quarantine(b"", 100)
    # The last two come back first, and are cut again.
    back = rows[2].draft, rows[3].draft
    store.commit([Write(records=winner(store, *back), released=tuple(draft.id for draft in back))])
    assert waiting(store) == [("d", 2), ("d", 3)]
    store.commit([Write(cut_to=2)])
    assert store.quarantine(b"", 100) == rows


def test_pages_go_on_behind_a_key(store: Store) -> None:
    store.commit([Write(cut_to=2)])
    first = store.quarantine(b"", 3)
    assert [row.draft.id for row in store.quarantine(first[-1].key, 3)] == [("d", 4)]


def test_the_quarantine_is_empty_when_all_is_in_the_log_again(store: Store) -> None:
    store.commit([Write(cut_to=2)])
    drafts = [row.draft for row in store.quarantine(b"", 100)]
    store.commit([Write(records=winner(store, *drafts), released=tuple(draft.id for draft in drafts))])
    assert waiting(store) == []
    assert not store.is_quarantined("d")


# --- what needs what


@pytest.mark.parametrize("kind", ["room", "group", "friend"])
@pytest.mark.parametrize("step", [1, 2, 100])
def test_a_device_and_a_room_that_were_asked_for_here_come_before_all_that_may_need_them(
    disk: Disk, step: int, kind: str
) -> None:
    store = Store(disk)
    shared = behind([], EPOCH, message(1))
    earlier = Epoch(1, "z", "n")
    needed = Draft("device", "e", 0, 7, b"a person"), Draft(kind, "f", 7, 7, b"a room")
    lost = behind(
        shared,
        LOST,
        needed[0],
        message(2),
        # What its device had asked before the room comes before it too.
        message(6, "f"),
        needed[1],
        message(1, "e", Origin(earlier, 8)),
        message(2, "e", Origin(earlier, 9)),
        message(8, "f"),
    )
    store.commit([Write(records=tuple(shared + lost))])
    with mock.patch("server.archive.store.CUT_RECORDS_MAX", step):
        store.commit([Write(cut_to=2)])
    assert waiting(store) == [("e", 0), ("f", 6), ("f", 7), ("e", 1), ("e", 2), ("d", 2), ("f", 8)]


def test_what_comes_early_stays_in_order_where_both_servers_wrote_at_the_same_place(disk: Disk) -> None:
    # Found by the simulator (seed 93504107).
    store, shared = Store(disk), behind([], EPOCH, message(1))
    made, moved = Draft("group", "f", 7, 7, b"a room"), message(1, "e", Origin(WON, 4))
    store.commit([Write(records=tuple(shared + behind(shared, LOST, message(6, "f"), made, moved)))])
    store.commit([Write(cut_to=2)])
    assert waiting(store) == [("f", 6), ("f", 7), ("e", 1)]


def test_a_device_comes_before_what_waits_already(store: Store) -> None:
    store.commit([Write(cut_to=2)])
    store.commit([Write(records=winner(store, Draft("device", "d", 0, 7, b"a person")))])
    store.commit([Write(cut_to=2)])
    assert waiting(store) == [("d", 0), ("d", 2), ("d", 3), ("e", 1), ("d", 4)]


# --- two records of one id


def reused(counter: int) -> Draft:
    return Draft("message", "d", counter, 8, b"another text")


@pytest.mark.parametrize("step", [1, 2, 100])
def test_of_two_records_of_one_id_the_accepted_one_is_kept(disk: Disk, step: int) -> None:
    store = Store(disk)
    shared = behind([], EPOCH, message(1))
    lost = behind(shared, LOST, message(2), message(3), reused(2))
    store.commit([Write(records=tuple(shared + lost))])
    assert store.index_of_id("d", 2) == 4
    with mock.patch("server.archive.store.CUT_RECORDS_MAX", step):
        store.commit([Write(cut_to=2)])
    assert [row.draft for row in store.quarantine(b"", 9)] == [
        message(2, origin=Origin(LOST, 4)),
        message(3, origin=Origin(LOST, 5)),
    ]


def test_a_cut_between_two_records_of_one_id_leaves_the_accepted_one_where_it_is_found(store: Store) -> None:
    again = behind(list(store.all_records()), Epoch(3, "a", "n"), reused(2))
    store.commit([Write(records=tuple(again))])
    store.commit([Write(cut_to=again[0].index)])
    assert (store.index_of_id("d", 2), waiting(store)) == (4, [])


# --- a long cut


def test_a_long_cut_in_steps_is_the_same_as_one_at_once(disk: Disk) -> None:
    shared = behind([], EPOCH, message(1))
    lost = behind(shared, LOST, *(message(n, "de"[n % 2]) for n in range(2, 20)))
    whole = Store(SimulatedDisk())
    store = Store(disk)
    for one, step in ((whole, 1_000), (store, 3)):
        one.commit([Write(records=tuple(shared + lost), derived_index=10)])
        with mock.patch("server.archive.store.CUT_RECORDS_MAX", step):
            refused = frozenset({("d", 4), ("e", 17)})
            one.commit([Write(cut_to=2, refused=refused, persons={"e": "anna"})])
    assert store.quarantine(b"", 100) == whole.quarantine(b"", 100)
    assert [record.hash for record in store.all_records()] == [record.hash for record in shared]
    assert store.derived_index() == 2


@pytest.mark.parametrize("kept", range(8))
def test_who_dies_in_a_long_cut_has_every_request_in_the_log_or_in_quarantine(kept: int) -> None:
    disk = SimulatedDisk()
    store = Store(disk)
    shared = behind([], EPOCH, message(1))
    lost = behind(shared, LOST, *(message(n) for n in range(2, 20)))
    store.commit([Write(records=tuple(shared + lost))])
    disk.sync()
    with mock.patch("server.archive.store.CUT_RECORDS_MAX", 3):
        store.commit([Write(cut_to=2)])
        assert disk.unsynced == 7
        disk.crash(min(kept, disk.unsynced))
        reader = StoreReader(disk.durable)
        in_log = [record.id for record in reader.all_records() if not record.is_epoch]
        held = [row.draft.id for row in reader.quarantine(b"", 100)]
        assert in_log + held == [("d", n) for n in range(1, 20)]
        # And goes on from there.
        Store(disk).commit([Write(cut_to=2)])
    disk.sync()
    assert [row.draft.origin for row in reader.quarantine(b"", 100)] == [
        Origin(LOST, index) for index in range(4, 22)
    ]
