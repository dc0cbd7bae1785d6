"""The leader: when it goes on alone, when two count again, and how the follower gets the log."""

import pytest

from server.archive.record import Epoch
from server.replication import steps
from server.replication.messages import Append
from server.replication.settings import Settings
from tests.replication.pair import Pair, chain, draft

A1 = Epoch(1, "a", "1")


@pytest.fixture
def pair() -> Pair:
    """Two members."""
    made = Pair()
    made.become_dual()
    return made


def test_it_goes_on_alone_at_once_when_the_followers_process_is_dead(pair: Pair) -> None:
    pair.a.take(steps.Propose((draft(1),)))
    pair.muted = {"b"}
    pair.settle()
    pair.a.read_lines()
    pair.kill("b")
    assert pair.a.read_lines() == ["persist 4:epoch(a)", "committed 4"]


def test_what_waits_is_acknowledged_only_when_the_step_down_is_durable(pair: Pair) -> None:
    pair.muted = {"b"}
    pair.a.take(steps.Propose((draft(1),)))
    pair.settle()
    pair.a.is_disk_stuck = True
    pair.a.read_lines()
    pair.kill("b")
    assert pair.a.read_lines() == ["persist 4:epoch(a)"]
    pair.a.is_disk_stuck = False
    pair.settle()
    assert pair.a.read_lines() == ["committed 4"]


def test_it_goes_on_alone_after_a_second_of_silence(pair: Pair) -> None:
    pair.muted = {"b"}
    pair.wait(1.2)
    assert pair.a.shown == "leader solo"
    assert pair.a.replica.log.last_index == 3


def test_two_do_not_count_over_a_link_that_is_being_dropped(pair: Pair) -> None:
    pair.muted = {"a", "b"}
    pair.wait(5.0)
    names = [line for line in pair.a.read_lines() if line.startswith("persist")]
    assert names == ["persist 3:epoch(a)"]


def test_a_follower_that_is_heard_and_does_not_confirm_is_let_go(pair: Pair) -> None:
    pair.b.is_disk_stuck = True
    pair.a.take(steps.Propose((draft(1),)))
    pair.wait(1.4)
    assert pair.a.shown == "leader dual"
    pair.wait(0.3)
    assert pair.a.shown == "leader solo"
    assert pair.a.read_lines() == [
        "persist 3:1",
        "→ append 3:1 commit 2",
        "alarm slow_peer",
        "persist 4:epoch(a)",
        "→ append 4:epoch(a) commit 2",
        "committed 4",
        "→ append commit 4",
    ]


def test_it_counts_again_after_five_seconds_of_normal_confirmations(pair: Pair) -> None:
    pair.b.is_disk_stuck = True
    pair.a.take(steps.Propose((draft(1),)))
    pair.wait(2.0)
    pair.b.is_disk_stuck = False
    pair.wait(4.5)
    assert pair.a.shown == "leader solo"
    pair.wait(1.0)
    assert (pair.a.shown, pair.b.shown) == ("leader dual", "follower dual")
    assert pair.a.replica.alarm == ""


def test_a_pause_of_its_own_makes_nobody_slow_or_silent(pair: Pair) -> None:
    pair.a.take(steps.Propose((draft(1),)))
    pair.now += 60.0
    pair.wait(0.05)
    assert (pair.a.shown, pair.b.shown) == ("leader dual", "follower dual")


def test_a_silence_after_a_pause_is_noticed_as_soon_as_any_other(pair: Pair) -> None:
    pair.now = pair.a.now = pair.b.now = pair.now + 60.0
    # What came in the meantime is read first, then the clock.
    pair.b.take(steps.Tick())
    pair.settle()
    pair.a.take(steps.Tick())
    pair.settle()
    pair.muted = {"a", "b"}
    pair.wait(1.3)
    assert pair.a.shown == "leader solo"


def test_a_newcomer_far_behind_is_a_learner_until_it_is_near() -> None:
    pair = Pair(chain(A1, *[draft(counter) for counter in range(1, 400)]), [])
    pair.b.is_disk_stuck = True
    pair.wait(0.05)
    pair.connect()
    assert pair.a.shown == "leader solo"
    pair.b.is_disk_stuck = False
    pair.settle()
    assert (pair.a.shown, pair.b.shown) == ("leader dual", "follower dual")


def test_no_more_than_the_limit_is_on_its_way_at_once() -> None:
    settings = Settings(append_bytes=300, in_flight_bytes=900)
    pair = Pair(chain(A1, *[draft(counter) for counter in range(1, 60)]), [], settings=settings)
    pair.b.is_disk_stuck = True
    pair.wait(0.05)
    pair.connect()
    on_its_way = [effect for effect in pair.a.did(steps.SendToPeer) if _carries_records(effect)]
    assert 3 <= len(on_its_way) <= 5
    pair.b.is_disk_stuck = False
    pair.wait(0.1)
    assert pair.b.shown == "follower dual"
    assert len(pair.b.stored) == len(pair.a.stored)


def _carries_records(effect: steps.Effect) -> bool:
    assert isinstance(effect, steps.SendToPeer)
    return isinstance(effect.message, Append) and bool(effect.message.records)


def test_records_that_were_loaded_for_an_earlier_lead_are_not_sent(pair: Pair) -> None:
    pair.disconnect()
    stale = chain(Epoch(7, "a", "x"), draft(8), draft(9))
    pair.b.replica.log.cut(0)
    pair.a.sent.clear()
    pair.connect()
    pair.a.read_lines()
    pair.a.take(steps.Loaded(tuple(stale)))
    assert pair.a.read_lines() == []
