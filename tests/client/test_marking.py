"""Marks: said once a second, again on another link, and never of an archive that is not this one."""

import pytest

from server.client.marking import shared_index
from server.client.notices import PositionMoved
from server.client.settings import ConversationSettings
from server.protocol import requests
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
