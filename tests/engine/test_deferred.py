"""What a leader would refuse by a state that lags behind its log is judged when it does not lag any more."""

import msgspec
import pytest

from server.archive.record import Epoch, Origin
from server.engine.deferred import Deferred, DeferredRequests
from server.replication.settings import Settings
from tests.engine.test_engine import device, message, room
from tests.replication.servers import Server, Servers, dual_pair

STRICT = Settings(strict=True, quick_s=0.0)


def start_again(servers: Servers) -> Server:
    """Both servers lose power and start anew, strict; nothing has come over their link yet."""
    servers.running.clear()
    for name in ("a", "b"):
        servers.disks[name].crash(0)
        servers.start(name, STRICT)
    servers.link()
    return servers.running["a"]


@pytest.fixture
def servers() -> Servers:
    """A strict leader a whose log ends in a room, which b has not confirmed."""
    servers = dual_pair(device(), device("e"))
    servers.running["a"].ask(room(1, "garden"))
    assert servers.running["a"].sync()
    a = start_again(servers)
    servers.running["b"].is_disk_stuck = True
    servers.settle()
    assert (a.engine.replica.is_serving, servers.running["b"].engine.replica.is_serving) == (True, True)
    assert "d-1" not in a.engine.state.rooms
    return servers


def confirm(servers: Servers) -> None:
    servers.running["b"].is_disk_stuck = False
    servers.settle()


def verdicts(server: Server, askers: list[int]) -> list[str]:
    return [server.verdict(asker).split()[0] for asker in askers]


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_message_for_a_room_that_is_in_the_log_is_not_refused(servers: Servers, name: str) -> None:
    server = servers.running[name]
    askers = server.ask(message(2, room="d-1"), message(3, room="nowhere"), message(4))
    servers.settle()
    assert verdicts(server, askers) == ["waits", "waits", "waits"]
    confirm(servers)
    assert verdicts(server, askers) == ["stored", "unknown_room", "stored"]


def test_a_leader_that_has_not_heard_what_is_on_both_disks_refuses_nothing_yet() -> None:
    # Found by the simulator (seed 81524675).
    servers = dual_pair(device())
    (asker,) = servers.running["a"].ask(room(1, "garden"))
    while servers.running["a"].verdict(asker) == "waits":
        assert servers.move()
    a = start_again(servers)
    # The other one greets, and has not said where it stands.
    servers.deliver(servers.running["b"])
    assert a.sync()
    assert a.engine.replica.is_serving
    (asker,) = a.ask(message(2, room="d-1"))
    servers.settle()
    assert verdicts(a, [asker]) == ["stored"]


def test_nothing_of_a_device_overtakes_what_is_deferred(servers: Servers) -> None:
    a = servers.running["a"]
    (first,) = a.ask(message(2, room="d-1"))
    (second,) = a.ask(message(3))
    (of_another,) = a.ask(message(1, name="e"))
    confirm(servers)
    assert [a.answers()[asker].number for asker in (of_another, first, second)] == [1, 2, 3]


def test_what_may_depend_on_what_was_deferred_is_judged_behind_it(servers: Servers) -> None:
    a = servers.running["a"]
    asked = message(2, room="nowhere"), room(3, "hall"), message(4, room="d-3"), message(5)
    askers = a.ask(*asked)
    confirm(servers)
    assert verdicts(a, askers) == ["unknown_room", "stored", "stored", "stored"]
    assert [a.answers()[asker].number for asker in askers[2:]] == [1, 2]


def test_what_may_depend_on_what_was_deferred_waits_for_it_whatever_it_waited_for_before(
    servers: Servers,
) -> None:
    # Found by the simulator (seed 82900059).
    a, b = servers.running["a"], servers.running["b"]
    (nowhere,) = a.ask(message(2, room="nowhere"))
    (made,) = a.ask(room(3, "hall"))
    b.is_disk_stuck = False
    assert b.sync()
    a.ask(message(1, name="e"))
    (inside,) = a.ask(message(4, room="d-3"))
    assert a.sync()
    servers.deliver(a)
    # The first room is confirmed, and the second one goes into the log, behind what e wrote.
    servers.deliver(b)
    assert a.verdict(nowhere) == "unknown_room"
    # Then what e wrote.
    assert b.sync()
    servers.deliver(b)
    assert a.engine.state.number == 1
    assert verdicts(a, [made, inside]) == ["waits", "waits"]
    servers.settle()
    assert verdicts(a, [made, inside]) == ["stored", "stored"]


def test_with_nothing_to_wait_for_a_refusal_is_given_at_once(servers: Servers) -> None:
    confirm(servers)
    a = servers.running["a"]
    assert verdicts(a, a.ask(message(2, room="nowhere"))) == ["unknown_room"]


def test_what_is_deferred_when_the_lead_is_lost_is_judged_in_the_next_one(servers: Servers) -> None:
    a = servers.running["a"]
    askers = a.ask(message(2, room="d-1"), message(3, room="nowhere"))
    servers.disconnect()
    servers.wait(1.5)
    assert a.engine.replica.role.name == "recovering"
    assert verdicts(a, askers) == ["waits", "waits"]
    servers.running["b"].is_disk_stuck = False
    servers.connect()
    servers.wait(0.2)
    assert verdicts(a, askers) == ["stored", "unknown_room"]


def test_what_came_over_a_lost_link_comes_again_and_is_judged_once(servers: Servers) -> None:
    b = servers.running["b"]
    askers = b.ask(message(2, room="d-1"), message(3, room="nowhere"))
    servers.settle()
    servers.disconnect()
    servers.connect()
    b.is_disk_stuck = False
    servers.wait(0.2)
    assert verdicts(b, askers) == ["stored", "unknown_room"]
    assert b.engine.state.number == 1


def test_a_request_that_is_deferred_twice_is_answered_to_both(servers: Servers) -> None:
    a, b = servers.running["a"], servers.running["b"]
    at_b = b.ask(message(2, room="d-1"), message(3, room="nowhere"))
    servers.settle()
    at_a = a.ask(message(2, room="d-1"), message(3, room="nowhere"))
    confirm(servers)
    assert verdicts(a, at_a) == verdicts(b, at_b) == ["stored", "unknown_room"]


def test_of_older_links_nothing_piles_up() -> None:
    deferred = DeferredRequests()
    for session in ("one", "two", "three"):
        deferred.hold(Deferred(message(2), session=session), None)
        deferred.hold(Deferred(message(3), session=session), None)
    assert [[asked.session for asked in line] for line in deferred.lines()] == [["three", "three"]]


def test_what_a_merge_brings_does_not_wait_behind_what_is_deferred() -> None:
    deferred = DeferredRequests()
    deferred.hold(Deferred(message(2)), None)
    brought = msgspec.structs.replace(message(1), origin=Origin(Epoch(9, "z", "0"), 7))
    assert deferred.holds(message(3))
    assert not deferred.holds(brought)


def test_a_line_that_was_taken_is_forgotten() -> None:
    deferred = DeferredRequests()
    deferred.hold(Deferred(message(2)), None)
    for line in deferred.lines():
        line.clear()
    assert not deferred.holds(message(3))
