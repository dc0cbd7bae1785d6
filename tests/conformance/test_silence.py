"""Silence: whoever says nothing for long, not even to a ping, is taken for dead."""

from server.protocol import limits
from tests.commands.bad_clients import RawClient
from tests.conformance.server_under_test import Honest, checked


def test_who_is_silent_for_long_is_asked_for_a_sign_of_life_and_then_sent_away(
    silent: RawClient, honest: Honest
) -> None:
    *told, last = silent.end()
    assert (checked(last), last["arguments"]) == ("silent", {"limit_s": limits.DEAD_AFTER_S})
    assert "error" not in {event["event"] for event in told}
    honest.is_served()
