"""Ticks: how far the members of a watched room are is told only while every member is known."""

import pytest

from server.client.notices import ReceiptsChanged
from server.client.receipts import Tick, tick_of
from server.protocol import events, requests
from server.protocol.facts import MemberMark
from server.protocol.requests import Cursor
from tests.client.scripted_answers import receipts
from tests.client.scripted_pair import Wire

ROOM = "general"
BEN, CAROL = MemberMark("ben", 1, 3, 3), MemberMark("carol", 4, 4, 0)


@pytest.fixture
def wire() -> Wire:
    """Connected."""
    return Wire(cursor=Cursor("0.0.0", 0)).connect()


def changes(wire: Wire) -> list[list[MemberMark]]:
    return [notice.marks for notice in wire.notices if isinstance(notice, ReceiptsChanged)]


def questions(wire: Wire) -> list[requests.Receipts]:
    return [asked for asked in wire.a().asked if isinstance(asked, requests.Receipts)]


def watched(wire: Wire, *marks: MemberMark) -> Wire:
    """The room is watched, and the server said so much of it."""
    wire.pair.marks = list(marks)
    wire.conversation.watch(ROOM, wire.now)
    wire.settle()
    assert changes(wire) == [list(marks)]
    return wire


def tell(wire: Wire, *told: events.Event) -> None:
    for event in told:
        wire.pair.tell_all(event)
    wire.settle()


def answer(wire: Wire, question: requests.Receipts, *marks: MemberMark) -> None:
    """What a server said that answers nothing by itself."""
    tell(wire, receipts(question.id, ROOM, list(marks)))


def joined(user: str, index: int) -> events.RoomJoined:
    return events.RoomJoined(index=index, room=ROOM, user=user, name=user)


def moved(*marks: MemberMark) -> events.ReceiptsMoved:
    return events.ReceiptsMoved(room=ROOM, marks=list(marks))


def test_a_message_is_not_read_by_all_while_a_new_member_lacks_it(wire: Wire) -> None:
    """Carol is taken in, a message follows, Ben reads it: Carol has nothing."""
    watched(wire, BEN)
    wire.a().mute.add(requests.Receipts)
    has_read = MemberMark("ben", 1, 5, 5)
    tell(wire, joined("carol", 4), moved(has_read))
    assert len(changes(wire)) == 1, "nothing is told before the answer"
    answer(wire, questions(wire)[-1], BEN, CAROL)
    assert changes(wire)[1:] == [[has_read, CAROL]], "what moved meanwhile counts"
    assert tick_of(5, "anna", changes(wire)[-1]) is Tick.NOT_YET


def test_a_member_of_whom_only_a_mark_is_told_is_asked_about(wire: Wire) -> None:
    """A mark may come before the event of the joining; and of a room that was large nobody is known."""
    watched(wire)
    wire.pair.marks = [BEN, CAROL]
    tell(wire, moved(BEN))
    assert changes(wire)[1:] == [[BEN, CAROL]]


def test_who_moved_and_is_not_in_the_answer_is_asked_about_once_more(wire: Wire) -> None:
    watched(wire, BEN)
    wire.a().mute.add(requests.Receipts)
    tell(wire, joined("dora", 4), moved(CAROL))
    answer(wire, questions(wire)[-1], BEN)
    assert len(changes(wire)) == 1
    answer(wire, questions(wire)[-1], BEN, CAROL)
    assert changes(wire)[1:] == [[BEN, CAROL]]


def test_an_answer_that_somebody_overtook_does_not_count(wire: Wire) -> None:
    watched(wire, BEN)
    wire.a().mute.add(requests.Receipts)
    tell(wire, joined("dora", 4), joined("carol", 5))
    (*_, first) = questions(wire)
    tell(wire, events.RoomLeft(index=6, by=("d" * 32, 1), room=ROOM, user="dora", name="dora"))
    answer(wire, first, BEN, CAROL, MemberMark("dora", 4, 4, 0))
    assert len(changes(wire)) == 1
    answer(wire, questions(wire)[-1], BEN, CAROL)
    assert changes(wire)[1:] == [[BEN, CAROL]]


def test_of_a_large_room_and_of_an_old_joining_nothing_is_asked(wire: Wire) -> None:
    watched(wire)
    tell(wire, joined("carol", 4))
    wire.pair.marks = [CAROL]
    wire.conversation.watch(ROOM, wire.now)
    wire.settle()
    tell(wire, joined("carol", 4), joined("carol", 3))
    assert len(questions(wire)) == 2


def test_who_left_long_ago_and_is_back_is_waited_for(wire: Wire) -> None:
    """After a long absence the past is told behind the answer."""
    watched(wire, BEN, CAROL)
    tell(wire, events.RoomLeft(index=3, by=("d" * 32, 1), room=ROOM, user="carol", name="carol"))
    assert len(changes(wire)) == 1


def test_nothing_is_told_of_a_part_of_the_room_after_a_new_sign_in(wire: Wire) -> None:
    watched(wire, BEN, CAROL)
    wire.b().mute.add(requests.Receipts)
    wire.kill("a")
    wire.wait(3.0)
    has_read = MemberMark("ben", 1, 5, 5)
    tell(wire, moved(has_read))
    assert len(changes(wire)) == 1
    (*_, question) = (asked for asked in wire.b().asked if isinstance(asked, requests.Receipts))
    answer(wire, question, BEN, CAROL)
    assert changes(wire)[1:] == [[has_read, CAROL]]


def test_a_question_that_was_refused_for_now_is_asked_again(wire: Wire) -> None:
    watched(wire, BEN)
    wire.a().refusals[requests.Receipts] = ("unknown", {})
    tell(wire, joined("carol", 4))
    assert len(questions(wire)) == 2
    del wire.a().refusals[requests.Receipts]
    wire.pair.marks = [BEN, CAROL]
    wire.wait(3.0)
    assert changes(wire)[1:] == [[BEN, CAROL]]


def test_a_room_that_is_not_ours_is_asked_about_when_somebody_joins(wire: Wire) -> None:
    wire.a().refusals[requests.Receipts] = ("not_a_member", {"room": ROOM})
    wire.conversation.watch(ROOM, wire.now)
    wire.settle()
    wire.wait(60.0)
    assert len(questions(wire)) == 1
    del wire.a().refusals[requests.Receipts]
    wire.pair.marks = [BEN]
    tell(wire, joined("anna", 4))
    assert changes(wire) == [[BEN]]


def test_a_watched_room_is_asked_for_again_at_the_other_server_and_after_a_merge(wire: Wire) -> None:
    mark = MemberMark("u2", 1, 3, 3)
    wire.pair.marks = [mark]
    wire.conversation.watch("general", wire.now)
    wire.settle()
    assert changes(wire) == [[mark]]
    moved = MemberMark("u2", 1, 9, 9)
    wire.pair.tell_all(events.ReceiptsMoved(room="general", marks=[moved]))
    wire.pair.tell_all(events.ReceiptsMoved(room="garden", marks=[moved]))
    wire.settle()
    assert changes(wire)[1:] == [[moved]]
    wire.pair.marks = []
    wire.pair.tell_all(events.Diverged(index=2))
    wire.settle()
    assert changes(wire)[2:] == [[MemberMark("u2", 1, 2, 2)], []]
    wire.pair.marks = [mark]
    wire.kill("a")
    wire.wait(3.0)
    assert changes(wire)[4:] == [[mark]]


def test_nobody_waits_for_the_receipts_of_somebody_who_left(wire: Wire) -> None:
    marks = [MemberMark("u2", 1, 9, 9), MemberMark("u3", 1, 2, 2), MemberMark("u4", 1, 2, 2)]
    wire.pair.marks = marks
    wire.conversation.watch("general", wire.now)
    wire.settle()
    left = events.RoomLeft(index=10, by=("d" * 32, 1), room="general", user="u3", name="bob")
    wire.pair.tell_all(left)
    wire.pair.tell_all(events.PersonLeft(index=11, by=("e" * 32, 1), user="u4", name="cara"))
    wire.settle()
    assert changes(wire) == [marks, [marks[0], marks[2]], [marks[0]]]
    deleted = events.RoomDeleted(
        index=12, by=("d" * 32, 2), room="general", user="u2", name="ann", room_name="general"
    )
    wire.pair.tell_all(deleted)
    wire.settle()
    assert changes(wire)[3:] == [[]]


@pytest.mark.parametrize(
    ("marks", "tick"),
    [
        pytest.param([], Tick.NOT_YET, id="nobody else is there"),
        pytest.param([MemberMark("me", 1, 9, 9)], Tick.NOT_YET, id="the own marks do not count"),
        pytest.param([MemberMark("a", 1, 5, 0), MemberMark("b", 1, 4, 0)], Tick.NOT_YET, id="one lacks it"),
        pytest.param(
            [MemberMark("a", 1, 5, 0), MemberMark("b", 1, 6, 6)], Tick.DELIVERED, id="one reads later"
        ),
        pytest.param([MemberMark("a", 1, 5, 5), MemberMark("b", 1, 6, 6)], Tick.READ, id="all have read"),
        pytest.param([MemberMark("a", 1, 5, 5), MemberMark("b", 7, 6, 6)], Tick.READ, id="one came later"),
        pytest.param([MemberMark("b", 7, 6, 6)], Tick.NOT_YET, id="it was for nobody"),
    ],
)
def test_ticks_are_about_those_for_whom_it_was(marks: list[MemberMark], tick: Tick) -> None:
    assert tick_of(5, "me", marks) is tick
