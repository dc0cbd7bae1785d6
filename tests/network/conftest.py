"""Fixtures of the network tests: both event loops, plain and TLS."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
import uvloop

from server.network.loop_thread import LoopThread
from tests.network.ends import Ends, Identity, make_identity

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


@pytest.fixture(params=LOOPS)
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    """A running loop of each kind."""
    thread = LoopThread("test-loop", LOOPS[request.param])
    thread.start()
    ends = Ends(thread)
    try:
        yield ends
        ends.close()
    finally:
        thread.stop()


@pytest.fixture(scope="session")
def identity() -> Identity:
    """A cluster's authority and one server of it."""
    return make_identity()


@pytest.fixture(params=["plain", "tls"])
def carrier(request: pytest.FixtureRequest, identity: Identity) -> Identity | None:
    """None for plain TCP, an identity for TLS."""
    return identity if request.param == "tls" else None
