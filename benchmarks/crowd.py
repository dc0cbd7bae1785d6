"""A process that is a crowd: thousands of connections that come in, and then wait and read.

Reads a `Plan` from standard input, connects, with at most `at_once` entries under way, and writes one line
of JSON when everybody is in (a `Report`). Then it reads what comes, and says now and then that everybody is
alive, until its standard input ends.
"""

import contextlib
import errno
import os
import select
import socket
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from server.network.tls import TlsStream, client_context

READ_BYTES = 1 << 18
KEEP_ALIVE_EVERY_S = 10.0  # Below every server's limit for silent connections.
EVERYBODY_WITHIN_S = 300.0


class Plan(msgspec.Struct, frozen=True):
    """Where to, and what each connection says first."""

    host: str
    port: int
    is_encrypted: bool
    greetings: list[bytes]
    ready: bytes  # what one that is in has read, somewhere
    keep_alive: bytes
    at_once: int
    is_staying: bool = True  # else each leaves as soon as it is in
    begins_at_s: float = 0.0  # on the monotonic clock, which all processes of a machine share
    dials_at_s: list[float] = []  # when each dials after that, in order; nothing: as `at_once` allows


class Report(msgspec.Struct, frozen=True):
    """How long it took until everybody was in, and each of them (s, sorted); the crowd's processor time.

    Each counts from its own dial, or, where all have their times, from the beginning.
    """

    seconds: float
    each_s: list[float]
    processor_s: float


@contextmanager
def gathered(plan: Plan) -> Iterator[Report]:
    """Everybody is in, until the block is left."""
    arguments = [sys.executable, "-m", "benchmarks.crowd"]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(msgspec.json.encode(plan) + b"\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("a crowd did not get in")
        yield msgspec.json.decode(line, type=Report)
        process.stdin.close()
    if process.returncode:
        raise RuntimeError("a crowd lost a connection")


class Member:
    """One connection. `is_in` from the server's answer to its greeting on."""

    __slots__ = ("began_s", "connection", "greeting", "head", "is_in", "tls")

    def __init__(
        self, connection: socket.socket, tls: TlsStream | None, greeting: bytes, began_s: float
    ) -> None:
        self.connection = connection
        self.tls = tls
        self.greeting = greeting
        self.head = b""
        self.is_in = False
        self.began_s = began_s

    def send(self, data: bytes) -> None:
        """A few hundred bytes: they fit into any socket's buffer."""
        if data:
            self.connection.send(self.tls.protect(data) if self.tls else data)

    def begin(self) -> None:
        """It is connected: greet, with TLS the handshake first."""
        if self.tls is not None:
            self.connection.send(self.tls.begin())
        else:
            self._greet()

    def hear(self, data: bytes) -> None:
        """Something came."""
        if self.tls is not None:
            data = self.tls.receive(data)
            answer = self.tls.take_output()
            if answer:
                self.connection.send(answer)
            if self.tls.is_ready:
                self._greet()
        self.head += data

    def _greet(self) -> None:
        greeting, self.greeting = self.greeting, b""
        self.send(greeting)


class Crowd:
    """All connections of this process."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._poll = select.epoll()
        self._members: dict[int, Member] = {}
        self._terms = client_context(None) if plan.is_encrypted else None
        self._each_s: list[float] = []
        self._buffer = bytearray(READ_BYTES)
        self._spoke_s = time.monotonic()

    def come(self) -> Report:
        """Everybody comes in."""
        plan, greetings = self._plan, self._plan.greetings
        time.sleep(max(0.0, plan.begins_at_s - time.monotonic()))
        began_s = time.monotonic()
        dialled = 0
        while len(self._each_s) < len(greetings):
            while dialled < self._due(time.monotonic() - began_s):
                self._dial(greetings[dialled], began_s if plan.dials_at_s else time.monotonic())
                dialled += 1
            for descriptor, event in self._poll.poll(0.01 if plan.dials_at_s else 1.0):
                self._step(self._members[descriptor], event)
            self._keep_alive()
            if time.monotonic() - began_s > EVERYBODY_WITHIN_S:
                raise SystemExit(f"only {len(self._each_s)} of {len(greetings)} got in")
        return Report(time.monotonic() - began_s, sorted(self._each_s), time.process_time())

    def wait(self) -> None:
        """Read what comes until standard input ends."""
        self._poll.register(sys.stdin.fileno(), select.EPOLLIN)
        while True:
            for descriptor, _event in self._poll.poll(1.0):
                if descriptor == sys.stdin.fileno():
                    return
                if not self._members[descriptor].connection.recv_into(self._buffer):
                    raise SystemExit("the server closed a connection")
            self._keep_alive()

    def _keep_alive(self) -> None:
        if time.monotonic() - self._spoke_s > KEEP_ALIVE_EVERY_S:
            self._spoke_s = time.monotonic()
            for member in self._members.values():
                if member.is_in:
                    member.send(self._plan.keep_alive)

    def _due(self, passed_s: float) -> int:
        """How many must have dialled by now."""
        if self._plan.dials_at_s:
            return bisect_right(self._plan.dials_at_s, passed_s)
        return min(len(self._plan.greetings), len(self._each_s) + self._plan.at_once)

    def _dial(self, greeting: bytes, began_s: float) -> None:
        connection = socket.socket()
        connection.setblocking(False)
        if connection.connect_ex((self._plan.host, self._plan.port)) not in (0, errno.EINPROGRESS):
            raise SystemExit("a connection was refused")
        tls = TlsStream(self._terms) if self._terms else None
        self._members[connection.fileno()] = Member(connection, tls, greeting, began_s)
        self._poll.register(connection.fileno(), select.EPOLLOUT)

    def _step(self, member: Member, event: int) -> None:
        if event & select.EPOLLOUT:
            self._poll.modify(member.connection.fileno(), select.EPOLLIN)
            member.begin()
            return
        data = member.connection.recv(READ_BYTES)
        if not data:
            raise SystemExit(f"the server closed a connection; it had read {member.head!r}")
        if member.is_in:
            return
        member.hear(data)
        if self._plan.ready in member.head:
            member.is_in, member.head = True, b""
            self._each_s.append(time.monotonic() - member.began_s)
            if not self._plan.is_staying:
                del self._members[member.connection.fileno()]
                member.connection.close()


def main() -> None:
    """Read the plan, come, wait."""
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Plan)
    crowd = Crowd(plan)
    report = crowd.come()
    os.write(sys.stdout.fileno(), msgspec.json.encode(report) + b"\n")
    crowd.wait()


if __name__ == "__main__":
    # Ctrl-C is for whoever started this, and says so.
    with contextlib.suppress(KeyboardInterrupt):
        main()
