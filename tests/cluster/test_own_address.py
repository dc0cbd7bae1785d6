"""The addresses of this computer: free ones are found, used and foreign ones are told."""

import socket

import pytest

from server.cluster.own_address import claim, own_host_towards
from server.names.addresses import Address
from server.network.errors import NetworkError
from server.network.loop_thread import LoopThread
from tests.waiting import DEADLINE_S


def test_port_0_becomes_free_ports_that_differ(loop: LoopThread) -> None:
    free = Address("127.0.0.1", 0)
    first, second = loop.run_sync(claim(free, free), DEADLINE_S)
    assert first.port != second.port
    assert loop.run_sync(claim(first, second), DEADLINE_S) == [first, second]


def test_a_port_in_use_and_a_foreign_address_are_told(loop: LoopThread) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NetworkError, match=f"Port {port} of 127.0.0.1 is in use"):
            loop.run_sync(claim(Address("127.0.0.1", port)), DEADLINE_S)
    with pytest.raises(NetworkError, match="is not an address of this computer"):
        # TEST-NET-3 (RFC 5737): nobody has it.
        loop.run_sync(claim(Address("203.0.113.77", 0)), DEADLINE_S)


def test_the_same_port_twice_is_told(loop: LoopThread) -> None:
    (address,) = loop.run_sync(claim(Address("127.0.0.1", 0)), DEADLINE_S)
    with pytest.raises(NetworkError, match="is in use"):
        loop.run_sync(claim(address, address), DEADLINE_S)


def test_the_own_address_towards_loopback_is_loopback(loop: LoopThread) -> None:
    assert loop.run_sync(own_host_towards(Address("127.0.0.1", 9)), DEADLINE_S) == "127.0.0.1"
