"""Rooms: making and joining them."""

from unittest import mock

import pytest

from server.state.bodies import DeviceBody, FriendBody, GroupBody, LeaveBody, TopicBody
from server.state.state import restore
from tests.state.acts import founder, standing
from tests.state.archive_of import Archive, act, device, epoch, member, room


@pytest.fixture
def archive() -> Archive:
    """Anna made the garden; Ben is there."""
    return Archive(epoch(), device("d", "Anna"), device("e", "Ben"), room(1, "garden", room_id="g"))


def test_its_maker_is_its_first_member(archive: Archive) -> None:
    assert archive.state.rooms["g"].members == ("user-d",)
    assert archive.state.users["user-d"].rooms == ("general", "g")


def test_anybody_may_join_once(archive: Archive) -> None:
    assert archive.verdict(member(1, "g", name="e")) == "accepted"
    assert archive.verdict(member(2, "g", name="e")) == "already_a_member"
    assert archive.state.rooms["g"].members == ("user-d", "user-e")


def test_a_name_is_given_once(archive: Archive) -> None:
    assert archive.verdict(room(2, "garden", name="e")) == "room_name_taken"
    assert archive.verdict(room(3, "general", name="e")) == "room_name_taken"
    assert archive.verdict(room(4, "another", name="e", room_id="g")) == "room_name_taken"


@pytest.mark.parametrize("name", ["", "ab", "Garden", "gar den", "gärten", "x" * 33, "a/b"])
def test_names_of_rooms_are_small_and_plain(archive: Archive, name: str) -> None:
    assert archive.verdict(room(2, name)) == "bad_room_name"


def test_strangers_make_and_join_nothing(archive: Archive) -> None:
    assert archive.verdict(room(1, "attic", name="stranger")) == "not_signed_in"
    assert archive.verdict(member(2, "g", name="stranger")) == "not_signed_in"


def test_what_is_not_there_cannot_be_joined(archive: Archive) -> None:
    assert archive.verdict(member(2, "nowhere")) == "unknown_room"


def test_who_enters_a_room_that_everybody_has_left_administers_it(archive: Archive) -> None:
    archive.add(act("leave", 2, LeaveBody("g")))
    assert not archive.state.rooms["g"].administrators
    for name in "ed":
        archive.add(member(3, "g", name=name))
    assert archive.state.rooms["g"].administrators == ("user-e",)


def test_who_enters_a_room_whose_only_administrator_was_sent_away_administers_it() -> None:
    # Found by the simulator (seed 95004408).
    archive = Archive(epoch(), founder(), device("e", "Ben"), room(1, "garden", room_id="g", name="e"))
    archive.add(standing(2, "user-e", "banned"))
    assert archive.state.rooms["g"].administrators == ("user-e",)
    archive.add(member(3, "g", name="d"))
    assert archive.state.rooms["g"].administrators == ("user-d",)


def test_who_comes_back_administers_what_is_left_to_people_who_were_sent_away() -> None:
    archive = Archive(epoch(), founder(), device("e", "Ben"), device("f", "Cleo"))
    archive.add(act("group", 1, GroupBody("g", "Choir", ("user-f",)), name="e"))
    archive.add(standing(2, "user-f", "disabled"))
    archive.add(standing(3, "user-e", "disabled"))
    assert archive.state.rooms["g"].administrators == ("user-f",)
    archive.add(standing(4, "user-e", "enabled"))
    assert archive.state.rooms["g"].administrators == ("user-e",)
    archive.add(standing(5, "user-f", "enabled"))
    assert archive.state.rooms["g"].administrators == ("user-e",)
    assert not archive.state.rooms["general"].administrators


def test_only_who_is_sent_away_hands_a_room_over() -> None:
    archive = Archive(epoch(), founder(), device("e", "Ben"), standing(1, "user-e", "disabled"))
    archive.add(standing(2, "user-e", "enabled"))
    archive.add(room(3, "garden", room_id="g", name="e"))
    archive.add(member(4, "g", name="d"))
    archive.add(standing(5, "user-e", "member"))
    assert archive.state.rooms["g"].administrators == ("user-e",)


def test_no_room_has_the_id_of_a_person_and_no_person_that_of_a_room(archive: Archive) -> None:
    # Readers are told what is told to their rooms, and to themselves, by these ids.
    assert archive.verdict(room(2, "attic", room_id="user-e")) == "bad_request"
    assert archive.verdict(act("group", 3, GroupBody("user-e", "Choir", ()))) == "bad_request"
    thief = DeviceBody("g", "Cleo", b"secret")
    assert archive.verdict(act("device", 0, thief, name="f")) == "bad_request"


def test_rooms_and_their_members_are_limited(archive: Archive) -> None:
    with mock.patch("server.protocol.limits.ROOM_MEMBERS_MAX", 1):
        assert archive.verdict(member(1, "g", name="e")) == "room_full"
    with mock.patch("server.protocol.limits.ROOMS_MAX", 1):
        assert archive.verdict(room(2, "attic")) == "too_many_rooms"
        assert archive.verdict(act("group", 3, GroupBody("c", "Choir", ()))) == "too_many_rooms"


def test_nobody_makes_more_than_a_share_of_all_rooms(archive: Archive) -> None:
    with mock.patch("server.protocol.limits.ROOMS_PER_PERSON_MAX", 2):
        assert archive.verdict(act("group", 2, GroupBody("c", "Choir", ()))) == "accepted"
        for draft in (room(3, "attic"), act("group", 4, GroupBody("b", "Bass", ()))):
            assert archive.verdict(draft) == "too_many_own_rooms"
        # To leave it gives no place for another one: its name and its history stay.
        archive.add(act("leave", 5, LeaveBody("c")))
        assert archive.verdict(room(6, "attic")) == "too_many_own_rooms"
        assert archive.verdict(room(1, "attic", name="e")) == "accepted"
        restored = restore(archive.state.snapshot())
        assert restored.rooms_made == archive.state.rooms_made == {"user-d": 2, "user-e": 1}


def test_private_chats_take_nobody_a_room_away(archive: Archive) -> None:
    archive.add(act("friend", 2, FriendBody("user-e", "ask")))
    archive.add(act("friend", 1, FriendBody("user-d", "accept"), name="e"))
    with mock.patch("server.protocol.limits.ROOMS_MAX", 2):
        assert archive.verdict(room(3, "attic")) == "accepted"


@pytest.mark.parametrize(
    ("topic", "verdict"),
    [("x" * 200, "accepted"), ("x" * 201, "bad_topic"), ("ä" * 200, "accepted"), ("🎶" * 101, "bad_topic")],
)
def test_topics_are_limited_in_characters_and_bytes(archive: Archive, topic: str, verdict: str) -> None:
    assert archive.verdict(act("topic", 2, TopicBody("g", topic))) == verdict


@pytest.mark.parametrize("topic", ["a\nb", "a\u202eb", "a\u200bb", "a\u00a0b", "\U00031350"])
def test_a_topic_is_one_line_that_every_server_knows(archive: Archive, topic: str) -> None:
    assert archive.verdict(act("topic", 2, TopicBody("g", topic))) == "bad_topic"
