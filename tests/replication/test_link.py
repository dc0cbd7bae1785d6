"""The link: who hears whom, and what a pause of this process means for that."""

from server.replication.link import Link
from server.replication.messages import Confirm, Heartbeat


def beat(heard_ms_ago: int) -> Heartbeat:
    return Heartbeat("s", True, 1, 1, b"", heard_ms_ago)


def test_a_peer_that_hears_and_is_heard_is_alive() -> None:
    link = Link(heard_at=0.0)
    link.heard(10.0, beat(0))
    assert not link.is_silent(10.9, 1.0)
    assert link.is_silent(11.1, 1.0)


def test_a_peer_that_is_heard_and_does_not_hear_is_silent() -> None:
    link = Link(heard_at=0.0)
    link.heard(10.0, beat(0))
    link.heard(11.1, beat(1_100))
    assert link.is_silent(11.1, 1.0)


def test_any_message_is_a_sign_of_life_and_only_a_heartbeat_says_who_hears() -> None:
    link = Link(heard_at=0.0)
    link.heard(10.0, Confirm("s", 1))
    assert link.heard_at == 10.0
    assert link.heard_us_at == 0.0


def test_what_was_heard_of_us_never_gets_older_by_a_late_heartbeat() -> None:
    link = Link(heard_at=0.0)
    link.heard(10.0, beat(0))
    link.heard(10.1, beat(5_000))
    assert link.heard_us_at == 10.0


def test_a_pause_of_this_process_is_not_the_silence_of_the_peer() -> None:
    link = Link(heard_at=10.0)
    link.forgive(60.0, now=70.2)
    assert not link.is_silent(70.2, 1.0)


def test_a_pause_is_never_forgiven_into_the_future() -> None:
    link = Link(heard_at=10.0)
    link.heard(70.0, beat(0))
    link.forgive(60.0, now=70.0)
    assert link.is_silent(71.1, 1.0)
