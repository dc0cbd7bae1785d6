"""Slow attacks on one server: many sockets that do as little as they can, for as long as they are let.

How many of them there are is what the design's page on security says.
"""

import contextlib
import itertools
import select
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from tests.commands.bad_clients import RawClient, context
from tests.network.ends import raw_connection

# How long an attacker does nothing between two of its little steps.
_PAUSE_S: Final = 0.2
_HELLO: Final = b'{"request":"hello","id":1,"versions":[1],"client":"%s"}\n' % (b"x" * 60)
_GONE: Final = (OSError, ssl.SSLError)


class Tally:
    """How far an attack has come. Its own thread counts, the test's looks."""

    def __init__(self, goal: int, what: str) -> None:
        self.goal: Final = goal
        self._what: Final = what
        self.reached = 0

    def reach(self, count: int) -> None:
        """So many at the most until now."""
        self.reached = max(self.reached, count)

    @property
    def is_full(self) -> bool:
        """Whether it was the attack that it is to be."""
        return self.reached >= self.goal

    def __str__(self) -> str:
        return f"{self.reached:,} of {self.goal:,} {self._what}"


# Attacks the server at a port until it is told to stop, and counts what it does.
Attack = Callable[[int, threading.Event, Tally], None]


def slow_senders(port: int, stopping: threading.Event, tally: Tally) -> None:
    """Slowloris: a greeting of TLS, or a line inside TLS, byte by byte; whoever is closed comes again."""
    tls = context()
    sent: dict[socket.socket, int] = {}
    with contextlib.ExitStack() as held:

        def come(is_plain: bool) -> None:
            with contextlib.suppress(*_GONE):
                connection = raw_connection(port)
                held.callback(connection.close)
                talk = connection if is_plain else tls.wrap_socket(connection)
                held.callback(talk.close)
                sent[talk] = 0

        for number in range(tally.goal):
            come(number % 2 == 0)
        while not stopping.wait(_PAUSE_S):
            for talk, position in list(sent.items()):
                is_plain = not isinstance(talk, ssl.SSLSocket)
                data = b"\x16\x03\x01\x02\x00" + b"\x01" * 60 if is_plain else _HELLO
                try:
                    talk.send(data[position : position + 1])
                    sent[talk] = min(position + 1, len(data) - 2)
                except _GONE:
                    del sent[talk]
                    talk.close()
                    come(is_plain)
            tally.reach(sum(position > 0 for position in sent.values()))
            # One whose place was not to be had is another one's.
            for number in range(len(sent), tally.goal):
                come(number % 2 == 0)


def half_open(port: int, stopping: threading.Event, tally: Tally) -> None:
    """Connections that never say a word; whoever is closed comes again."""
    poll = select.poll()
    silent: dict[int, socket.socket] = {}

    def come() -> None:
        with contextlib.suppress(OSError):
            connection = raw_connection(port)
            silent[connection.fileno()] = connection
            poll.register(connection, select.POLLIN)

    try:
        while not stopping.wait(_PAUSE_S):
            for descriptor, _ in poll.poll(0):
                poll.unregister(descriptor)
                silent.pop(descriptor).close()
            for _ in range(len(silent), tally.goal):
                come()
            tally.reach(len(silent))
    finally:
        for connection in silent.values():
            connection.close()


def slow_readers(port: int, stopping: threading.Event, tally: Tally) -> None:
    """People who are signed in and read one byte now and then; one writes as much as it can."""
    with contextlib.ExitStack() as held:
        readers = [held.enter_context(RawClient(port, receive_buffer_bytes=2048)) for _ in range(tally.goal)]
        for number, reader in enumerate(readers):
            # One person has a few connections, so these are some.
            reader.sign_in(f"Slow Reader {number // 20}")
            reader.socket.settimeout(0)
        writer = held.enter_context(RawClient(port))
        writer.sign_in("Writer")
        counter = 0
        while not stopping.wait(_PAUSE_S):
            for _ in range(5):
                counter += 1
                text = "x" * 8_000
                writer.ask(
                    request="send", id=counter + 10, counter=counter, room="general", text=text, time_ms=1
                )
            count = 0
            for reader in readers:
                with contextlib.suppress(*_GONE):
                    count += len(reader.socket.recv(1))
            tally.reach(count)


def reconnects(port: int, stopping: threading.Event, tally: Tally) -> None:
    """Sign-ins on four threads, each of which hangs up at once; again and again."""
    came = itertools.count(1)

    def come() -> None:
        while not stopping.is_set():
            with contextlib.suppress(*_GONE), RawClient(port) as client:
                number = next(came)
                client.sign_in(f"Storm {number % 20}")
                tally.reach(number)

    with ThreadPoolExecutor(4) as pool:
        for storming in [pool.submit(come) for _ in range(4)]:
            storming.result()


# What each has to reach: how many, and of what.
ATTACKS: Final[dict[Attack, tuple[int, str]]] = {
    slow_senders: (500, "that send a byte now and then, at once"),
    half_open: (1_000, "that never say a word, at once"),
    slow_readers: (200, "that are signed in and read a byte now and then, at once"),
    reconnects: (1_000, "that sign in and hang up"),
}
