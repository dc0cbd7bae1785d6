"""The state as bytes: what goes into a snapshot comes out of it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.archive.erasing import erased, target_of
from server.archive.record import Draft, PackedRecord, Record
from server.state.bodies import FriendBody, GroupBody
from server.state.changes import is_to_erase
from server.state.fold import decode_body, fold
from server.state.rebuild import rebuild, state_in
from server.state.state import RoomKind, State, restore
from tests.state.any_steps import ANY_STEP
from tests.state.archive_of import Archive, act, as_older_version_wrote, device, epoch, member, message, room

STEPS = st.lists(ANY_STEP, max_size=60)
# Something of each kind of room, so that most requests meet what they are about.
BEGIN = (
    epoch(),
    *(device(name, person) for name, person in [("d", "Anna"), ("e", "Eve"), ("f", "Fred")]),
    room(101, "garden", room_id="r1"),
    member(101, "r1", name="e"),
    act("group", 102, GroupBody("g1", "garden", ("user-e",))),
    act("friend", 103, FriendBody("user-e", "ask")),
    act("friend", 103, FriendBody("user-d", "accept"), name="e"),
    *(message(counter, room=where) for counter, where in enumerate(("general", "r1", "g1"), start=13)),
)


def archive_of(drafts: list[Draft]) -> Archive:
    archive = Archive(*BEGIN)
    for draft in drafts:
        archive.add(draft)
    return archive


@given(STEPS)
def test_a_snapshot_is_the_state(drafts: list[Draft]) -> None:
    state = archive_of(drafts).state
    again = restore(state.snapshot())
    assert again.snapshot() == state.snapshot()
    assert again.digest() == state.digest()
    assert (again.index, again.number, again.hash) == (state.index, state.number, state.hash)
    assert again.room_by_name == state.room_by_name
    assert again.user_by_name == state.user_by_name
    assert again.voids == state.voids
    # Each of the two says who is where, and is asked alone.
    members = {(room.id, user) for room in state.rooms.values() for user in room.members}
    assert members == {(room, user.id) for user in state.users.values() for room in user.rooms}


@given(STEPS, st.data())
def test_snapshot_and_tail_give_the_state_of_any_index(drafts: list[Draft], data: st.DataObject) -> None:
    archive = archive_of(drafts)
    last = len(archive.records)
    places = sorted(data.draw(st.sets(st.integers(0, last), max_size=3)), reverse=True)
    index = data.draw(st.integers(0, last))

    def records(first: int, until: int) -> list[Record]:
        return archive.records[first - 1 : until]

    snapshots = [(place, rebuild([], records, place).snapshot()) for place in places]
    assert rebuild(snapshots, records, index).digest() == rebuild([], records, index).digest()
    assert rebuild(snapshots, records, last).digest() == archive.state.digest()


@given(STEPS)
def test_a_restored_state_goes_on_as_the_old_one(drafts: list[Draft]) -> None:
    archive = archive_of(drafts[: len(drafts) // 2])
    again = Archive()
    again.records, again.state = list(archive.records), restore(archive.state.snapshot())
    for draft in drafts[len(drafts) // 2 :]:
        assert archive.add(draft) == again.add(draft)
    assert archive.state.digest() == again.state.digest()


@given(STEPS)
def test_what_is_erased_by_now_means_what_it_meant(drafts: list[Draft]) -> None:
    archive = archive_of(drafts)
    again = State()
    for record in archive.records:
        fold(again, as_erased(record, archive.state))
    assert again.digest() == archive.state.digest()


def as_erased(record: Record, state: State) -> Record:
    """The record as it is on the disk when all that was deleted is erased."""
    kind = record.header.kind
    target = record.id if kind == "message" else target_of(kind, record.body)
    body = decode_body(kind, record.body)
    is_gone = target is not None and (state.is_deleted(*target) or is_to_erase(state, record))
    # What nobody may write is refused before it gets here, and never erased.
    if not is_gone or getattr(body, "text", "-") == "":
        return record
    return Record(PackedRecord(record.packed.header, erased(kind, record.body)), record.header)


def test_other_states_have_other_digests() -> None:
    digests = {archive_of([message(n) for n in range(1, count)]).state.digest() for count in range(1, 5)}
    assert len(digests) == 4
    assert State().digest() == State().digest()


def test_what_an_older_version_kept_is_folded_anew() -> None:
    archive = archive_of([])
    older = as_older_version_wrote(archive.state.snapshot())
    assert restore(older).rooms["general"].kind is RoomKind.PUBLIC
    assert state_in(older) is None
    assert state_in(archive.state.snapshot()) is not None
    last = len(archive.records)
    for snapshots in ([(last, older)], [(last, b"\xc1")], [(last, older), (5, b"")]):
        again = rebuild(snapshots, lambda first, until: archive.records[first - 1 : until], last)
        assert again.digest() == archive.state.digest()


def test_bytes_that_are_no_snapshot_are_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        restore(b"\xc1")


def test_who_administers_is_found_while_the_engine_puts_somebody() -> None:
    state = Archive(*BEGIN).state

    class Arriving:
        id = "user-x"

        @property
        def is_admin(self) -> bool:
            state.users["user-y"] = state.users["user-d"]
            return True

    arriving: Any = Arriving()
    state.users["user-x"] = arriving
    assert state.administrators() == [arriving]
