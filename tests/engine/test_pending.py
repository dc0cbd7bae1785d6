"""Requests without an answer: what whoever waits for the leader's word is told."""

import pytest

from server.engine.pending import refusal_told
from server.protocol.errors import Refusal
from server.replication.steps import RefusedByLeader
from tests.replication.servers import Servers
from tests.state.archive_of import message, revoke


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_device_that_was_signed_out_is_told_so_at_both_servers(pair: Servers, name: str) -> None:
    # Found by the simulator (seed 34, faults cut and one_way).
    pair.running["a"].ask(revoke(1, "d"))
    pair.settle()
    (asker,) = pair.running[name].ask(message(2))
    pair.settle()
    assert pair.running[name].verdict(asker) == "device_revoked"


def test_what_a_leader_says_that_is_no_verdict_ends_no_connection() -> None:
    for code in ("frame_too_slow", "of_another_version"):
        told = refusal_told(RefusedByLeader("d", 1, b"digest", code, {}))
        assert told == Refusal("bad_request", {"reason": code})
