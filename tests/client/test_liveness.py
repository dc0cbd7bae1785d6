"""Liveness: who is silent, who hangs, and who is only slow."""

from server.client.notices import (
    Disconnected,
    LatencyMeasured,
    QuestionFailed,
)
from server.client.settings import ConversationSettings
from server.protocol import events, requests
from server.protocol.facts import ServerFacts
from tests.client.scripted_pair import ADDRESSES, Wire, draft


def test_a_silent_server_is_left_after_45_s() -> None:
    wire = Wire(addresses=(ADDRESSES["a"],), settings=ConversationSettings(has_standby=False)).connect()
    wire.a().mute = {requests.Ping}
    wire.wait(44.9)
    assert wire.conversation.server == "a"
    wire.a().is_up = False
    wire.wait(0.2)
    assert wire.conversation.server == "b"


def test_a_server_that_hangs_is_left_when_the_other_one_says_that_it_is_away() -> None:
    wire = Wire().connect()
    wire.a().mute = {requests.Ping, requests.Send}
    wire.a().is_up = False
    side = next(iter(wire.b().sides.values()))
    side.tell(events.ServersChanged(servers=wire.pair.facts(), mode="solo"))
    wire.wait(1.4)
    assert wire.conversation.server == "a"
    wire.wait(0.2)
    assert wire.conversation.server == "b"


def test_a_server_that_hangs_is_left_when_the_other_one_answers() -> None:
    wire = Wire().connect()
    wire.wait(1.0)
    wire.a().is_stopped = True
    wire.conversation.send([draft(1)], wire.now)
    wire.wait(2.4)
    assert wire.conversation.server == "a"
    wire.wait(0.2)
    assert wire.conversation.server == "b"
    assert wire.stored() == [1]


def test_when_both_servers_are_silent_nobody_is_left() -> None:
    wire = Wire().connect()
    for server in wire.pair.servers.values():
        server.is_stopped = True
    wire.wait(40.0)
    assert wire.conversation.server == "a"
    for server in wire.pair.servers.values():
        server.go_on()
    wire.wait(60.0)
    assert wire.conversation.server == "a"
    assert not wire.all_of(Disconnected)


def test_silence_is_excused_while_the_app_is_behind() -> None:
    wire = Wire().connect()
    for server in wire.pair.servers.values():
        server.is_stopped = True
    for _ in range(20):
        # No notice of time in between: what is not read cannot be late.
        wire.now += 4.0
        wire.conversation.excuse_silence(wire.now)
    wire.conversation.tick(wire.now)
    for server in wire.pair.servers.values():
        server.go_on()
    wire.settle()
    assert wire.conversation.server == "a"
    assert not wire.all_of(Disconnected)


def test_a_server_that_waits_for_its_disk_but_answers_pings_is_not_left() -> None:
    wire = Wire().connect()
    wire.a().mute = {requests.Send}
    wire.conversation.send([draft(1)], wire.now)
    wire.wait(20.0)
    assert wire.conversation.server == "a"


def test_a_false_rumour_of_death_changes_nothing() -> None:
    wire = Wire().connect()
    facts = [ServerFacts(name="a", address=ADDRESSES["a"], role="away")]
    side = next(iter(wire.b().sides.values()))
    side.tell(events.ServersChanged(servers=facts, mode="solo"))
    wire.wait(30.0)
    assert wire.conversation.server == "a"


def test_p5_a_question_never_hangs() -> None:
    wire = Wire()
    wire.kill("a")
    wire.kill("b")
    wire.connect()
    wire.conversation.ask(5, requests.Who(id=1, room="general"), wire.now)
    wire.wait(30.0)
    failed = wire.all_of(QuestionFailed)
    assert [(notice.ticket, notice.code) for notice in failed] == [(5, "unknown")]


def test_the_round_trip_is_measured_on_the_active_link() -> None:
    wire = Wire().connect()
    wire.wait(11.0)
    assert len(wire.all_of(LatencyMeasured)) == 3
    assert {notice.server for notice in wire.all_of(LatencyMeasured)} == {"a"}
