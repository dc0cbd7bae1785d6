"""Slow attacks on one server: many sockets that do as little as they can, for as long as they are let."""

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from tests.commands.bad_clients import RawClient, context
from tests.network.ends import raw_connection

SLOW_SENDERS: Final = 500
HALF_OPEN: Final = 1_000
SLOW_READERS: Final = 200
RECONNECTS: Final = 1_000

# How long an attacker does nothing between two of its little steps.
_PAUSE_S: Final = 0.2
_HELLO: Final = b'{"request":"hello","id":1,"versions":[1],"client":"%s"}\n' % (b"x" * 60)
_GONE: Final = (OSError, ssl.SSLError)

# Attacks the server at a port until it is told to stop; gives how often it did what it does.
Attack = Callable[[int, threading.Event], int]


def slow_senders(port: int, stopping: threading.Event) -> int:
    """Slowloris: a greeting of TLS, or a line inside TLS, byte by byte; whoever is closed comes again."""
    tls = context()
    sent: dict[socket.socket, int] = {}
    count = 0
    with contextlib.ExitStack() as held:

        def come(is_plain: bool) -> None:
            with contextlib.suppress(*_GONE):
                connection = raw_connection(port)
                held.callback(connection.close)
                talk = connection if is_plain else tls.wrap_socket(connection)
                held.callback(talk.close)
                sent[talk] = 0

        for number in range(SLOW_SENDERS):
            come(number % 2 == 0)
        while not stopping.wait(_PAUSE_S):
            for talk, position in list(sent.items()):
                is_plain = not isinstance(talk, ssl.SSLSocket)
                data = b"\x16\x03\x01\x02\x00" + b"\x01" * 60 if is_plain else _HELLO
                try:
                    talk.send(data[position : position + 1])
                    sent[talk] = min(position + 1, len(data) - 2)
                    count += 1
                except _GONE:
                    del sent[talk]
                    talk.close()
                    come(is_plain)
    return count


def half_open(port: int, stopping: threading.Event) -> int:
    """Connections that never say a word; whoever is closed comes again."""
    count = 0
    poll = select.poll()
    silent: dict[int, socket.socket] = {}

    def come() -> None:
        with contextlib.suppress(OSError):
            connection = raw_connection(port)
            silent[connection.fileno()] = connection
            poll.register(connection, select.POLLIN)

    try:
        for _ in range(HALF_OPEN):
            come()
            count += 1
        while not stopping.wait(_PAUSE_S):
            for descriptor, _ in poll.poll(0):
                poll.unregister(descriptor)
                silent.pop(descriptor).close()
                come()
                count += 1
    finally:
        for connection in silent.values():
            connection.close()
    return count


def slow_readers(port: int, stopping: threading.Event) -> int:
    """People who are signed in and read one byte now and then; one writes as much as it can."""
    count = 0
    with contextlib.ExitStack() as held:
        readers = [
            held.enter_context(RawClient(port, receive_buffer_bytes=2048)) for _ in range(SLOW_READERS)
        ]
        for reader in readers:
            reader.sign_in("Slow Reader")
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
            for reader in readers:
                with contextlib.suppress(*_GONE):
                    count += len(reader.socket.recv(1))
    return count


def reconnects(port: int, stopping: threading.Event) -> int:
    """A thousand sign-ins on four threads, each of which hangs up at once; again and again."""

    def come(number: int) -> int:
        if stopping.is_set():
            return 0
        with contextlib.suppress(*_GONE), RawClient(port) as client:
            client.sign_in(f"Storm {number % 20}")
        return 1

    count = 0
    with ThreadPoolExecutor(4) as pool:
        while not stopping.is_set():
            count += sum(pool.map(come, range(RECONNECTS)))
    return count


ATTACKS: Final[dict[str, Attack]] = {
    "500 that send a byte now and then": slow_senders,
    "1,000 that never say a word": half_open,
    "200 that read a byte now and then": slow_readers,
    "1,000 that come again and again": reconnects,
}
