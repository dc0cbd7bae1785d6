"""The follower: what it confirms, and when it takes the lead."""

import pytest

from server.archive.record import Epoch
from server.replication import steps
from tests.replication.pair import Half, Pair, chain, draft, hello_of

A1, A2, A3 = Epoch(1, "a", "1"), Epoch(2, "a", "2"), Epoch(3, "a", "3")
BOTH = ("a", "b")


@pytest.fixture
def pair() -> Pair:
    """Two members."""
    made = Pair()
    made.become_dual()
    return made


def test_it_confirms_only_what_is_synced(pair: Pair) -> None:
    pair.b.is_disk_stuck = True
    pair.a.take(steps.Propose((draft(1),)))
    pair.settle()
    assert pair.b.read_lines() == ["persist 3:1"]
    pair.b.is_disk_stuck = False
    pair.b.sync()
    assert pair.b.read_lines() == ["→ confirm 3"]


def test_it_takes_the_lead_at_once_when_the_leaders_process_is_dead(pair: Pair) -> None:
    pair.kill("a")
    assert pair.b.read_lines() == ["persist 3:epoch(b)", "committed 3"]
    assert pair.b.shown == "leader solo"


def test_a_lost_link_alone_is_no_death(pair: Pair) -> None:
    pair.kill("a", is_refused=False)
    assert pair.b.shown == "follower waiting"


def test_it_takes_the_lead_after_a_second_of_silence_and_not_before(pair: Pair) -> None:
    pair.muted = {"a"}
    pair.wait(0.9)
    assert pair.b.shown == "follower dual"
    pair.wait(0.3)
    assert pair.b.shown == "leader solo"
    assert "drop link: silence" in pair.b.read_lines()


def test_it_takes_the_lead_when_it_hears_the_leader_and_is_not_heard(pair: Pair) -> None:
    pair.muted = {"b"}
    pair.wait(1.5)
    assert (pair.a.shown, pair.b.shown) == ("leader solo", "leader solo")


def test_what_it_holds_of_the_old_leader_is_committed_with_its_own_epoch(pair: Pair) -> None:
    pair.a.is_disk_stuck = True
    pair.a.take(steps.Propose((draft(1),)))
    pair.settle()
    pair.b.read_lines()
    pair.kill("a")
    assert pair.b.read_lines() == ["persist 4:epoch(b)", "committed 4"]


def test_a_learner_does_not_take_the_lead() -> None:
    pair = Pair(chain(A1, draft(1), draft(2)), [])
    pair.b.is_disk_stuck = True
    pair.wait(0.05)
    pair.muted = {"a"}
    pair.connect()
    pair.kill("a")
    assert pair.b.shown == "recovering waiting"
    pair.wait(30.0)
    assert pair.b.shown == "recovering waiting"  # It has nothing of the archive.


def test_a_learner_that_has_a_part_of_the_archive_waits_before_it_leads() -> None:
    pair = Pair(chain(A1, draft(1), draft(2)), chain(A1))
    pair.wait(0.05)
    pair.muted = {"a"}
    pair.connect()
    pair.kill("a")
    assert pair.b.shown == "recovering waiting"
    pair.wait(9.0)
    assert pair.b.shown == "recovering waiting"
    pair.wait(2.0)
    assert pair.b.shown == "leader solo"
    assert "alarm may_lack_messages" in pair.b.read_lines()


def test_a_member_of_yesterday_is_none_of_an_epoch_that_is_still_on_its_way() -> None:
    # The leader has let it go, and may have acknowledged alone what has not arrived here.
    half = Half("b", chain(A1, (A2, BOTH)), 0.0)
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("a", chain(A1, (A2, BOTH), A3), is_leader=True)))
    half.take(steps.LinkDown())
    half.take(steps.PeerRefused())
    assert half.shown == "recovering waiting"


def test_a_peer_that_did_not_lead_opens_an_epoch_that_is_still_on_its_way() -> None:
    # Both logs end in the same dual epoch; the peer leads from here on, alone, in a new one.
    half = Half("b", chain(A1, (A2, BOTH)), 0.0)
    half.take(steps.LinkUp())
    half.take(steps.Received(hello_of("a", chain(A1, (A2, BOTH), draft(1)))))
    half.take(steps.LinkDown())
    half.take(steps.PeerRefused())
    assert half.shown == "recovering waiting"


def test_it_serves_when_the_leader_has_spoken_in_this_session(pair: Pair) -> None:
    pair.disconnect()
    assert pair.b.shown == "follower waiting"
    pair.connect()
    assert pair.b.shown == "follower dual"
