"""Rooms that were deleted: nobody is in them, the name is free, and what a merge brings is not lost."""

import pytest

from server.archive.record import Draft
from server.state.bodies import (
    AddBody,
    AdministerBody,
    DeleteRoomBody,
    FileBody,
    GroupBody,
    LeaveBody,
    MessageBody,
    PersonMarks,
    RemoveBody,
    RenameBody,
    TopicBody,
)
from server.state.permissions import is_readable, readable_rooms, seen_rooms
from server.state.state import GENERAL, restore
from server.state.told import ADMINISTRATORS, EVERYBODY
from tests.state.archive_of import (
    EPOCH,
    Archive,
    act,
    delete,
    device,
    edit,
    epoch,
    marks,
    member,
    merged,
    message,
    react,
    room,
)


def delete_room(counter: int, room_id: str, *, name: str = "d") -> Draft:
    return act("delete_room", counter, DeleteRoomBody(room_id), name=name)


@pytest.fixture
def archive() -> Archive:
    """Anna (d) administers the garden, with Ben (e) and a file of his, and a group with him; Carl (f)."""
    return Archive(
        *(epoch(), device("d", "Anna"), device("e", "Ben"), device("f", "Carl")),
        *(room(1, "garden", room_id="g"), act("topic", 2, TopicBody("g", "weeds")), member(1, "g", name="e")),
        act("group", 3, GroupBody("c", "Choir", ("user-e",))),
        act("message", 2, MessageBody("g", "", FileBody("a" * 64, 5, "plan.txt")), name="e"),
    )


def test_nobody_is_in_a_deleted_room_and_everybody_hears_of_a_public_one(archive: Archive) -> None:
    told = archive.add(delete_room(9, "g")).told
    assert told is not None
    assert told.audiences == (EVERYBODY, ADMINISTRATORS)
    assert set(told.left) == {("g", "user-d"), ("g", "user-e")}
    state = archive.state
    deleted = state.rooms["g"]
    assert (deleted.members, deleted.administrators, deleted.topic) == ((), (), "")
    for user in ("user-d", "user-e"):
        assert not is_readable(state, "g", user)
        assert readable_rooms(state, user) == [GENERAL, "c"]
    assert "g" not in {one.id for one in seen_rooms(state, "user-d")}
    # What was written stays, and so does the file that it carries.
    assert state.number == 1
    assert state.files.is_carried("a" * 64)


def test_only_its_people_hear_of_a_group_and_nobody_is_told_that_it_was_there(archive: Archive) -> None:
    told = archive.add(delete_room(9, "c")).told
    assert told is not None
    assert set(told.audiences) == {"user-d", "user-e"}
    for name in "def":
        assert archive.verdict(message(10, name=name, room="c")) == "unknown_room"
        assert archive.verdict(delete_room(11, "c", name=name)) == "unknown_room"


def test_whatever_is_asked_of_a_deleted_room_is_refused(archive: Archive) -> None:
    archive.add(delete_room(9, "g"))
    for place, draft in enumerate(
        (
            message(20, room="g"),
            edit(21, ("e", 2), "text"),
            react(22, ("e", 2), "🎄"),
            delete(23, ("e", 2)),
            member(24, "g"),
            act("leave", 25, LeaveBody("g")),
            act("rename", 26, RenameBody("g", "attic")),
            act("topic", 27, TopicBody("g", "roses")),
            act("add", 28, AddBody("g", "user-f")),
            act("remove", 29, RemoveBody("g", "user-e")),
            act("administer", 30, AdministerBody("g", "user-e", is_administrator=True)),
            delete_room(31, "g"),
        )
    ):
        assert archive.verdict(draft) == "deleted_room", place


def test_the_name_is_free_and_makes_another_room(archive: Archive) -> None:
    archive.add(delete_room(9, "g"))
    assert "garden" not in archive.state.room_by_name
    assert archive.verdict(room(5, "garden", name="f", room_id="g")) == "room_name_taken", "the id is not"
    assert archive.verdict(room(6, "garden", name="f", room_id="h")) == "accepted"
    assert archive.state.room_by_name["garden"] == "h"
    assert archive.state.rooms["h"].members == ("user-f",)
    assert archive.verdict(room(7, "garden", name="e", room_id="i")) == "room_name_taken"
    again = restore(archive.state.snapshot())
    assert again.digest() == archive.state.digest()
    assert (again.room_by_name, again.rooms_made) == (archive.state.room_by_name, archive.state.rooms_made)
    # It counts as made: what was written in it is kept.
    assert again.rooms_made["user-d"] == 2


def test_marks_of_it_end(archive: Archive) -> None:
    trail = ((EPOCH, archive.state.index),)
    read = PersonMarks("user-d", 0, archive.state.index, (("g", archive.state.index),))
    archive.add(marks(1, read, trail=trail))
    assert archive.state.marks.of_member("g", "user-d").read
    archive.add(delete_room(9, "g"))
    archive.add(marks(2, read, trail=trail))
    assert "g" not in {mark.room for mark in archive.state.marks.all_of_rooms()}
    assert "g" not in archive.state.marks.last_message


def test_a_merge_brings_what_was_written_in_it_and_no_right_back(archive: Archive) -> None:
    archive.add(delete_room(9, "g"))
    for draft in (
        message(20, name="e", room="g"),
        edit(21, ("e", 20), "better", name="e"),
        react(22, ("e", 20), "🎄", name="e"),
        delete(23, ("e", 2), name="e", sha256="a" * 64),
        act("leave", 24, LeaveBody("g"), name="e"),
        # Deleted on both sides of the cut: the wish is fulfilled.
        delete_room(25, "g"),
    ):
        assert archive.verdict(merged(draft)) == "accepted", draft
    for draft in (
        member(26, "g", name="f"),
        act("rename", 27, RenameBody("g", "attic")),
        act("administer", 28, AdministerBody("g", "user-e", is_administrator=True)),
    ):
        told = archive.add(merged(draft)).told
        assert told is not None, draft
        assert archive.state.voids[draft.id].code == "deleted_room"
    state = archive.state
    assert state.number == 2
    assert (state.rooms["g"].members, state.rooms["g"].is_deleted) == ((), True)
    assert state.users["user-e"].rooms == (GENERAL, "c")
    assert not state.files.is_carried("a" * 64)


def test_a_merge_deletes_for_those_only_who_still_may(archive: Archive) -> None:
    """Anna deleted both on the other side of the cut; here Ben administers the group alone by now."""
    for draft in (
        act("administer", 9, AdministerBody("c", "user-e", is_administrator=True)),
        act("administer", 9, AdministerBody("c", "user-d", is_administrator=False), name="e"),
    ):
        assert archive.verdict(draft) == "accepted"
    assert archive.verdict(merged(delete_room(20, "c"))) == "not_an_administrator"
    assert archive.verdict(merged(delete_room(21, "g"))) == "accepted"
    # She made another room of that name there: what came before has freed it again.
    assert archive.verdict(merged(room(22, "garden", room_id="h"))) == "accepted"
    assert archive.state.rooms["h"].name == "garden"
    assert archive.state.rooms["c"].members == ("user-d", "user-e")
