"""A process of cheap receivers: it counts a marker byte in large reads and parses nothing.

Reads a `Plan` from standard input, connects, greets, and waits until every connection was greeted back. Then
it writes to standard output, eight bytes each time, the number of messages that *all* its connections have: 0
when it is ready, then every growth. It ends when its standard input ends.
"""

import os
import select
import socket
import sys
import time

import msgspec

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


def connected(plan: Plan) -> list[socket.socket]:
    """All connections, greeted by both sides."""
    connections = []
    for greeting in plan.greetings:
        connection = socket.create_connection((plan.host, plan.port), timeout=CONNECT_WITHIN_S)
        connection.sendall(greeting)
        connections.append(connection)
    for connection in connections:
        await_greeting(connection, plan.ready)
        connection.setblocking(False)
    return connections


def await_greeting(connection: socket.socket, ready: bytes) -> None:
    """Read until the server has greeted this connection back."""
    read = b""
    while ready not in read:
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
    while True:
        if not behind:
            floor = min(counts)
            behind = counts.count(floor)
            os.write(sys.stdout.fileno(), floor.to_bytes(8, "big"))
        for descriptor, _ in poll.poll(KEEP_ALIVE_EVERY_S):
            if descriptor not in place:
                return
            number = place[descriptor]
            length = connections[number].recv_into(buffer)
            if not length:
                raise SystemExit("the server closed a receiver")
            had = counts[number]
            counts[number] = had + buffer.count(plan.marker, 0, length)
            if had == floor != counts[number]:
                behind -= 1
        if time.monotonic() - spoke_s > KEEP_ALIVE_EVERY_S:
            spoke_s = time.monotonic()
            for connection in connections:
                connection.send(plan.keep_alive)


def main() -> None:
    """Read the plan, connect, count."""
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Plan)
    connections = connected(plan)
    count(plan, connections)


if __name__ == "__main__":
    main()
