"""Recovering: who leads alone after a start, and after how long."""

from server.archive.record import Epoch
from server.replication import steps
from server.replication.settings import Settings
from tests.replication.pair import Half, Pair, chain, draft, hello_of

A1, A2 = Epoch(1, "a", "1"), Epoch(2, "a", "2")
BOTH = ("a", "b")


def wait(half: Half, seconds: float) -> None:
    """Time passes, and the disk works."""
    for _ in range(round(seconds / 0.05)):
        half.now += 0.05
        half.take(steps.Tick())
        half.sync()


def test_a_server_whose_log_ends_in_its_own_epoch_alone_leads_at_once() -> None:
    half = Half("a", chain(A1, draft(1)), 0.0)
    wait(half, 0.05)
    assert half.shown == "leader solo"
    assert half.read_lines() == ["persist 3:epoch(a)", "committed 3"]


def test_one_of_two_members_waits_ten_seconds_and_says_what_it_may_lack() -> None:
    half = Half("b", chain(A1, (A2, BOTH), draft(1)), 0.0)
    wait(half, 9.9)
    assert half.shown == "recovering waiting"
    wait(half, 0.3)
    assert half.shown == "leader solo"
    assert half.read_lines() == ["alarm may_lack_messages", "persist 4:epoch(b)", "committed 4"]


def test_with_a_link_the_handshake_decides_who_leads() -> None:
    # The peer may have taken the lead in the meantime: not even an own epoch is a reason to hurry.
    half = Half("a", chain(A1), 0.0)
    half.take(steps.LinkUp())
    wait(half, 0.5)
    assert half.shown == "recovering waiting"
    leads = hello_of("b", chain(A1, Epoch(2, "b", "2"), draft(1)), is_leader=True)
    half.take(steps.Received(leads))
    assert half.replica.role.name == "follower"


def test_a_link_that_says_nothing_is_dropped() -> None:
    half = Half("a", chain(A1), 0.0)
    half.take(steps.LinkUp())
    wait(half, 1.2)
    assert "drop link: silence" in half.read_lines()
    assert half.shown == "leader solo"


def test_a_server_that_begins_no_archive_waits_for_one_that_has() -> None:
    half = Half("b", [], 0.0)
    wait(half, 60.0)
    assert half.shown == "recovering waiting"


def test_a_pause_of_its_own_is_no_time_for_the_peer_to_come() -> None:
    half = Half("b", chain(A1, (A2, BOTH)), 0.0)
    wait(half, 5.0)
    half.now += 60.0
    wait(half, 4.5)
    assert half.shown == "recovering waiting"
    wait(half, 1.0)
    assert half.shown == "leader solo"


def test_both_down_and_the_stale_one_first_they_find_each_other_and_lose_nothing() -> None:
    pair = Pair()
    pair.become_dual()
    pair.kill("b")
    pair.a.take(steps.Propose((draft(1),)))
    pair.settle()
    pair.kill("a")
    pair.restart("b")
    pair.wait(12.0)
    assert pair.b.shown == "leader solo"
    pair.restart("a")
    pair.wait(0.05)
    pair.connect()
    pair.wait(0.1)
    assert (pair.a.shown, pair.b.shown) == ("leader dual", "follower dual")
    assert [record.header.counter for record in pair.b.stored if not record.is_epoch] == [1]


def test_a_server_told_to_wait_never_leads_alone_and_says_that_it_waits() -> None:
    half = Half("a", chain(A1, draft(1)), 0.0, settings=Settings(wait_for_peer=True))
    half.take(steps.PeerRefused())
    wait(half, 60.0)
    assert half.shown == "recovering waiting"
    assert half.read_lines() == ["alarm waiting_for_peer"]


def test_two_servers_told_to_wait_go_on_when_they_meet_and_are_as_always_then() -> None:
    pair = Pair(chain(A1, draft(1)), settings=Settings(wait_for_peer=True))
    pair.wait(30.0)
    pair.connect()
    pair.wait(0.1)
    assert (pair.a.shown, pair.b.shown) == ("leader dual", "follower dual")
    assert pair.a.replica.alarm == ""
    pair.kill("b")
    assert pair.a.shown == "leader solo"
