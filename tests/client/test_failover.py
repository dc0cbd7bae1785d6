"""Failover: the active link dies, the standby leads, and the lost server comes back."""

from server.client.notices import (
    Disconnected,
    StandbyChanged,
    Taught,
)
from server.client.settings import ConversationSettings
from server.protocol import events, requests
from tests.client.scripted_pair import ADDRESSES, IDENTITY, Wire, draft, kinds


def test_the_first_server_is_away_then_the_second_takes_us_at_once() -> None:
    wire = Wire()
    wire.a().is_up = False
    wire.connect()
    assert wire.conversation.server == "b"
    assert not wire.all_of(Disconnected)


def test_a_first_server_that_does_not_answer_has_a_head_start_of_a_second_only() -> None:
    wire = Wire()
    wire.a().mute = {requests.Hello}
    wire.connect()
    assert wire.dials == [ADDRESSES["a"]]
    wire.wait(1.0)
    assert wire.conversation.server == "b"


def test_with_both_away_the_next_try_is_told_and_the_waits_grow_to_the_cap() -> None:
    wire = Wire()
    wire.kill("a")
    wire.kill("b")
    wire.connect()
    wire.wait(120.0)
    told = [notice.retry_in_s for notice in wire.all_of(Disconnected)]
    assert all(retry_in_s is not None and retry_in_s <= 10.0 for retry_in_s in told)
    assert {notice.code for notice in wire.all_of(Disconnected)} == {"refused"}
    assert 12 < len(wire.dials) < 80
    wire.restart("b")
    wire.wait(10.0)
    assert wire.conversation.server == "b"


def test_r0_6_the_active_server_dies_and_the_standby_goes_on_with_the_whole_outbox() -> None:
    wire = Wire().connect()
    wire.a().mute = {requests.Send}
    wire.conversation.send([draft(counter) for counter in (1, 2, 3)], wire.now)
    wire.settle()
    wire.b().asked.clear()
    wire.kill("a")
    wire.settle()
    asked = [kind for kind in kinds(wire.b().asked) if kind != "Ping"]
    assert asked == ["Activate", "Send", "Send", "Send"]
    assert wire.stored() == [1, 2, 3]
    assert not wire.all_of(Disconnected)
    assert [kept.counter for kept in wire.pair.archive] == [1, 2, 3]


def test_r0_6_what_was_stored_before_the_death_is_not_stored_or_shown_twice() -> None:
    wire = Wire().connect()
    wire.conversation.send([draft(1), draft(2)], wire.now)
    # The servers have it; the answers are lost with the server.
    while wire.carry_one_out():
        pass
    wire.kill("a")
    wire.settle()
    assert [kept.counter for kept in wire.pair.archive] == [1, 2]
    assert wire.stored() == [1, 2]
    assert wire.arrived() == [(IDENTITY.device, 1), (IDENTITY.device, 2)]


def test_r0_6_messages_that_came_without_the_end_of_their_flush_are_not_given_again() -> None:
    wire = Wire().connect()
    wire.post(1)
    wire.post(2)
    side = next(iter(wire.a().sides.values()))
    while len(side.to_client) > 1:
        wire.carry_one_in()
    wire.kill("a")
    wire.post(3)
    wire.settle()
    assert [counter for _, counter in wire.arrived()] == [1, 2, 3]


def test_the_lost_server_comes_back_as_the_new_standby() -> None:
    wire = Wire().connect()
    wire.kill("a")
    wire.wait(5.0)
    assert wire.all_of(StandbyChanged)[-1].server == ""
    wire.restart("a")
    wire.wait(10.0)
    assert wire.conversation.server == "b"
    assert wire.all_of(StandbyChanged)[-1].server == "a"


def test_a_server_that_says_goodbye_is_left_at_once() -> None:
    wire = Wire().connect()
    wire.pair.tell_all(events.Goodbye(code="shutting_down", address=ADDRESSES["b"]))
    wire.b().sides[next(iter(wire.b().sides))].to_client.clear()
    wire.settle()
    assert wire.conversation.server == "b"


def test_a_second_server_at_another_address_is_dialled_as_soon_as_it_is_told_of() -> None:
    wire = Wire().connect()
    wire.kill("b")
    wire.pair.addresses["b"] = "10.0.0.9:7000"
    wire.restart("b")
    wire.pair.tell_all(events.ServersChanged(servers=wire.pair.facts(), mode="dual"))
    wire.wait(10.0)
    assert wire.dials[-1] == "10.0.0.9:7000"
    assert wire.all_of(StandbyChanged)[-1].server == "b"
    assert "10.0.0.9:7000" in wire.all_of(Taught)[-1].addresses


def test_one_of_a_crowd_without_a_standby_comes_at_a_time_of_its_own_and_one_with_it_at_once() -> None:
    for has_standby in (False, True):
        wire = Wire(settings=ConversationSettings(has_standby=has_standby)).connect()
        wire.pair.tell_all(events.PresenceChanged(members=5_000, online=2_000))
        wire.wait(10.0)
        wire.kill("a")
        wire.settle()
        assert wire.conversation.server == ("b" if has_standby else "")
        wire.wait(2.0)
        assert wire.conversation.server == "b"
