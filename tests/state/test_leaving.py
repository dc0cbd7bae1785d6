"""Leaving the chat for good: what goes with a person, what stays, and what a merge makes of it."""

import pytest

from server.archive.record import Draft
from server.state.bodies import (
    AddBody,
    FriendBody,
    GroupBody,
    MemberBody,
    MessageBody,
    RoomBody,
    UnregisterBody,
    Way,
)
from server.state.friendships import private_room
from server.state.state import GENERAL, OPERATOR, restore
from server.state.users import proof_of
from tests.state.acts import HASH, founder, invite, merged, operator, person, reset, settings, standing
from tests.state.archive_of import Archive, act, device, epoch, message, password, revoke

CODE = b"c" * 32
CHAT = private_room("user-d", "user-e")


def unregister(counter: int, *, name: str = "e", shown: str = HASH) -> Draft:
    return act("unregister", counter, UnregisterBody(proof_of(shown)), name=name)


def friend(counter: int, what: str, other: str, *, name: str = "e") -> Draft:
    return act("friend", counter, FriendBody(f"user-{other}", what), name=name)


def group(counter: int, room: str, *people: str, name: str = "e") -> Draft:
    users = tuple(f"user-{one}" for one in people)
    return act("group", counter, GroupBody(room, "Choir", users), name=name)


@pytest.fixture
def archive() -> Archive:
    """Anna (d) administers the chat; Ben (e), her friend, has a room, a group and an invite; Carl (f)."""
    return Archive(
        *(epoch(), founder(), person("e", "Ben"), person("f", "Carl")),
        *(friend(1, "ask", "d"), friend(1, "accept", "e", name="d"), friend(2, "ask", "f")),
        *(settings(2, members_invite=True), invite(3, CODE, name="e")),
        *(act("room", 4, RoomBody("garden", "garden"), name="e"), group(5, "g", "d", "f")),
        *(
            act("member", 1, MemberBody("garden"), name="f"),
            act("friend", 2, FriendBody("user-e", "block"), name="f"),
        ),
        *(message(6, "hello", name="e"), act("message", 7, MessageBody(CHAT, "psst"), name="e")),
    )


def test_r3_1_whoever_leaves_is_in_no_room_and_has_no_right_left(archive: Archive) -> None:
    told = archive.add(unregister(9)).told
    assert told is not None
    assert (told.audience, told.signs_out) == (GENERAL, True)
    assert set(told.left) == {(GENERAL, "user-e"), ("garden", "user-e"), ("g", "user-e")}
    state = archive.state
    ben = state.users["user-e"]
    assert (ben.name, ben.has_left, ben.password, ben.devices) == ("Ben", True, "", 0)
    assert ben.rooms == (CHAT,)
    for room in (GENERAL, "garden", "g"):
        assert "user-e" not in state.rooms[room].members
    # What he made is handed over to whoever has been there longest.
    assert state.rooms["g"].administrators == ("user-d",)
    assert state.rooms["garden"].administrators == ("user-f",)
    assert (len(state.friendships), len(state.blocks)) == (0, 0)
    assert state.invites[CODE].is_taken_back
    assert state.number == 2
    for draft in (message(10, name="e"), revoke(11, "e", name="e"), unregister(12)):
        assert archive.verdict(draft) == "unregistered"


def test_the_name_is_given_to_nobody_again(archive: Archive) -> None:
    assert archive.verdict(reset(3, "user-e", CODE)) == "accepted"
    assert archive.verdict(unregister(9)) == "accepted"
    for place, draft in enumerate(
        (
            device("g", "Ben"),
            person("h", "ben"),
            person("i", "Ben", password="", proof=proof_of(HASH)),
            person("j", "Ben", way=Way.RESET, code=CODE),
        )
    ):
        assert archive.verdict(draft) == "name_taken", place
    assert archive.state.user_by_name["ben"] == "user-e"


def test_a_private_chat_stays_to_be_read_and_nobody_takes_in_who_left(archive: Archive) -> None:
    assert archive.verdict(unregister(9)) == "accepted"
    state = archive.state
    assert state.rooms[CHAT].members == ("user-d", "user-e")
    assert CHAT in state.users["user-d"].rooms
    for draft in (
        act("message", 20, MessageBody(CHAT, "are you there?")),
        friend(21, "ask", "e", name="d"),
        friend(22, "block", "e", name="d"),
        act("add", 23, AddBody("g", "user-e")),
        group(24, "g2", "e", name="d"),
    ):
        assert archive.verdict(draft) == "has_left", draft
    assert archive.verdict(standing(25, "user-e", "administrator")) == "unknown_person"


def test_the_password_is_asked_for_and_the_last_administrator_stays(archive: Archive) -> None:
    assert archive.verdict(unregister(9, shown="another hash")) == "wrong_password"
    assert archive.verdict(unregister(9, name="d")) == "last_chat_administrator"
    archive.add(standing(10, "user-e", "administrator"))
    assert archive.verdict(unregister(11, name="d")) == "accepted"
    assert [user.name for user in archive.state.administrators()] == ["Ben"]
    assert archive.verdict(unregister(12)) == "last_chat_administrator"


def test_a_stranger_under_an_open_name_takes_nobody_away() -> None:
    archive = Archive(epoch(), device("d", "Anna"), device("e", "Anna"), operator())
    assert archive.verdict(unregister(1, shown="")) == "forbidden"
    assert archive.verdict(unregister(1, name="o", shown="")) == "forbidden"
    assert archive.verdict(unregister(1, name="d", shown="")) == "accepted"
    assert not archive.state.users[OPERATOR].has_left


def test_a_merge_keeps_what_was_written_and_gives_no_right_back(archive: Archive) -> None:
    """Ben left here, and was active at the other server meanwhile."""
    assert archive.verdict(unregister(9)) == "accepted"
    brought = (
        person("g", "Ben", password="", proof=proof_of(HASH)),
        message(1, "from the new one", name="g"),
        act("room", 20, RoomBody("attic", "attic"), name="e"),
        act("member", 20, MemberBody("attic"), name="f"),
        act("message", 21, MessageBody("attic", "dusty"), name="f"),
        group(22, "g3", "f", name="e"),
        act("member", 23, MemberBody("garden"), name="e"),
        friend(24, "accept", "f", name="e"),
        act("message", 25, MessageBody("g3", "hi"), name="f"),
    )
    for draft in brought[:-2]:
        assert archive.verdict(merged(draft, "user-e")) == "accepted", draft
    assert archive.verdict(merged(password(30, "stolen", old=HASH, name="e"), "user-e")) == "device_revoked"
    assert archive.verdict(merged(invite(31, b"d" * 32, name="e"), "user-e")) == "forbidden"
    assert archive.verdict(merged(brought[-1], "user-f")) == "accepted"
    state = archive.state
    ben = state.users["user-e"]
    assert (ben.rooms, ben.devices, ben.password, ben.has_left) == ((CHAT,), 0, "", True)
    assert state.devices["g"].is_revoked
    assert archive.verdict(message(2, name="g")) == "unregistered"
    # Somebody has to administer what is left of him.
    assert (state.rooms["attic"].members, state.rooms["attic"].administrators) == (("user-f",), ("user-f",))
    assert (state.rooms["g3"].members, state.rooms["g3"].administrators) == (("user-f",), ("user-f",))


def test_a_merge_keeps_what_two_new_friends_wrote_though_one_of_them_left(archive: Archive) -> None:
    assert archive.verdict(unregister(9)) == "accepted"
    chat = private_room("user-e", "user-f")
    for draft in (
        friend(20, "ask", "e", name="f"),
        friend(20, "accept", "f"),
        act("message", 21, MessageBody(chat, "at last"), name="f"),
    ):
        assert archive.verdict(merged(draft, "user-f")) == "accepted", draft
    assert not archive.state.are_friends("user-e", "user-f")
    assert archive.verdict(act("message", 22, MessageBody(chat, "hello?"), name="f")) == "has_left"


def test_left_on_both_sides_of_a_cut_is_left_and_a_merge_keeps_one_administrator(archive: Archive) -> None:
    archive.add(standing(10, "user-e", "administrator"))
    # Each of the two saw the other one administer when it left.
    assert archive.verdict(unregister(9)) == "accepted"
    assert archive.verdict(merged(unregister(8), "user-e")) == "accepted"
    assert archive.verdict(merged(unregister(30, name="d"), "user-d")) == "last_chat_administrator"
    assert not archive.state.users["user-d"].has_left


def test_a_device_that_was_lost_takes_nobody_away_in_a_merge(archive: Archive) -> None:
    archive.add(person("g", "Ben", password="", proof=proof_of(HASH)))
    assert archive.verdict(password(20, "new", old=HASH, name="e")) == "accepted"
    assert archive.verdict(merged(unregister(1, name="g"), "user-e")) == "device_revoked"
    # Hashed anew meanwhile: the password was right when it was shown.
    assert archive.verdict(merged(unregister(21, shown=HASH), "user-e")) == "accepted"


def test_it_is_in_the_snapshot(archive: Archive) -> None:
    archive.add(unregister(9))
    again = restore(archive.state.snapshot())
    assert again.digest() == archive.state.digest()
    assert again.user_by_name["ben"] == "user-e"
