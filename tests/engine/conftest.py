"""What the tests of the engine share."""

import pytest

from tests.engine.merging import cut_off
from tests.replication.servers import Server, Servers, dual_pair
from tests.state.archive_of import device


@pytest.fixture
def split() -> Servers:
    """Two servers that are cut off from each other, each with a person of its own."""
    return cut_off()


@pytest.fixture
def alone() -> Server:
    """A server that leads alone, with one device signed in."""
    servers = Servers()
    server = servers.start("a")
    servers.wait(0.05)
    server.ask(device())
    servers.settle()
    return server


@pytest.fixture
def pair() -> Servers:
    """Two servers in dual mode; device `d` is signed in."""
    servers = dual_pair(device())
    modes = {server.engine.replica.mode for server in servers.running.values()}
    assert modes == {"dual"}
    return servers
