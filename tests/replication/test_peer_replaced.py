"""Another server takes the place of the peer: from then on nothing waits for the old one."""

import pytest

from server.archive.record import Epoch
from server.replication import steps
from server.replication.settings import Settings
from tests.replication.pair import Half, Pair, chain, draft, hello_of

A1, A2 = Epoch(1, "a", "1"), Epoch(2, "a", "2")
BOTH = ("a", "b")


def greets(half: Half, server: str) -> None:
    """The new server comes, with nothing, and takes what it is sent."""
    half.take(steps.LinkUp())
    half.sent.clear()
    half.take(steps.Received(hello_of(server, [])))


def replace(half: Half) -> None:
    half.take(steps.PeerReplaced("c"))
    half.sync()


def test_a_leader_whose_follower_is_replaced_goes_on_alone_and_then_counts_the_new_one() -> None:
    pair = Pair()
    pair.become_dual()
    pair.b.is_disk_stuck = True
    pair.a.take(steps.Propose((draft(1),)))
    pair.a.sync()
    replace(pair.a)
    assert pair.a.shown == "leader solo"
    assert pair.a.replica.commit == pair.a.replica.log.last_index
    greets(pair.a, "c")
    assert pair.a.replica.role.name == "leader"
    new = Half("c", [], pair.now, settings=Settings())
    assert new.replica.role.name == "recovering"


def test_a_strict_leader_waits_for_the_new_one_and_commits_nothing_with_the_old_one_gone() -> None:
    pair = Pair(settings=Settings(strict=True))
    pair.become_dual()
    pair.b.is_disk_stuck = True
    pair.a.take(steps.Propose((draft(1),)))
    pair.a.sync()
    replace(pair.a)
    assert (pair.a.shown, pair.a.replica.commit) == ("recovering waiting", 1)
    greets(pair.a, "c")
    pair.a.sync()
    assert pair.a.shown == "leader waiting"
    assert pair.a.replica.log.members == ("a", "c")
    assert pair.a.replica.commit == 1


def test_a_member_whose_leader_is_replaced_takes_the_lead() -> None:
    pair = Pair()
    pair.become_dual()
    pair.b.take(steps.PeerReplaced("c"))
    pair.b.sync()
    assert pair.b.shown == "leader solo"


@pytest.mark.parametrize("settings", [Settings(), Settings(strict=True), Settings(wait_for_peer=True)])
def test_a_server_that_waits_for_the_old_one_leads_when_the_new_one_comes(settings: Settings) -> None:
    half = Half("b", chain(A1, (A2, BOTH), draft(1)), 0.0, settings=settings)
    replace(half)
    assert half.shown == "recovering waiting"
    greets(half, "c")
    half.sync()
    assert half.replica.role.name == "leader"
    assert half.replica.peer == "c"
