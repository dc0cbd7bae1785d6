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
    alarms = [line for line in pair.b.read_lines() if "alarm" in line]
    assert alarms == ["alarm may_lack_messages", "no alarm"]
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


# --- a server that has less than it once confirmed


def test_a_server_that_lost_something_never_leads_alone_and_says_why() -> None:
    half = Half("a", chain(A1), 0.0, may_lead_alone=False)
    wait(half, 60.0)
    assert half.shown == "recovering waiting"
    assert half.read_lines() == ["alarm lacks_confirmed"]


def level(pair: Pair) -> None:
    pair.connect()
    pair.wait(0.1)


def test_it_refills_from_the_peer_and_may_then_lead_like_any_other() -> None:
    records = chain(A1, draft(1), (A2, BOTH), draft(2), draft(3), Epoch(3, "b", "3"), draft(4))
    pair = Pair(records[:4], records)
    pair.halves["a"] = Half("a", records[:4], pair.now, may_lead_alone=False)
    pair.wait(1.0)
    assert pair.a.shown == "recovering waiting"
    level(pair)
    pair.settle()
    alarms = [line for line in pair.a.read_lines() if line.startswith("alarm")]
    assert alarms == ["alarm lacks_confirmed", "alarm refilling"]
    assert (pair.a.shown, pair.b.shown) == ("follower dual", "leader dual")
    assert (pair.a.replica.may_lead_alone, pair.a.replica.alarm) == (True, "")
    assert pair.a.stored[:7] == records or [r.hash for r in pair.a.stored[:7]] == [r.hash for r in records]
    pair.kill("b")
    pair.a.take(steps.PeerRefused())
    pair.settle()
    assert pair.a.shown == "leader solo"


def test_it_counts_as_no_member_before_it_is_refilled_although_its_log_says_so() -> None:
    # Its log and the leader's end in the same epoch of both; only the end of that epoch is missing here.
    records = chain(A1, (Epoch(2, "b", "2"), BOTH), draft(1), draft(2))
    half = Half("a", records[:3], 0.0, may_lead_alone=False)
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("b", records, is_leader=True)))
    assert (half.shown, half.replica.alarm) == ("follower waiting", "refilling")
    half.take(steps.LinkDown())
    half.take(steps.PeerRefused())
    wait(half, 60.0)
    assert half.shown == "recovering waiting"


def test_it_leads_when_the_other_one_has_nothing_better() -> None:
    # The handshake has shown that nobody else has what was lost.
    half = Half("a", chain(A1, A2, draft(1)), 0.0, may_lead_alone=False)
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("b", chain(A1))))
    half.sync()
    assert half.shown == "leader solo"
    assert (half.replica.may_lead_alone, half.replica.alarm) == (True, "")
