"""A file through the pair: how fast it is on both disks, and how soon messages are confirmed meanwhile.

The sender and whoever writes messages are bare sockets, so that no client is measured. Both servers write
to the same disk here; beside it stands the same file written and synced twice, one copy after the other.
"""

import hashlib
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.cases import Bench, Case, Effort, Row, ratios
from benchmarks.ours import OURS_PAIR, message, pair_for
from benchmarks.rival import Running
from server.protocol import limits, requests
from server.protocol.frames import encode_frame

MIB = 1024 * 1024
DISK = "this disk, synced twice"
WITHOUT = "without it"
CHUNKS_AHEAD = 8
MESSAGES_PER_S = 50.0
ANSWERED_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Amount:
    """A file so large, so often; and messages for so long without it."""

    bytes: int
    times: int
    seconds: float


AMOUNTS = {
    Effort.TINY: Amount(MIB, 1, 0.2),
    Effort.QUICK: Amount(100 * MIB, 1, 2.0),
    Effort.FULL: Amount(100 * MIB, 5, 10.0),
}


class Speaker:
    """One signed-in connection that reads one line at a time."""

    def __init__(self, running: Running, number: int) -> None:
        self._connection = socket.create_connection((running.host, running.port), ANSWERED_WITHIN_S)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._lines = self._connection.makefile("rb")
        self.send(OURS_PAIR.greeting(number))
        while OURS_PAIR.ready not in self._lines.readline():
            pass

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def answer(self) -> dict[str, object]:
        """The next answer; what is told meanwhile is passed over."""
        while True:
            found: dict[str, object] = msgspec.json.decode(self._lines.readline())
            if found.get("answer"):
                return found

    def close(self) -> None:
        self._lines.close()
        self._connection.close()


def measure(bench: Bench) -> Iterator[Row]:
    """The speed of the median file, and the messages of all of them together."""
    amount = AMOUNTS[bench.effort]
    # Files that differ, without a copy of each: what this process does must not show in the latencies.
    content = memoryview(os.urandom(amount.bytes + amount.times))
    disk = synced_twice(content[: amount.bytes])
    bench.tell(f"{DISK}: {disk:,.0f} MB/s")
    with pair_for(3) as running, writing(running) as latencies:
        time.sleep(amount.seconds)
        without = list(latencies)
        latencies.clear()
        speeds = []
        for number in range(amount.times):
            speeds.append(sent(running, content[number : number + amount.bytes]))
            bench.tell(f"{speeds[-1]:,.0f} MB/s")
        beside = list(latencies)
    speed = sorted(speeds)[len(speeds) // 2]
    case = f"{amount.bytes // MIB} MiB file through the pair"
    yield Row(case, speed, "MB/s", ratios(speed, {DISK: disk}))
    for share, unit in ((0.99, "ms p99 of messages meanwhile"), (1.0, "ms max")):
        value = quantile(beside, share) * 1e3
        yield Row(case, value, unit, ratios(value, {WITHOUT: quantile(without, share) * 1e3}))


def quantile(values: list[float], share: float) -> float:
    """0 of nothing."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else 0.0


def synced_twice(content: memoryview) -> float:
    """MB/s of a content that is written and synced twice, as two servers do."""
    with tempfile.TemporaryDirectory() as folder:
        began_s = time.monotonic()
        for name in ("a", "b"):
            with (Path(folder) / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        return len(content) / 1e6 / (time.monotonic() - began_s)


def sent(running: Running, content: memoryview) -> float:
    """MB/s from the first byte until the file is verified on both disks."""
    speaker = Speaker(running, 1)
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        began_s = time.monotonic()
        speaker.send(encode_frame(requests.BeginUpload(id=10, sha256=sha256, size=len(content))))
        speaker.answer()
        under_way = 0
        for offset in range(0, len(content), limits.CHUNK_BYTES_MAX):
            if under_way == CHUNKS_AHEAD:
                speaker.answer()
                under_way -= 1
            raw = bytes(content[offset : offset + limits.CHUNK_BYTES_MAX])
            speaker.send(encode_frame(requests.Chunk(id=11, sha256=sha256, offset=offset, raw=raw)))
            under_way += 1
        last: dict[str, object] = {}
        for _answer in range(under_way):
            last = speaker.answer()
        if last.get("received") != len(content):
            raise RuntimeError(f"the file did not arrive: {last}")
        return len(content) / 1e6 / (time.monotonic() - began_s)
    finally:
        speaker.close()


@contextmanager
def writing(running: Running) -> Iterator[list[float]]:
    """Somebody who writes at a steady rate: how long each message took to be confirmed (s)."""
    latencies: list[float] = []
    ends = threading.Event()
    speaker = Speaker(running, 2)

    def write() -> None:
        number = 0
        while not ends.wait(1 / MESSAGES_PER_S):
            number += 1
            began_s = time.monotonic()
            speaker.send(message(number))
            answer = speaker.answer()
            if answer.get("event") != "stored":
                raise RuntimeError(f"a message was not stored: {answer}")
            latencies.append(time.monotonic() - began_s)

    thread = threading.Thread(target=write, name="messages")
    thread.start()
    try:
        yield latencies
    finally:
        ends.set()
        thread.join()
        speaker.close()


FILE = Case("file", "a file of 100 MiB through the pair, and messages beside it", measure)
