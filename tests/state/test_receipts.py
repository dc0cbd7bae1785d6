"""Receipts: marks only grow, and only as far as this log is the one in which they were made."""

import pytest

from server.archive.record import Draft, Epoch, Origin, epoch_draft, make_records
from server.state.bodies import PersonMarks
from server.state.fold import fold
from server.state.marks import RoomMark
from server.state.state import State, restore
from tests.state.archive_of import EPOCH, Archive, device, epoch, marks, member, message, room

HERE = EPOCH
ELSEWHERE = Epoch(2, "b", "n")
ANNA, BEN = "user-d", "user-e"


@pytest.fixture
def archive() -> Archive:
    """Index 2 and 3: Anna and Ben come; 4: her garden; 5 to 9: she writes to everybody."""
    return Archive(
        epoch(),
        device("d", "Anna"),
        device("e", "Ben"),
        room(1, "garden", room_id="g"),
        *(message(counter) for counter in range(2, 7)),
    )


def raised(archive: Archive, draft: Draft) -> tuple[str, ...]:
    outcome = archive.add(draft)
    assert outcome.refusal is None
    assert outcome.told is None, "marks are in no timeline"
    assert outcome.marked is not None
    return outcome.marked.users


def ben_has(index: int, since: int = 3, read: int = 0) -> PersonMarks:
    return PersonMarks(BEN, since, index, (("general", read),) if read else ())


def test_marks_grow_and_never_fall(archive: Archive) -> None:
    trail = ((HERE, 9),)
    assert raised(archive, marks(1, ben_has(7, read=6), trail=trail)) == (BEN,)
    assert raised(archive, marks(2, ben_has(6, read=5), trail=trail)) == ()
    assert raised(archive, marks(3, ben_has(7, read=7), trail=trail)) == (BEN,)
    assert archive.state.marks.delivered[BEN] == 7
    assert archive.state.marks.of_member("general", BEN) == RoomMark("general", BEN, 3, 7)


def test_nothing_is_read_that_was_not_delivered(archive: Archive) -> None:
    raised(archive, marks(1, ben_has(6, read=9), trail=((HERE, 9),)))
    assert archive.state.marks.of_member("general", BEN).read == 6


def test_a_device_with_a_gap_before_it_proves_nothing(archive: Archive) -> None:
    trail = ((HERE, 9),)
    assert raised(archive, marks(1, ben_has(9, since=8), trail=trail)) == ()
    assert raised(archive, marks(2, ben_has(8), ben_has(9, since=8), trail=trail)) == (BEN, BEN)
    assert archive.state.marks.delivered[BEN] == 9


def test_only_members_read(archive: Archive) -> None:
    mark = PersonMarks(BEN, 3, 9, (("g", 9), ("nowhere", 9)))
    raised(archive, marks(1, mark, PersonMarks("nobody", 0, 9), trail=((HERE, 9),)))
    assert archive.state.marks.of_member("g", BEN) == RoomMark("g", BEN)
    assert "nobody" not in archive.state.marks.delivered


def test_a_member_is_one_since_it_joined(archive: Archive) -> None:
    archive.add(member(1, "g", name="e"))
    assert archive.state.marks.of_member("g", BEN).joined == 10
    assert archive.state.marks.of_member("g", ANNA).joined == 4
    assert archive.state.marks.delivered == {ANNA: 2, BEN: 3}, "nothing before was to be delivered"


def test_the_last_message_of_a_room_is_known(archive: Archive) -> None:
    archive.add(message(7, room="g"))
    assert archive.state.marks.last_message == {"general": 9, "g": 10}


@pytest.mark.parametrize(
    ("trail", "counts_to"),
    [
        pytest.param(((HERE, 9),), 8, id="made here"),
        pytest.param(((HERE, 5),), 5, id="made when the log was shorter"),
        pytest.param(((HERE, 6), (ELSEWHERE, 8)), 6, id="made in another log that left this one at 6"),
        pytest.param(((ELSEWHERE, 8),), 3, id="made in a log of which nothing is known"),
        pytest.param((), 3, id="made nowhere"),
    ],
)
def test_marks_count_as_far_as_the_log_is_the_same(
    archive: Archive, trail: tuple[tuple[Epoch, int], ...], counts_to: int
) -> None:
    raised(archive, marks(1, ben_has(8, read=8), trail=trail))
    assert archive.state.marks.delivered[BEN] == counts_to


def test_a_merge_claims_nothing_that_only_the_other_side_had() -> None:
    """Both sides go on from index 4. What Ben marked there stays at the fork, in the order of a merge."""
    state = State()
    theirs, mine = Epoch(2, "a", "x"), Epoch(3, "b", "y")
    shared = [epoch(), device("d", "Anna"), device("e", "Ben"), message(1)]
    leaders = [epoch_draft(theirs, ("a",), 0), message(2), message(3)]
    moved = marks(1, ben_has(6, read=6), trail=((HERE, 4), (mine, 6)))
    last_hash = state.hash
    for drafts, at in ((shared, HERE), (leaders, theirs)):
        for record in make_records(drafts, at, state.index, last_hash):
            fold(state, record)
            last_hash = record.hash
    again = Draft("marks", "server", 1, 0, moved.body, Origin(mine, 6))
    (record,) = make_records([again], theirs, state.index, last_hash)
    fold(state, record)
    assert state.marks.delivered[BEN] == 4
    assert state.marks.of_member("general", BEN).read == 4


def test_marks_are_in_the_snapshot(archive: Archive) -> None:
    raised(archive, marks(1, ben_has(7, read=6), trail=((HERE, 9),)))
    found = restore(archive.state.snapshot())
    assert found.marks.delivered == archive.state.marks.delivered
    assert found.marks.all_of_rooms() == archive.state.marks.all_of_rooms()
    assert found.digest() == archive.state.digest()
