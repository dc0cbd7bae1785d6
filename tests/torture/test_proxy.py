"""The proxy copies bytes, and holds them as a network that is cut."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from server.network.loop_thread import LoopThread
from server.torture.proxy import Proxy, Way
from tests.network.conftest import LOOPS
from tests.waiting import DEADLINE_S, wait_until

BOTH = (Way.IN, Way.OUT)


class Ends:
    """A server's listening socket, a proxy before it, and everything that was opened."""

    def __init__(self, thread: LoopThread) -> None:
        self._thread = thread
        self._open = contextlib.ExitStack()
        self.listening = self._open.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.listening.settimeout(DEADLINE_S)
        self.proxy = Proxy(self.listening.getsockname()[1])
        self.run(self.proxy.open())

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._thread.run_sync(coroutine, DEADLINE_S)

    def dial(self) -> socket.socket:
        dialer = self._open.enter_context(
            socket.create_connection(("127.0.0.1", self.proxy.port), DEADLINE_S)
        )
        dialer.settimeout(DEADLINE_S)
        return dialer

    def take(self) -> socket.socket:
        server = self._open.enter_context(self.listening.accept()[0])
        server.settimeout(DEADLINE_S)
        return server

    def connect(self) -> tuple[socket.socket, socket.socket]:
        """A connection that has carried something each way."""
        dialer = self.dial()
        server = self.take()
        dialer.sendall(b"?")
        assert server.recv(1) == b"?"
        server.sendall(b"!")
        assert dialer.recv(1) == b"!"
        return dialer, server

    def close(self) -> None:
        with self._open:
            self.run(self.proxy.close())


@pytest.fixture(params=LOOPS)
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    """A proxy on a running loop of each kind."""
    thread = LoopThread("test-proxy", LOOPS[request.param])
    thread.start()
    try:
        ends = Ends(thread)
        yield ends
        ends.close()
    finally:
        thread.stop()


def is_silent(end: socket.socket) -> bool:
    """Whether nothing is there to read, not even an end; the other way round has carried something since."""
    end.setblocking(False)
    try:
        end.recv(1)
    except BlockingIOError:
        return True
    finally:
        end.settimeout(DEADLINE_S)
    return False


def is_reset(end: socket.socket) -> bool:
    try:
        return end.recv(1) == b""
    except ConnectionResetError:
        return True


def test_what_is_sent_arrives_each_way_and_large_amounts_too(ends: Ends) -> None:
    dialer, server = ends.connect()
    amount = bytes(range(256)) * 20_000
    dialer.setblocking(False)
    sent, arrived = 0, b""

    def carry() -> bool:
        nonlocal sent, arrived
        with contextlib.suppress(BlockingIOError):
            sent += dialer.send(amount[sent : sent + 1_000_000])
        arrived += server.recv(1_000_000)
        return len(arrived) == len(amount)

    wait_until(carry)
    assert arrived == amount


def test_a_cut_both_ways_holds_everything_until_it_heals(ends: Ends) -> None:
    dialer, server = ends.connect()
    ends.run(ends.proxy.hold(BOTH))
    dialer.sendall(b"there")
    server.sendall(b"back")
    late = ends.dial()
    late.sendall(b"late")
    assert is_silent(dialer)
    assert is_silent(server)
    ends.run(ends.proxy.let_go(BOTH, resets=False))
    assert server.recv(5) == b"there"
    assert dialer.recv(4) == b"back"
    assert ends.take().recv(4) == b"late"


def test_a_cut_one_way_lets_the_other_way_pass(ends: Ends) -> None:
    dialer, server = ends.connect()
    ends.run(ends.proxy.hold((Way.IN,)))
    dialer.sendall(b"held")
    server.sendall(b"passes")
    assert dialer.recv(6) == b"passes"
    assert is_silent(server)
    ends.run(ends.proxy.let_go((Way.IN,), resets=False))
    assert server.recv(4) == b"held"


def test_the_end_of_a_connection_is_held_as_well(ends: Ends) -> None:
    dialer, server = ends.connect()
    ends.run(ends.proxy.hold((Way.OUT,)))
    server.close()
    # The proxy notices, for what comes in has nowhere to go.
    for _ in range(3):
        dialer.sendall(b"?")
    assert is_silent(dialer)
    ends.run(ends.proxy.let_go((Way.OUT,), resets=False))
    assert is_reset(dialer)


def test_a_cut_that_ends_with_resets_ends_what_was_cut(ends: Ends) -> None:
    dialer, server = ends.connect()
    ends.run(ends.proxy.hold(BOTH))
    late = ends.dial()
    wait_until(lambda: ends.proxy.connection_count == 2)
    ends.run(ends.proxy.let_go(BOTH, resets=True))
    assert is_reset(dialer)
    assert is_reset(server)
    assert is_reset(late)
    ends.connect()


def test_two_cuts_at_once_heal_with_the_last_one(ends: Ends) -> None:
    dialer, server = ends.connect()
    ends.run(ends.proxy.hold(BOTH))
    ends.run(ends.proxy.hold((Way.IN,)))
    ends.run(ends.proxy.let_go(BOTH, resets=False))
    assert ends.proxy.is_held(Way.IN)
    server.sendall(b"passes")
    assert dialer.recv(6) == b"passes"
    dialer.sendall(b"held")
    assert is_silent(server)
    ends.run(ends.proxy.let_go((Way.IN,), resets=False))
    assert server.recv(4) == b"held"


@pytest.mark.parametrize("end", ["dialer", "server"])
def test_the_end_of_one_side_is_the_end_of_the_other(ends: Ends, end: str) -> None:
    dialer, server = ends.connect()
    closing, other = (dialer, server) if end == "dialer" else (server, dialer)
    closing.sendall(b"bye")
    closing.close()
    assert other.recv(3) == b"bye"
    assert is_reset(other)


def dials(ends: Ends) -> Callable[[], bool]:
    def succeeds() -> bool:
        try:
            ends.dial()
        except ConnectionRefusedError:
            return False
        return True

    return succeeds


def test_a_dead_process_refuses_and_comes_back_at_the_same_port(ends: Ends) -> None:
    port = ends.proxy.port
    ends.run(ends.proxy.refuse())
    wait_until(lambda: not dials(ends)())
    ends.run(ends.proxy.accept())
    assert ends.proxy.port == port
    ends.connect()


def test_behind_a_cut_nobody_sees_that_a_process_is_dead(ends: Ends) -> None:
    ends.run(ends.proxy.hold(BOTH))
    ends.run(ends.proxy.refuse())
    assert dials(ends)()
    ends.run(ends.proxy.let_go(BOTH, resets=False))
    wait_until(lambda: not dials(ends)())


def test_a_server_that_is_away_hangs_up_on_who_dials(ends: Ends) -> None:
    ends.listening.close()
    assert is_reset(ends.dial())


# --- whatever moment it is, and whatever is raised


TURNS = range(15)  # More turns of the loop than a connection needs until it has carried something.


def dial_and_then(ends: Ends, turns: int, act: Callable[[Proxy], Coroutine[Any, Any, None]]) -> socket.socket:
    """Dial, and do this exactly so many turns of the loop later: all of it happens on the loop."""
    dialers = []

    async def steps() -> None:
        dialers.append(ends.dial())
        dialers[0].sendall(b"?")
        for _ in range(turns):
            await asyncio.sleep(0)
        await act(ends.proxy)

    ends.run(steps())
    return dialers[0]


def all_is_over(ends: Ends, dialer: socket.socket) -> bool:
    """Whether both sides of all connections were told their end."""
    servers = []
    ends.listening.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            servers.append(ends.take())
    for server in servers:
        with contextlib.suppress(ConnectionResetError):
            server.recv(1)
    return all(map(is_reset, [dialer, *servers])) and ends.proxy.connection_count == 0


@pytest.mark.parametrize("turns", TURNS)
def test_a_close_ends_a_connection_in_whatever_moment_it_is(ends: Ends, turns: int) -> None:
    assert all_is_over(ends, dial_and_then(ends, turns, Proxy.close))


@pytest.mark.parametrize("turns", TURNS)
def test_a_reset_ends_a_connection_in_whatever_moment_it_is(ends: Ends, turns: int) -> None:
    async def reset(proxy: Proxy) -> None:
        # Whoever dialled is taken at the latest now, and reset in the same turn.
        await proxy.refuse()
        await proxy.let_go((), resets=True)

    dialer = dial_and_then(ends, turns, reset)
    wait_until(lambda: ends.proxy.connection_count == 0)
    assert all_is_over(ends, dialer)


def test_a_close_that_was_given_up_is_done_by_the_next_one(ends: Ends) -> None:
    async def twice(proxy: Proxy) -> None:
        first = asyncio.create_task(proxy.close())
        await asyncio.sleep(0)
        first.cancel()
        await proxy.close()

    assert all_is_over(ends, dial_and_then(ends, 1, twice))


@pytest.mark.expected_errors("a connection through a proxy failed")
@pytest.mark.parametrize("step", ["_dial", "_carry"])
def test_a_mistake_of_a_loop_ends_the_connection(
    ends: Ends, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("closed Transport handle and unset waiter")

    monkeypatch.setattr(f"server.torture.proxy._Connection.{step}", fail)
    assert is_reset(ends.dial())
    wait_until(lambda: ends.proxy.connection_count == 0)
