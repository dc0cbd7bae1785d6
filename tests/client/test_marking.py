"""Marks: said once a second, again on another link, and never of an archive that is not this one."""

import pytest

from server.client.marking import shared_index
from server.client.notices import PositionMoved, ReceiptsChanged
from server.client.receipts import Tick, tick_of
from server.client.settings import ConversationSettings
from server.protocol import events, requests
from server.protocol.facts import MemberMark
from server.protocol.requests import Cursor, EpochEnd
from tests.client.scripted_pair import EPOCH, Wire

START = Cursor("0.0.0", 0)


@pytest.fixture
def wire() -> Wire:
    """Connected, from the start of an archive of three messages."""
    wire = Wire(cursor=START)
    for counter in range(1, 4):
        wire.pair.append("f" * 32, counter, f"line {counter}")
    wire.conversation.connect(wire.now)
    wire.settle()
    return wire


def said(wire: Wire) -> list[requests.Mark]:
    """The marks that reached a server."""
    asked = [*wire.a().asked, *wire.b().asked]
    return [request for request in asked if isinstance(request, requests.Mark)]


def last_position(wire: Wire) -> PositionMoved:
    return [notice for notice in wire.notices if isinstance(notice, PositionMoved)][-1]


def test_what_the_app_keeps_is_said_with_its_cursor(wire: Wire) -> None:
    position = last_position(wire)
    assert (position.cursor.index, position.since) == (3, 0)
    wire.conversation.mark(position.cursor, wire.now, {"general": 2})
    wire.settle()
    (mark,) = said(wire)
    assert (mark.cursor, mark.since, mark.read) == (position.cursor, 0, [("general", 2)])


def test_nothing_is_said_that_the_server_has(wire: Wire) -> None:
    for _ in range(5):
        wire.conversation.mark(last_position(wire).cursor, wire.now, {"general": 2})
        wire.settle()
        wire.wait(2.0)
    assert len(said(wire)) == 1


def test_once_a_second_at_most(wire: Wire) -> None:
    cursor = last_position(wire).cursor
    for index in (1, 2, 3):
        wire.conversation.mark(cursor, wire.now, {"general": index})
        wire.settle()
    assert [mark.read for mark in said(wire)] == [[("general", 1)]]
    wire.wait(1.5)
    assert [mark.read for mark in said(wire)] == [[("general", 1)], [("general", 3)]]


def test_who_leaves_says_the_rest_without_waiting(wire: Wire) -> None:
    cursor = last_position(wire).cursor
    wire.conversation.mark(cursor, wire.now, {"general": 1})
    wire.settle()
    wire.conversation.mark(cursor, wire.now, {"general": 3})
    wire.conversation.stop(wire.now)
    wire.settle()
    assert [mark.read for mark in said(wire)] == [[("general", 1)], [("general", 3)]]


def test_what_had_no_answer_is_said_again_at_the_other_server(wire: Wire) -> None:
    wire.a().mute.add(requests.Mark)
    wire.conversation.mark(last_position(wire).cursor, wire.now, {"general": 3})
    wire.settle()
    assert len(said(wire)) == 1
    wire.kill("a")
    wire.wait(3.0)
    (again,) = [request for request in wire.b().asked if isinstance(request, requests.Mark)]
    assert again.read == [("general", 3)]


def test_a_refused_mark_is_said_again(wire: Wire) -> None:
    wire.a().refusals[requests.Mark] = ("unknown", {})
    wire.conversation.mark(last_position(wire).cursor, wire.now)
    wire.settle()
    del wire.a().refusals[requests.Mark]
    wire.wait(3.0)
    assert len(said(wire)) == 2
    wire.wait(3.0)
    assert len(said(wire)) == 2


def test_a_device_that_begins_at_the_mark_claims_from_there_on() -> None:
    wire = Wire(settings=ConversationSettings(begins_at_mark=True))
    wire.pair.append("f" * 32, 1, "before")
    wire.conversation.connect(wire.now)
    wire.settle()
    (sign_in,) = [r for r in wire.a().asked if isinstance(r, requests.SignIn)]
    assert sign_in.from_mark
    assert last_position(wire).since == last_position(wire).cursor.index


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (Cursor("1.a.0", 5), Cursor("1.a.0", 9), 5),
        (Cursor("1.a.0", 9), Cursor("1.a.0", 5), 5),
        (Cursor("2.b.0", 9, (EpochEnd("1.a.0", 6),)), Cursor("2.a.0", 9, (EpochEnd("1.a.0", 5),)), 5),
        (Cursor("1.a.0", 9), Cursor("2.a.0", 20, (EpochEnd("1.a.0", 12),)), 9),
        (Cursor("7.c.0", 9), Cursor("1.a.0", 9), 0),
    ],
)
def test_two_places_share_the_archive_up_to_where_their_epochs_part(
    one: Cursor, other: Cursor, shared: int
) -> None:
    assert shared_index(one, other) == shared


def test_reads_of_another_archive_are_not_said_of_this_one(wire: Wire) -> None:
    """What was read on the losing side of a merge stays where the two archives part."""
    wire.a().mute.add(requests.Mark)
    old = Cursor("2.b.0", 9, (EpochEnd(EPOCH, 2),))
    wire.conversation.mark(old, wire.now, {"general": 9})
    wire.settle()
    wire.a().mute.clear()
    new = Cursor("3.a.0", 12, (EpochEnd(EPOCH, 3),))
    wire.conversation.mark(new, wire.now)
    wire.kill("a")
    wire.wait(3.0)
    again = next(request for request in wire.b().asked if isinstance(request, requests.Mark))
    assert (again.cursor, again.read) == (new, [("general", 2)])


def test_typing_is_said_now_and_then(wire: Wire) -> None:
    for _ in range(5):
        wire.conversation.typing("general", wire.now)
    wire.settle()
    wire.wait(3.0)
    wire.conversation.typing("general", wire.now)
    wire.settle()
    assert len([r for r in wire.a().asked if isinstance(r, requests.Typing)]) == 2


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


def changes(wire: Wire) -> list[list[MemberMark]]:
    return [notice.marks for notice in wire.notices if isinstance(notice, ReceiptsChanged)]


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
