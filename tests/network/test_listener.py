"""Tests of server/network/listener.py: its limits hold, strangers wait, and nobody blocks the others."""

import contextlib
import socket

import pytest

from server.network.channel import ChannelLimits
from server.network.errors import ClosedCode, NetworkError
from server.network.listener import ListenerLimits
from tests.network.ends import Ends, Identity, Recorder, echo, raw_connection, read_to_end
from tests.waiting import wait_until

ONE_ADDRESS_IS_LIMITED = ListenerLimits(
    half_open_max=10, half_open_per_address_max=2, waiting_per_address_max=2, trusted_networks=()
)


def stranger() -> Recorder:
    """A handler that never says who it is."""
    return Recorder(echo, is_established=False)


def is_answered(connection: socket.socket) -> bool:
    connection.sendall(b"?")
    return connection.recv(1) == b"?"


def test_port_zero_is_a_free_port_and_the_real_one_is_told(ends: Ends) -> None:
    listener = ends.listen(lambda: Recorder(echo))
    assert listener.port > 0
    with raw_connection(listener.port) as connection:
        assert is_answered(connection)


def test_a_port_in_use_is_said_in_a_sentence(ends: Ends) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(NetworkError, match=f"Port {port} of 127.0.0.1 is in use by another") as caught:
            ends.listen_on("127.0.0.1", port)
    assert caught.value.code == "port_in_use"
    assert caught.value.arguments["port"] == port


def test_an_address_of_another_computer_is_said_in_a_sentence(ends: Ends) -> None:
    with pytest.raises(NetworkError, match=r"192\.0\.2\.1 is not an address of this computer") as caught:
        ends.listen_on("192.0.2.1", 0)
    assert caught.value.code == "address_not_here"


def test_beyond_the_half_open_limit_connections_wait_and_are_served_in_turn(ends: Ends) -> None:
    listener = ends.listen(stranger, limits=ListenerLimits(half_open_max=3))
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(raw_connection(listener.port)) for _ in range(8)]
        assert all(is_answered(connection) for connection in connections[:3])
        for connection in connections[3:]:
            connection.sendall(b"?")
        wait_until(lambda: len(ends.served) == 3)
        assert ends.on_loop(lambda: listener.half_open_count) == 3
        for first, waiting in zip(connections, connections[3:], strict=False):
            first.close()
            assert waiting.recv(1) == b"?"
            assert ends.on_loop(lambda: listener.half_open_count) <= 3


def test_who_is_established_makes_room_for_the_next(ends: Ends) -> None:
    listener = ends.listen(stranger, limits=ListenerLimits(half_open_max=1))
    with raw_connection(listener.port) as first, raw_connection(listener.port) as second:
        assert is_answered(first)
        established = ends.served[0].channel
        assert established is not None
        ends.thread.call(established.established)
        ends.thread.call(established.established)
        assert is_answered(second)
        assert is_answered(first)
        assert ends.on_loop(lambda: listener.half_open_count) == 1
        assert ends.on_loop(lambda: listener.channel_count) == 2


def test_one_address_at_its_limit_waits_while_others_get_past_it(ends: Ends) -> None:
    listener = ends.listen(stranger, limits=ONE_ADDRESS_IS_LIMITED)
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(raw_connection(listener.port, source="127.0.0.2")) for _ in range(4)]
        assert all(is_answered(connection) for connection in crowd[:2])
        other = stack.enter_context(raw_connection(listener.port, source="127.0.0.3"))
        assert is_answered(other)
        crowd[2].sendall(b"?")
        assert len(ends.served) == 3
        crowd[0].close()
        assert crowd[2].recv(1) == b"?"
        crowd[1].close()
        assert is_answered(crowd[3])


def test_an_ipv6_network_is_one_address(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    # Computers of loopback networks have one address of IPv6: theirs are taken for others here.
    seen = {f"127.0.0.{n}": f"2001:db8::{n}" for n in range(2, 5)} | {"127.0.0.9": "2001:db8:0:1::9"}
    monkeypatch.setattr("server.network.listener._plain_address", seen.__getitem__)
    listener = ends.listen(stranger, limits=ONE_ADDRESS_IS_LIMITED)
    with contextlib.ExitStack() as stack:

        def connected(source: str) -> socket.socket:
            return stack.enter_context(raw_connection(listener.port, source=source))

        first, second, third = map(connected, list(seen)[:3])
        assert is_answered(first)
        assert is_answered(second)
        third.sendall(b"?")
        assert is_answered(connected("127.0.0.9"))
        assert len(ends.served) == 3
        first.close()
        assert third.recv(1) == b"?"


def test_a_flood_from_one_address_is_cut_and_the_others_do_not_feel_it(ends: Ends) -> None:
    listener = ends.listen(stranger, limits=ONE_ADDRESS_IS_LIMITED)
    with contextlib.ExitStack() as stack:
        flood = [stack.enter_context(raw_connection(listener.port, source="127.0.0.2")) for _ in range(50)]
        assert all(read_to_end(connection) == b"" for connection in flood[4:])
        other = stack.enter_context(raw_connection(listener.port, source="127.0.0.3"))
        assert is_answered(other)
        assert is_answered(flood[0])


def test_loopback_has_no_limit_for_one_address(ends: Ends) -> None:
    listener = ends.listen(stranger)
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            assert is_answered(stack.enter_context(raw_connection(listener.port)))


def test_a_storm_of_connections_is_served_completely(ends: Ends) -> None:
    listener = ends.listen(lambda: Recorder(echo))
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(raw_connection(listener.port)) for _ in range(300)]
        assert all(is_answered(connection) for connection in connections)
    wait_until(lambda: ends.on_loop(lambda: listener.channel_count) == 0)
    assert ends.on_loop(lambda: listener.half_open_count) == 0


def test_a_client_that_is_silent_in_the_handshake_delays_nobody(ends: Ends, identity: Identity) -> None:
    listener = ends.listen(lambda: Recorder(echo), identity.terms)
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(raw_connection(listener.port))
        client = Recorder()
        ends.thread.call(ends.dial(listener.port, client, identity.trust).write, b"hello")
        wait_until(lambda: client.data == b"hello")


def test_a_client_that_is_silent_in_the_handshake_is_closed(ends: Ends, identity: Identity) -> None:
    listener = ends.listen(stranger, identity.terms, channel_limits=ChannelLimits(handshake_s=0.1))
    with raw_connection(listener.port) as connection:
        assert read_to_end(connection) == b""
    assert ends.served == []
    wait_until(lambda: ends.on_loop(lambda: listener.half_open_count) == 0)


def test_who_dials_after_the_stop_is_refused_and_who_is_in_stays(ends: Ends) -> None:
    listener = ends.listen(lambda: Recorder(echo))
    with raw_connection(listener.port) as connection:
        assert is_answered(connection)
        ends.on_loop(listener.stop_accepting)
        wait_until(lambda: is_refused(listener.port))
        assert is_answered(connection)


def test_a_listener_that_stops_before_it_began_frees_its_port(ends: Ends) -> None:
    port = ends.run(ends.listen_and_stop_at_once())
    wait_until(lambda: is_refused(port))


def test_closing_the_listener_ends_every_channel(ends: Ends, carrier: Identity | None) -> None:
    client = Recorder()
    listener = ends.listen(lambda: Recorder(echo), carrier.terms if carrier else None)
    ends.dial(listener.port, client, carrier.trust if carrier else None)
    with raw_connection(listener.port):
        ends.run(listener.close(timeout_s=0.1))
        assert client.wait_closed() is None
        assert listener.channel_count == 0
        assert all(recorder.is_closed for recorder in ends.served)


def test_closing_the_listener_drops_who_does_not_hang_up(ends: Ends) -> None:
    listener = ends.listen(lambda: Recorder(echo))
    with raw_connection(listener.port) as connection:
        assert is_answered(connection)
        ends.run(listener.close(timeout_s=0.1))
        reason = ends.served[0].reason
        assert reason is not None
        assert reason.code is ClosedCode.ABORTED


def is_refused(port: int) -> bool:
    try:
        raw_connection(port).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        # It was still in the queue of the listening socket when that one closed.
        return False
    return False
