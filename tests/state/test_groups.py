"""Groups, and who is in a room and administers it; also on both sides of a cut."""

import pytest

from server.archive.record import Draft
from server.state.bodies import (
    AddBody,
    AdministerBody,
    FriendBody,
    GroupBody,
    LeaveBody,
    MessageBody,
    RemoveBody,
    RenameBody,
    TopicBody,
)
from server.state.state import RoomKind, restore
from tests.state.acts import founder, standing
from tests.state.archive_of import Archive, act, device, epoch, merged, revoke, room


def group(counter: int, *users: str, name: str = "a", called: str = "Choir") -> Draft:
    return act("group", counter, GroupBody(f"g{counter}", called, users), name=name)


@pytest.fixture
def archive() -> Archive:
    """Anna made the choir with Ben; Cleo is not in it."""
    people = (device("a", "Anna"), device("b", "Ben"), device("c", "Cleo"))
    return Archive(epoch(), *people, group(1, "user-b"))


def administer(counter: int, person: str, is_administrator: bool, *, by: str) -> Draft:
    return act("administer", counter, AdministerBody("g1", f"user-{person}", is_administrator), name=by)


def leave(counter: int, name: str) -> Draft:
    return act("leave", counter, LeaveBody("g1"), name=name)


def test_r3_6_its_maker_administers_it_and_all_are_told(archive: Archive) -> None:
    told = archive.add(group(2, "user-c", "user-b")).told
    assert told is not None
    assert told.audience == "g2"
    assert told.joined == (("g2", "user-a"), ("g2", "user-c"), ("g2", "user-b"))
    choir = archive.state.rooms["g2"]
    assert (choir.kind, choir.name, choir.administrators) == (RoomKind.GROUP, "Choir", ("user-a",))


def test_names_of_groups_are_free_but_clean(archive: Archive) -> None:
    assert archive.verdict(group(2, called="Choir")) == "accepted"
    assert archive.verdict(group(3, called="Coro di Natale 🎄")) == "accepted"
    for number, name in enumerate(("", " Choir", "a\nb", "x" * 33, "\u202echoir"), start=4):
        assert archive.verdict(group(number, called=name)) == "bad_room_name", name


def test_a_group_that_was_called_like_a_public_room_leaves_it_the_name(archive: Archive) -> None:
    archive.add(room(2, "garden", name="a", room_id="r"))
    archive.add(group(3, called="garden"))
    assert archive.verdict(act("rename", 4, RenameBody("g3", "attic"), name="a")) == "accepted"
    assert archive.state.room_by_name["garden"] == "r"
    assert archive.state.room_by_name == restore(archive.state.snapshot()).room_by_name
    assert archive.verdict(room(5, "garden", name="a", room_id="r2")) == "room_name_taken"
    assert archive.verdict(room(6, "attic", name="a", room_id="r3")) == "accepted"


def test_who_is_not_there_or_named_twice_cannot_be_taken_in(archive: Archive) -> None:
    assert archive.verdict(group(2, "nobody")) == "unknown_person"
    assert archive.verdict(group(3, "user-b", "user-b")) == "bad_request"
    assert archive.verdict(group(4, "user-a")) == "bad_request"
    assert archive.verdict(act("add", 5, AddBody("g1", "nobody"), name="a")) == "unknown_person"
    assert archive.verdict(act("add", 6, AddBody("g1", "user-b"), name="a")) == "already_a_member"


def test_who_blocked_somebody_is_not_taken_in_by_that_one(archive: Archive) -> None:
    archive.add(act("friend", 1, FriendBody("user-a", "block"), name="c"))
    assert archive.verdict(group(2, "user-c")) == "blocked"
    assert archive.verdict(act("add", 3, AddBody("g1", "user-c"), name="a")) == "blocked"


def test_a_new_member_is_told_with_the_others(archive: Archive) -> None:
    told = archive.add(act("add", 2, AddBody("g1", "user-c"), name="a")).told
    assert told is not None
    assert (told.audience, told.joined) == ("g1", (("g1", "user-c"),))


def test_who_is_put_out_is_told_too_and_writes_no_more(archive: Archive) -> None:
    told = archive.add(act("remove", 2, RemoveBody("g1", "user-b"), name="a")).told
    assert told is not None
    assert (set(told.audiences), told.left) == ({"g1", "user-b"}, (("g1", "user-b"),))
    assert archive.verdict(act("message", 1, MessageBody("g1", "hello?"), name="b")) == "unknown_room"
    assert archive.verdict(act("remove", 3, RemoveBody("g1", "user-a"), name="a")) == "not_yourself"
    assert archive.verdict(act("remove", 4, RemoveBody("g1", "user-b"), name="a")) == "unknown_person"


def test_it_can_be_handed_over(archive: Archive) -> None:
    assert archive.verdict(administer(2, "a", False, by="a")) == "last_administrator"
    assert archive.verdict(administer(3, "c", True, by="a")) == "unknown_person"
    assert archive.verdict(administer(4, "b", True, by="a")) == "accepted"
    assert archive.verdict(administer(5, "a", False, by="a")) == "accepted"
    assert archive.state.rooms["g1"].administrators == ("user-b",)
    assert archive.verdict(act("add", 6, AddBody("g1", "user-c"), name="a")) == "not_an_administrator"


def test_when_the_last_administrator_leaves_the_oldest_member_follows(archive: Archive) -> None:
    archive.add(act("add", 2, AddBody("g1", "user-c"), name="a"))
    assert archive.verdict(leave(3, "a")) == "accepted"
    assert archive.state.rooms["g1"].administrators == ("user-b",)
    assert "g1" not in archive.state.users["user-a"].rooms


def test_the_last_one_out_closes_it(archive: Archive) -> None:
    for name in "ab":
        assert archive.verdict(leave(7, name)) == "accepted"
    assert archive.state.rooms["g1"].members == ()
    for name in "abc":
        assert archive.verdict(leave(8, name)) == "unknown_room"
    # What was written in it before a cut ended is kept all the same.
    assert archive.verdict(merged(act("message", 9, MessageBody("g1", "late"), name="b"))) == "accepted"


def test_it_gets_another_name_and_a_topic(archive: Archive) -> None:
    assert archive.verdict(act("rename", 2, RenameBody("g1", "The Choir"), name="a")) == "accepted"
    assert archive.verdict(act("rename", 3, RenameBody("g1", " "), name="a")) == "bad_room_name"
    assert archive.verdict(act("topic", 4, TopicBody("g1", "Tuesdays at eight"), name="a")) == "accepted"
    assert archive.verdict(act("topic", 5, TopicBody("g1", "x" * 201), name="a")) == "bad_topic"
    assert archive.verdict(act("topic", 6, TopicBody("g1", "two\nlines"), name="a")) == "bad_topic"
    found = archive.state.rooms["g1"]
    assert (found.name, found.topic) == ("The Choir", "Tuesdays at eight")


def test_a_public_room_that_was_renamed_gives_its_old_name_free(archive: Archive) -> None:
    archive.add(room(2, "garden", name="a", room_id="r"))
    assert archive.verdict(act("rename", 3, RenameBody("r", "general"), name="a")) == "room_name_taken"
    assert archive.verdict(act("rename", 4, RenameBody("r", "Garden"), name="a")) == "bad_room_name"
    assert archive.verdict(act("rename", 5, RenameBody("r", "orchard"), name="a")) == "accepted"
    assert archive.verdict(room(6, "garden", name="b")) == "accepted"
    assert archive.verdict(room(7, "orchard", name="b")) == "room_name_taken"


def test_a_merge_fulfils_a_wish_once(archive: Archive) -> None:
    archive.add(act("add", 2, AddBody("g1", "user-c"), name="a"))
    assert archive.verdict(merged(act("add", 3, AddBody("g1", "user-c"), name="a"))) == "accepted"
    archive.add(leave(1, "b"))
    assert archive.verdict(merged(leave(2, "b"))) == "accepted"
    assert archive.verdict(merged(act("remove", 4, RemoveBody("g1", "user-b"), name="a"))) == "accepted"
    assert archive.state.rooms["g1"].members == ("user-a", "user-c")


def test_a_right_that_was_taken_away_does_not_come_back_by_a_merge(archive: Archive) -> None:
    archive.add(administer(2, "b", True, by="a"))
    archive.add(administer(1, "a", False, by="b"))
    late = act("remove", 3, RemoveBody("g1", "user-b"), name="a")
    assert archive.verdict(merged(late)) == "not_an_administrator"


def test_a_signed_out_device_gives_no_right_by_a_merge(archive: Archive) -> None:
    archive.add(revoke(2, "a", name="a"))
    assert archive.verdict(merged(act("add", 3, AddBody("g1", "user-c"), name="a"))) == "device_revoked"
    assert archive.verdict(merged(administer(4, "b", True, by="a"))) == "device_revoked"
    assert archive.verdict(merged(act("remove", 5, RemoveBody("g1", "user-b"), name="a"))) == "accepted"


def test_a_group_of_somebody_who_was_sent_away_is_administered_by_another_one() -> None:
    people = (founder("d", "Anna"), device("b", "Ben"), device("c", "Cleo"))
    archive = Archive(epoch(), *people, standing(1, "user-b", "banned"))
    assert archive.verdict(merged(group(1, "user-c", name="b"))) == "accepted"
    assert archive.state.rooms["g1"].administrators == ("user-c",)


def test_a_snapshot_holds_it_all(archive: Archive) -> None:
    archive.add(act("topic", 2, TopicBody("g1", "songs"), name="a"))
    archive.add(leave(1, "b"))
    again = restore(archive.state.snapshot())
    assert again.rooms == archive.state.rooms
    assert again.digest() == archive.state.digest()
