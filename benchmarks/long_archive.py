"""A long archive: starting with it, and catching up on all of it, as a client and as an empty follower.

The archive is made beforehand (archives.py). It begins as a killed server leaves it at the worst moment.
"""

import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.archives import TIME_MS, folder_at, with_messages
from benchmarks.cases import Bench, Case, Effort, Row
from benchmarks.ours import OPTIONS, SIGNED_IN, serve
from benchmarks.people import hello
from benchmarks.receivers import CONNECT_WITHIN_S, READ_BYTES, await_words
from benchmarks.rival import MARKER, ended_after, free_ports, resident_bytes, resident_bytes_max
from server.cluster.data_folder import DataFolder
from server.cluster.founding import found_second
from server.cluster.pair_processes import PairProcesses, choose_ports
from server.protocol.requests import Cursor
from tests.waiting import wait_until

MESSAGES = {Effort.TINY: 300, Effort.QUICK: 50_000, Effort.FULL: 1_000_000}
BEGINNING = Cursor(epoch="0.0.0", index=0)
LEVEL_WITHIN_S = 600.0
MEGA = 1e6
READER = 0  # a person of the archive who wrote nothing


@dataclass(frozen=True, slots=True)
class Started:
    """A server with its first client, signed in."""

    pid: int
    port: int
    seconds: float  # from the start of the process to the first answer


def measure(bench: Bench) -> Iterator[Row]:
    """The same archive all the time, as it was made, then as a clean stop leaves it."""
    messages = MESSAGES[bench.effort]
    with tempfile.TemporaryDirectory() as place:
        bench.tell("an empty archive")
        with started(folder_at(Path(place) / "empty")) as server:
            empty_s = server.seconds
        bench.tell(f"making an archive of {messages:,} messages")
        folder = folder_at(Path(place) / "a")
        record_bytes = with_messages(folder, messages)
        case = f"start with {messages:,} messages"
        with started(folder) as server:
            yield Row(f"{case}, after kill -9", server.seconds, "s to the first answer")
            bench.tell("a client reads all of it")
            yield from client(server, messages)
        with started(folder) as server:
            yield Row(f"{case}, after a clean stop", server.seconds, "s to the first answer")
            yield Row(f"{case}, after a clean stop", empty_s, "s with an empty archive")
        bench.tell("an empty follower takes all of it")
        yield from follower(folder, DataFolder(Path(place) / "b"), messages, record_bytes)


def client(server: Started, messages: int) -> Iterator[Row]:
    """One that was never here reads from the beginning; every message is counted."""
    before = resident_bytes(server.pid)
    read, found, buffer = 0, 0, bytearray(READ_BYTES)
    with socket.create_connection(("127.0.0.1", server.port), timeout=CONNECT_WITHIN_S) as connection:
        connection.sendall(hello(READER, cursor=BEGINNING))
        began_s = time.perf_counter()
        while found < messages:
            length = connection.recv_into(buffer)
            if not length:
                raise RuntimeError(f"the server closed a client that had {found:,} of {messages:,} messages")
            read += length
            found += buffer.count(MARKER, 0, length)
        took_s = time.perf_counter() - began_s
    case = f"a client catches up on {messages:,} messages"
    yield Row(case, read / took_s / MEGA, "MB/s")
    yield Row(case, messages / took_s, "messages/s")
    grown = max(resident_bytes_max(server.pid) - before, 0)
    yield Row(case, grown / MEGA, "MB more memory of the server at most")


def follower(first: DataFolder, second: DataFolder, messages: int, record_bytes: int) -> Iterator[Row]:
    """A second server is made beside the first and gets everything; level is when both are a pair."""
    found_second(first, second, name="B", now_ms=TIME_MS)
    both = PairProcesses(
        (first.path, second.path), choose_ports(0), [*OPTIONS, "--plain"], tell=lambda _text: None
    )
    with ExitStack() as stack:
        leader = both.make(0)
        stack.callback(leader.stop)
        if not leader.wait_ready():
            raise RuntimeError(f"the leader did not start: {leader.errors}")
        before = resident_bytes(leader.process.pid)
        newcomer = both.make(1)
        stack.callback(newcomer.stop)
        if not newcomer.wait_ready():
            raise RuntimeError(f"the follower did not start: {newcomer.errors}")
        empty = resident_bytes(newcomer.process.pid)
        began_s = time.perf_counter()
        if not newcomer.wait_dual(LEVEL_WITHIN_S):
            raise RuntimeError(f"the follower did not become level: {newcomer.errors}")
        took_s = time.perf_counter() - began_s
        case = f"an empty follower catches up on {messages:,} messages"
        yield Row(case, record_bytes / took_s / MEGA, "MB/s of records")
        yield Row(case, messages / took_s, "messages/s")
        grown = resident_bytes_max(newcomer.process.pid) - empty
        yield Row(case, grown / MEGA, "MB more memory of the follower at most")
        grown = resident_bytes_max(leader.process.pid) - before
        yield Row(case, grown / MEGA, "MB more of the leader")


@contextmanager
def started(folder: DataFolder) -> Iterator[Started]:
    """A server alone; the clock runs from its process's start to the answer to a sign-in."""
    [port] = free_ports(1)
    began_s = time.perf_counter()
    with ended_after(serve(folder.path, port=port)) as process:
        connection = wait_until(lambda: reached(port), CONNECT_WITHIN_S, what="our server listening")
        assert connection is not None
        with connection:
            connection.sendall(hello(READER))
            await_words(connection, SIGNED_IN)
            seconds = time.perf_counter() - began_s
        yield Started(process.pid, port, seconds)


def reached(port: int) -> socket.socket | None:
    """A connection, once somebody listens."""
    try:
        return socket.create_connection(("127.0.0.1", port), timeout=CONNECT_WITHIN_S)
    except ConnectionRefusedError:
        return None


LONG_ARCHIVE = Case(
    "long-archive", "start with a long archive; a client and an empty follower catch up on it", measure
)
