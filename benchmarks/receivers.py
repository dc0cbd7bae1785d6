"""A process of cheap receivers: it counts a marker byte in large reads and parses nothing.

Where a C compiler is, receivers.c does the counting, for all connections but encrypted ones.

Reads a `Plan` from standard input, connects, greets, and waits until every connection was greeted back. Then
it writes to standard output, eight bytes each time, the number of messages that *all* its connections have: 0
when it is ready, then every growth. It ends when its standard input ends.
"""

import contextlib
import os
import select
import socket
import ssl
import sys
import time
from typing import NoReturn

import msgspec

from server.network.tls import client_context

READ_BYTES = 1 << 20  # One read takes what a whole round of a busy server sends.
KEEP_ALIVE_EVERY_S = 10.0  # Below every server's limit for silent connections.
CONNECT_WITHIN_S = 60.0


class Plan(msgspec.Struct, frozen=True):
    """What this process does: one connection a greeting."""

    host: str
    port: int
    greetings: list[bytes]
    ready: bytes  # what a greeted connection has read, somewhere
    keep_alive: bytes
    marker: bytes  # one byte that is in every message exactly once
    welcome: bytes  # the server says so before it takes `entry`; nothing: there is no such step
    entry: bytes
    is_paced: bool  # one is welcomed before the next one comes
    is_encrypted: bool
    counter: str = ""  # the compiled receivers.c, where there is one


def connected(plan: Plan) -> list[socket.socket]:
    """All connections, greeted by both sides."""
    connections: list[socket.socket] = []
    spoke_s = time.monotonic()
    for greeting in plan.greetings:
        connection = connect(plan.host, plan.port, is_encrypted=plan.is_encrypted)
        connection.sendall(greeting)
        connections.append(connection)
        if plan.is_paced:
            await_words(connection, plan.welcome)
        if time.monotonic() - spoke_s > KEEP_ALIVE_EVERY_S:
            # The first must not be taken for dead while the last come in.
            spoke_s = time.monotonic()
            show_life(plan, connections)
    if plan.welcome:
        for connection in connections:
            if not plan.is_paced:
                await_words(connection, plan.welcome)
            connection.sendall(plan.entry)
    for connection in connections:
        await_words(connection, plan.ready)
        connection.setblocking(False)
    show_life(plan, connections)
    return connections


def show_life(plan: Plan, connections: list[socket.socket]) -> None:
    """Say something on each of them."""
    for connection in connections:
        connection.send(plan.keep_alive)


def connect(host: str, port: int, *, is_encrypted: bool) -> socket.socket:
    """One connection, with TLS 1.3 if wanted."""
    connection = socket.create_connection((host, port), timeout=CONNECT_WITHIN_S)
    if is_encrypted:
        return client_context(None).context.wrap_socket(connection)
    return connection


def await_words(connection: socket.socket, words: bytes) -> None:
    """Read until the server has said that."""
    read = b""
    while words not in read:
        part = connection.recv(READ_BYTES)
        if not part:
            raise SystemExit(f"a connection was closed before it was ready; it had read {read[-300:]!r}")
        read += part


def count(plan: Plan, connections: list[socket.socket]) -> None:
    """Count until standard input ends; say how far all connections are whenever that grows."""
    poll = select.epoll()
    poll.register(sys.stdin.fileno(), select.EPOLLIN)
    place = {connection.fileno(): number for number, connection in enumerate(connections)}
    for descriptor in place:
        poll.register(descriptor, select.EPOLLIN)
    counts = [0] * len(connections)
    buffer = bytearray(READ_BYTES)
    floor, behind = -1, 0  # `behind` connections have no more than the floor: when none is left, it rises.
    spoke_s = time.monotonic()
    take = take_encrypted if plan.is_encrypted else take_plain
    while True:
        if not behind:
            floor = min(counts)
            behind = counts.count(floor)
            os.write(sys.stdout.fileno(), floor.to_bytes(8, "big"))
        for descriptor, _ in poll.poll(KEEP_ALIVE_EVERY_S):
            if descriptor not in place:
                return
            number = place[descriptor]
            had = counts[number]
            counts[number] = had + take(connections[number], buffer, plan.marker)
            if had == floor != counts[number]:
                behind -= 1
        if time.monotonic() - spoke_s > KEEP_ALIVE_EVERY_S:
            spoke_s = time.monotonic()
            show_life(plan, connections)


def take_plain(connection: socket.socket, buffer: bytearray, marker: bytes) -> int:
    """How many markers are there to be read; one read takes nearly always all."""
    length = connection.recv_into(buffer)
    if not length:
        raise SystemExit("the server closed a receiver")
    return buffer.count(marker, 0, length)


def take_encrypted(connection: socket.socket, buffer: bytearray, marker: bytes) -> int:
    """The same; OpenSSL gives one record a read (at most 16 KiB), so until none is left."""
    found = 0
    while True:
        try:
            found += take_plain(connection, buffer, marker)
        except ssl.SSLWantReadError:
            return found


def main() -> None:
    """Read the plan, connect, count."""
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Plan)
    connections = connected(plan)
    if plan.counter and not plan.is_encrypted:
        hand_over(plan, connections)
    count(plan, connections)


def hand_over(plan: Plan, connections: list[socket.socket]) -> NoReturn:
    """Become the C program, which counts for a third of the price: it must not be what is measured."""
    for connection in connections:
        os.set_inheritable(connection.fileno(), True)
    descriptors = [str(connection.fileno()) for connection in connections]
    told = [plan.marker.decode(), plan.keep_alive.hex(), f"{KEEP_ALIVE_EVERY_S:g}"]
    os.execv(plan.counter, [plan.counter, *told, *descriptors])  # noqa: S606 - our own program


if __name__ == "__main__":
    # Ctrl-C is for whoever started this, and says so.
    with contextlib.suppress(KeyboardInterrupt):
        main()
