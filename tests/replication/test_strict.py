"""A strict pair: nothing is committed with one copy, whoever dies, and nothing that waited is lost."""

from server.archive.record import Epoch
from server.engine.round import Answer
from server.replication import steps
from server.replication.settings import Settings
from tests.replication.pair import Half, Pair, chain, draft
from tests.replication.servers import Servers
from tests.state.archive_of import device, message

STRICT = Settings(strict=True)
A1, A2 = Epoch(1, "a", "1"), Epoch(2, "a", "2")
BOTH = ("a", "b")


def strict_pair() -> Pair:
    pair = Pair(settings=STRICT)
    pair.become_dual()
    return pair


def counters(half: Half) -> list[int]:
    return [record.header.counter for record in half.stored if not record.is_epoch]


def epochs_alone(half: Half) -> list[int]:
    return [record.index for record in half.stored if record.is_epoch and len(record.members()) == 1]


def test_the_first_epoch_of_a_strict_pair_names_both() -> None:
    pair = strict_pair()
    assert [record.members() for record in pair.a.stored] == [BOTH]
    assert pair.a.replica.commit == pair.b.replica.commit == 1


def test_a_leader_that_loses_its_follower_leads_no_more_and_commits_nothing() -> None:
    pair = strict_pair()
    pair.b.is_disk_stuck = True
    pair.a.take(steps.Propose((draft(1),)))
    pair.kill("b")
    pair.wait(30.0)
    assert pair.a.shown == "recovering waiting"
    assert pair.a.replica.alarm == "waiting_for_peer"
    assert (pair.a.replica.commit, counters(pair.a)) == (1, [1])


def test_a_follower_that_loses_its_leader_does_not_take_the_lead() -> None:
    pair = strict_pair()
    pair.kill("a")
    pair.wait(30.0)
    assert pair.b.shown == "recovering waiting"
    assert epochs_alone(pair.b) == []


def test_a_silent_follower_is_no_reason_to_go_on_alone() -> None:
    pair = strict_pair()
    pair.muted = {"a", "b"}
    pair.a.take(steps.Propose((draft(1),)))
    pair.wait(3.0)
    assert [half.shown for half in pair.living()] == ["recovering waiting"] * 2
    assert pair.a.replica.commit == 1


def test_when_the_other_one_is_back_what_waited_is_committed_with_two() -> None:
    pair = strict_pair()
    pair.b.is_disk_stuck = True
    pair.a.take(steps.Propose((draft(1),)))
    pair.kill("b")
    pair.wait(1.5)
    pair.restart("b")
    pair.connect()
    pair.wait(0.1)
    assert sorted((pair.a.shown, pair.b.shown)) == ["follower dual", "leader dual"]
    assert counters(pair.a) == counters(pair.b) == [1]
    assert pair.a.replica.commit == pair.a.replica.log.last_index
    assert pair.a.replica.alarm == ""
    assert epochs_alone(pair.a) == epochs_alone(pair.b) == []


def test_a_slow_follower_is_waited_for_with_an_alarm() -> None:
    pair = strict_pair()
    pair.b.is_disk_stuck = True
    pair.a.take(steps.Propose((draft(1),)))
    pair.wait(2.0)
    assert (pair.a.shown, pair.a.replica.alarm) == ("leader dual", "slow_strict_peer")
    assert pair.a.replica.commit == 1
    pair.b.is_disk_stuck = False
    pair.wait(6.0)
    assert (pair.a.replica.commit, pair.a.replica.alarm) == (2, "")


def test_a_log_that_ends_alone_is_taken_up_strictly_and_committed_on_both_disks_only() -> None:
    """The switch from one to the other on an existing folder."""
    pair = Pair(chain(A1, (A2, BOTH), draft(1), Epoch(3, "a", "3"), draft(2)), settings=STRICT)
    pair.wait(15.0)
    assert (pair.a.shown, pair.a.replica.commit) == ("recovering waiting", 0)
    pair.b.is_disk_stuck = True
    pair.connect()
    assert (pair.a.shown, pair.a.replica.commit) == ("leader waiting", 0)
    pair.b.is_disk_stuck = False
    pair.wait(0.1)
    assert (pair.a.shown, pair.a.replica.commit) == ("leader dual", 6)
    assert counters(pair.b) == [1, 2]


def test_a_strict_server_follows_one_that_is_not_and_went_on_alone() -> None:
    alone = chain(A1, (A2, BOTH), draft(1), Epoch(3, "b", "3"), draft(2))
    pair = Pair(alone[:3], alone)
    pair.halves["a"] = Half("a", alone[:3], pair.now, is_founder=True, settings=STRICT)
    pair.connect()
    pair.wait(0.1)
    assert (pair.a.shown, pair.b.shown) == ("follower dual", "leader dual")
    assert counters(pair.a) == [1, 2]
    # The other one dies, and this one does not go on alone.
    pair.kill("b")
    assert pair.a.shown == "recovering waiting"


# --- what clients are told


def answers_of(servers: Servers) -> list[Answer]:
    return [answer for server in servers.running.values() for answer in server.answers().values()]


def start_both(servers: Servers, settings: Settings) -> None:
    for name in ("a", "b"):
        servers.start(name, settings)
    servers.wait(0.1)
    servers.connect()
    servers.running["a"].ask(device())
    servers.wait(0.1)


def test_a_request_waits_is_told_unknown_in_time_and_is_answered_with_two_copies() -> None:
    servers = Servers()
    start_both(servers, STRICT)
    servers.kill("b")
    a = servers.running["a"]
    (asker,) = a.ask(message(1))
    servers.wait(31.0)
    assert a.verdict(asker) == "unknown"
    (again,) = a.ask(message(1))
    servers.wait(1.0)
    assert a.verdict(again) == "waits"
    servers.start("b", STRICT)
    servers.connect()
    servers.wait(0.5)
    assert a.answers()[again].copies == 2


def test_what_was_stored_alone_before_is_not_acknowledged_again_with_one_copy() -> None:
    servers = Servers()
    start_both(servers, Settings())
    servers.kill("b")
    a = servers.running["a"]
    (asker,) = a.ask(message(1))
    servers.wait(0.5)
    assert a.answers()[asker].copies == 1
    servers.kill("a")
    for name in ("a", "b"):
        servers.start(name, STRICT)
    (again,) = servers.running["a"].ask(message(1))
    servers.wait(2.0)
    assert servers.running["a"].verdict(again) == "waits"
    servers.connect()
    servers.wait(0.5)
    assert servers.running["a"].answers()[again].copies == 2
    (at_the_other,) = servers.running["b"].ask(message(1))
    servers.wait(0.5)
    assert servers.running["b"].answers()[at_the_other].copies == 2


def test_a_follower_that_starts_again_knows_that_what_is_committed_is_on_both_disks() -> None:
    servers = Servers()
    start_both(servers, STRICT)
    (asker,) = servers.running["b"].ask(message(1))
    servers.wait(0.5)
    assert servers.running["b"].answers()[asker].copies == 2
    servers.kill("b")
    servers.start("b", STRICT)
    servers.connect()
    servers.wait(0.5)
    (again,) = servers.running["b"].ask(message(1))
    servers.wait(0.5)
    assert servers.running["b"].answers()[again].copies == 2
    assert {answer.copies for answer in answers_of(servers)} == {2}
