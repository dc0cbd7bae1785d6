"""Delivery: what a server tells by itself, once and in order."""

from server.client.notices import (
    CopiesRaised,
    Diverged,
    PositionMoved,
    PresenceChanged,
    RoomsChanged,
    ServersChanged,
)
from server.client.reading import START_OF_ARCHIVE
from server.protocol import events, requests
from server.protocol.requests import Cursor
from tests.client.scripted_pair import EPOCH, Wire


def test_the_whole_archive_comes_from_the_start_of_it() -> None:
    wire = Wire(cursor=START_OF_ARCHIVE)
    for counter in range(1, 6):
        wire.post(counter)
    wire.connect()
    assert [counter for _, counter in wire.arrived()] == [1, 2, 3, 4, 5]


def test_without_a_cursor_delivery_starts_at_the_end() -> None:
    wire = Wire()
    wire.post(1)
    wire.connect()
    wire.post(2)
    wire.settle()
    assert [counter for _, counter in wire.arrived()] == [2]


def test_r0_2_the_counters_follow_the_archive() -> None:
    wire = Wire(cursor=START_OF_ARCHIVE)
    for counter in range(1, 4):
        wire.post(counter)
    wire.conversation.connect(wire.now)
    while not wire.arrived():
        _ = wire.carry_one_out() or wire.carry_one_in()
        wire.take()
    first = wire.all_of(PositionMoved)[-1]
    assert (first.number, first.archive_number) == (1, 3)
    wire.settle()
    last = wire.all_of(PositionMoved)[-1]
    assert (last.number, last.archive_number, last.cursor.index) == (3, 3, 3)


def test_r0_7_a_divergence_is_told_and_what_lies_behind_it_is_given_again() -> None:
    wire = Wire().connect()
    for counter in (1, 2, 3):
        wire.post(counter)
    wire.settle()
    # The archives merged: 3 moved behind 4.
    side = next(iter(wire.a().sides.values()))
    kept = wire.pair.archive
    third = kept.pop()
    wire.pair.append("f" * 32, 4, "from the other side")
    wire.pair.append("f" * 32, 3, third.text)
    side.sent_index = 2
    side.tell(events.Diverged(index=2))
    wire.pair.deliver()
    wire.settle()
    assert [notice.index for notice in wire.all_of(Diverged)] == [2]
    assert [counter for _, counter in wire.arrived()] == [1, 2, 3, 4, 3]


def test_the_place_to_resume_goes_back_together_with_a_divergence() -> None:
    # Found by the simulator (seed 80119): a program that was killed between the two never got them again.
    wire = Wire().connect()
    for counter in (1, 2, 3):
        wire.post(counter)
    wire.settle()
    side = next(iter(wire.a().sides.values()))
    side.tell(events.Diverged(index=1))
    wire.settle()
    assert wire.all_of(PositionMoved)[-1].cursor.index == 1


def test_r0_7_another_message_at_an_index_that_we_hold_is_a_divergence() -> None:
    wire = Wire().connect()
    wire.post(1)
    side = next(iter(wire.a().sides.values()))
    while len(side.to_client) > 1:
        wire.carry_one_in()
    wire.kill("a")
    wire.pair.archive.clear()
    wire.post(9)
    wire.settle()
    assert [notice.index for notice in wire.all_of(Diverged)] == [0]
    assert [counter for _, counter in wire.arrived()] == [1, 9]


def test_r0_7_a_sign_in_behind_our_cursor_is_one_divergence() -> None:
    wire = Wire().connect()
    for counter in (1, 2, 3):
        wire.post(counter)
    wire.settle()
    wire.b().mute = {requests.Activate}
    wire.kill("a")
    wire.settle()
    activate = next(request for request in wire.b().asked if isinstance(request, requests.Activate))
    wire.pair.archive[:] = wire.pair.archive[:1]
    wire.post(9)
    signed_in = requests.Activate(id=activate.id, cursor=Cursor(epoch=EPOCH, index=1))
    side = next(iter(wire.b().sides.values()))
    wire.b().admit(side, signed_in)
    side.tell(events.Diverged(index=1))
    wire.pair.deliver()
    wire.settle()
    assert [notice.index for notice in wire.all_of(Diverged)] == [1]
    assert [counter for _, counter in wire.arrived()] == [1, 2, 3, 9]


def test_rooms_presence_copies_and_the_state_of_the_pair_are_passed_on() -> None:
    wire = Wire().connect()
    wire.pair.tell_all(events.RoomCreated(index=1, room="r1", name="tea", user="v"))
    wire.pair.tell_all(events.RoomJoined(index=2, room="r1", user="u", name="anna"))
    wire.pair.tell_all(events.PresenceChanged(members=5, online=3))
    wire.pair.tell_all(events.CopiesRaised(index=2))
    wire.pair.tell_all(events.ServersChanged(servers=wire.pair.facts(), mode="dual"))
    wire.settle()
    tea = wire.all_of(RoomsChanged)[-1].rooms[-1]
    assert (tea.name, tea.members, tea.is_member) == ("tea", 2, True)
    assert wire.all_of(PresenceChanged)[-1].online == 3
    assert wire.all_of(CopiesRaised)[-1].index == 2
    assert wire.all_of(ServersChanged)[-1].mode == "dual"


def test_a_resumed_conversation_continues_at_its_cursor() -> None:
    wire = Wire(cursor=Cursor(epoch=EPOCH, index=2))
    for counter in range(1, 5):
        wire.post(counter)
    wire.connect()
    assert [counter for _, counter in wire.arrived()] == [3, 4]
