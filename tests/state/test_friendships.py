"""Friendships: asking, answering, ending, blocking; also on both sides of a cut."""

import pytest

from server.archive.record import Draft
from server.state.bodies import FriendBody, MessageBody
from server.state.friendships import private_room
from server.state.state import restore
from tests.state.archive_of import Archive, act, device, epoch, merged

CHAT = private_room("user-a", "user-b")


def friend(counter: int, what: str, *, name: str = "a", other: str = "user-b") -> Draft:
    return act("friend", counter, FriendBody(other, what), name=name)


def said(counter: int, name: str = "a") -> Draft:
    return act("message", counter, MessageBody(CHAT, "psst"), name=name)


@pytest.fixture
def archive() -> Archive:
    return Archive(epoch(), device("a", "Anna"), device("b", "Ben"), device("c", "Cleo"))


@pytest.fixture
def friends(archive: Archive) -> Archive:
    assert archive.verdict(friend(1, "ask")) == "accepted"
    assert archive.verdict(friend(1, "accept", name="b", other="user-a")) == "accepted"
    return archive


def test_r3_2_who_is_asked_and_accepts_is_a_friend_and_both_are_told(archive: Archive) -> None:
    asked = archive.add(friend(1, "ask")).told
    assert asked is not None
    assert set(asked.audiences) == {"user-a", "user-b"}
    assert not archive.state.are_friends("user-a", "user-b")
    accepted = archive.add(friend(1, "accept", name="b", other="user-a")).told
    assert accepted is not None
    assert set(accepted.audiences) == {"user-a", "user-b"}
    assert set(accepted.joined) == {(CHAT, "user-a"), (CHAT, "user-b")}
    assert archive.state.are_friends("user-b", "user-a")


def test_who_asks_the_one_that_asked_is_a_friend(archive: Archive) -> None:
    archive.add(friend(1, "ask"))
    assert archive.verdict(friend(1, "ask", name="b", other="user-a")) == "accepted"
    assert archive.state.are_friends("user-a", "user-b")


def test_r3_3_only_friends_write_to_each_other(archive: Archive) -> None:
    assert archive.verdict(said(1)) == "unknown_room"
    archive.add(friend(2, "ask"))
    assert archive.verdict(said(3)) == "unknown_room"
    archive.add(friend(1, "accept", name="b", other="user-a"))
    assert archive.verdict(said(4)) == "accepted"
    assert archive.verdict(act("message", 1, MessageBody(CHAT, "me too"), name="c")) == "unknown_room"
    number = archive.state.number
    assert archive.verdict(friend(2, "remove", name="b", other="user-a")) == "accepted"
    assert archive.verdict(said(5)) == "not_friends"
    assert archive.state.number == number
    assert CHAT in archive.state.users["user-a"].rooms


@pytest.mark.parametrize(
    ("what", "code"),
    [("accept", "not_asked"), ("decline", "not_asked"), ("remove", "not_friends"), ("hug", "bad_request")],
)
def test_what_has_no_beginning_has_no_end(archive: Archive, what: str, code: str) -> None:
    assert archive.verdict(friend(1, what)) == code


def test_nobody_answers_the_own_question_or_asks_twice(archive: Archive) -> None:
    assert archive.verdict(friend(1, "ask")) == "accepted"
    assert archive.verdict(friend(2, "accept")) == "not_asked"
    assert archive.verdict(friend(3, "ask")) == "already_asked"
    assert archive.verdict(friend(1, "accept", name="b", other="user-a")) == "accepted"
    assert archive.verdict(friend(4, "ask")) == "already_friends"
    assert archive.verdict(friend(2, "accept", name="b", other="user-a")) == "already_friends"


def test_nobody_befriends_oneself_or_nobody(archive: Archive) -> None:
    assert archive.verdict(friend(1, "ask", other="user-a")) == "not_yourself"
    assert archive.verdict(friend(2, "ask", other="nobody")) == "unknown_person"
    assert archive.verdict(friend(3, "ask", name="stranger")) == "not_signed_in"


def test_who_is_blocked_is_not_told_so_and_cannot_ask(friends: Archive) -> None:
    told = friends.add(friend(2, "block", name="b", other="user-a")).told
    assert told is not None
    assert not friends.state.are_friends("user-a", "user-b")
    assert friends.verdict(friend(3, "ask")) == "blocked"
    assert friends.verdict(friend(3, "unblock", name="b", other="user-a")) == "accepted"
    assert friends.verdict(friend(4, "ask")) == "accepted"


def test_a_block_of_a_stranger_is_told_to_nobody_else(archive: Archive) -> None:
    told = archive.add(friend(1, "block")).told
    assert told is not None
    assert told.audiences == ("user-a",)


def test_who_blocks_while_asked_declines(archive: Archive) -> None:
    archive.add(friend(1, "ask"))
    told = archive.add(friend(1, "block", name="b", other="user-a")).told
    assert told is not None
    assert told.audiences == ("user-b",)
    assert archive.state.friendship("user-a", "user-b") is None


def test_so_many_questions_may_be_open(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.protocol.limits.FRIENDS_ASKED_MAX", 1)
    assert archive.verdict(friend(1, "ask")) == "accepted"
    assert archive.verdict(friend(2, "ask", other="user-c")) == "too_many_asked"


def test_so_many_people_may_be_blocked(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.protocol.limits.BLOCKED_MAX", 1)
    assert archive.verdict(friend(1, "block", name="b", other="user-a")) == "accepted"
    assert archive.verdict(friend(1, "block")) == "accepted"
    assert archive.verdict(friend(2, "block")) == "accepted", "the same one again"
    assert archive.verdict(friend(3, "block", other="user-c")) == "too_many_blocked"
    assert archive.verdict(merged(friend(4, "block", other="user-c"))) == "accepted"
    assert archive.state.blocked_by("user-a") == ["user-b", "user-c"]
    archive.add(friend(5, "unblock"))
    assert archive.state.blocked_by("user-a") == ["user-c"]


def test_a_merge_fulfils_a_wish_once(friends: Archive) -> None:
    for draft in (friend(5, "ask"), friend(3, "accept", name="b", other="user-a")):
        assert friends.verdict(merged(draft)) == "accepted"
    assert friends.state.are_friends("user-a", "user-b")
    assert friends.verdict(merged(friend(6, "remove"))) == "accepted"
    assert friends.verdict(merged(friend(4, "remove", name="b", other="user-a"))) == "accepted"
    assert not friends.state.are_friends("user-a", "user-b")


def test_a_block_wins_over_a_question_that_a_merge_brings(archive: Archive) -> None:
    archive.add(friend(1, "block", name="b", other="user-a"))
    assert archive.verdict(merged(friend(1, "ask"))) == "blocked"


@pytest.mark.parametrize("what", ["ask", "unblock"])
def test_a_merge_lifts_no_block_of_the_other_side(archive: Archive, what: str) -> None:
    archive.add(friend(1, "block"))
    assert archive.verdict(merged(friend(2, what))) == "forbidden"
    assert archive.state.has_blocked("user-a", "user-b")
    assert restore(archive.state.snapshot()).snapshot() == archive.state.snapshot()


def test_a_merge_lifts_a_block_that_it_brought(archive: Archive) -> None:
    for counter, what in enumerate(("block", "unblock"), 1):
        assert archive.verdict(merged(friend(counter, what))) == "accepted"
    assert not archive.state.has_blocked("user-a", "user-b")


def test_a_message_that_a_merge_brings_stays_though_the_friendship_is_over(friends: Archive) -> None:
    friends.add(friend(2, "remove"))
    assert friends.verdict(merged(said(3))) == "accepted"


def test_a_message_stays_though_its_friendship_ended_on_the_other_side(
    archive: Archive,
) -> None:
    archive.add(friend(1, "ask"))
    # Here Ben declines, there he accepted, and both wrote.
    archive.add(friend(1, "block", name="b", other="user-a"))
    told = archive.add(merged(friend(2, "accept", name="b", other="user-a"))).told
    assert told is not None
    assert told.joined == ((CHAT, "user-a"), (CHAT, "user-b"))
    assert archive.verdict(merged(said(2))) == "accepted"
    assert archive.verdict(merged(said(3, "b"))) == "accepted"
    assert not archive.state.are_friends("user-a", "user-b")
    assert archive.state.has_blocked("user-b", "user-a")
    assert archive.verdict(said(4)) == "not_friends"
    assert archive.add(merged(friend(3, "accept", name="b", other="user-a"))).told is None


def test_a_message_opens_its_chat_though_the_friendship_never_began_here(
    archive: Archive,
) -> None:
    archive.add(friend(1, "block", name="b", other="user-a"))
    # There each had asked the other.
    assert archive.verdict(merged(friend(1, "ask"))) == "blocked"
    archive.add(merged(friend(2, "ask", name="b", other="user-a")))
    told = archive.add(merged(said(2))).told
    assert told is not None
    assert told.joined == ((CHAT, "user-a"), (CHAT, "user-b"))
    assert archive.verdict(said(3)) == "not_friends"
    # A room that nobody can have is none.
    elsewhere = act("message", 4, MessageBody("nowhere", "psst"), name="a")
    assert archive.verdict(merged(elsewhere)) == "unknown_room"
    assert restore(archive.state.snapshot()).digest() == archive.state.digest()


def test_a_snapshot_holds_it_all(friends: Archive) -> None:
    friends.add(friend(2, "block", other="user-c"))
    again = restore(friends.state.snapshot())
    assert again.are_friends("user-a", "user-b")
    assert again.has_blocked("user-a", "user-c")
    assert again.digest() == friends.state.digest()
