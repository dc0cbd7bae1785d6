"""What the readers together see of the pair."""

from collections.abc import Iterator

import pytest

from server.client.notices import ServersChanged
from server.network.clock import SystemClock
from server.network.loop_thread import LoopThread
from server.protocol.facts import ServerFacts
from server.torture.clients import Way
from server.torture.crowd import Crowd
from server.torture.plan import Plan

PLAN = Plan(seconds=1, faults=0, senders=1, rate_per_s=1, is_overlapping=False, seed=1)


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    """Four readers that are told things by hand."""
    thread = LoopThread("test-crowd")
    yield Crowd(PLAN, Way(("127.0.0.1:1", "127.0.0.1:2"), None, thread, SystemClock()))
    thread.stop()


def tell(crowd: Crowd, mode: str, a: str, b: str, *, readers: int = 4) -> None:
    """The first readers are told the mode, and what A and B are."""
    servers = [ServerFacts("A", "127.0.0.1:1", a), ServerFacts("B", "127.0.0.1:2", b)]
    for reader in crowd._readers[:readers]:
        reader.servers = ServersChanged(servers=servers, mode=mode)


def test_the_pair_is_dual_when_all_readers_say_so(crowd: Crowd) -> None:
    assert not crowd.is_pair_dual
    tell(crowd, "dual", "leader", "follower", readers=3)
    assert not crowd.is_pair_dual
    tell(crowd, "dual", "leader", "follower")
    assert crowd.is_pair_dual


@pytest.mark.parametrize(
    ("mode", "a", "b"),
    [("solo", "leader", "follower"), ("dual", "leader", "away"), ("dual", "follower", "leader")],
)
def test_one_reader_that_sees_it_otherwise_is_enough(crowd: Crowd, mode: str, a: str, b: str) -> None:
    tell(crowd, "dual", "leader", "follower")
    tell(crowd, mode, a, b, readers=1)
    assert not crowd.is_pair_dual


def test_answers_flow_while_nobody_waits_for_more_than_a_few(crowd: Crowd) -> None:
    sender = crowd.history.senders[0]
    sender.sent = 10
    assert not crowd.is_flowing
    for counter in range(1, 9):
        sender.stored(counter, copies=2, at_s=1.0)
    assert crowd.is_flowing


def test_the_role_of_a_server_is_what_somebody_heard_of_it(crowd: Crowd) -> None:
    assert crowd.role_of("B") == "away"
    tell(crowd, "solo", "leader", "follower")
    tell(crowd, "solo", "leader", "away", readers=1)
    assert (crowd.role_of("A"), crowd.role_of("B")) == ("leader", "follower")
