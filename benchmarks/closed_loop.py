"""The load: one sender, many receivers, and at most W messages that not all receivers have.

A message is done when the last receiver has it; that is also its latency. The receivers' processes say how
far all of their connections are; the sender follows the slowest of them.
"""

import os
import select
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.compiled import compiled
from benchmarks.receivers import READ_BYTES, Plan, connected
from benchmarks.rival import MARKER, MissingRivalError, Rival, Running, processor_s

STALLED_AFTER_S = 30.0
# Thousands of TLS handshakes on a busy machine.
READY_WITHIN_S = 300.0
ENDS_WITHIN_S = 5.0
COUNTER_SOURCE = Path(__file__).with_name("receivers.c")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one measurement gave; the processor times are those of a delivery, `latencies_s` is sorted."""

    deliveries_a_second: float
    processor_s: float
    receivers_s: float  # beside the server's: are the receivers what is measured?
    latencies_s: list[float]

    def latency_s(self, share: float) -> float:
        """The latency that `share` of all messages stayed below or at."""
        return self.latencies_s[min(int(len(self.latencies_s) * share), len(self.latencies_s) - 1)]


class Load:
    """A sender and its receivers, connected to one server; `run` may be called again and again."""

    def __init__(
        self,
        rival: Rival,
        running: Running,
        sender: socket.socket,
        counters: list[subprocess.Popen[bytes]],
        receivers: int,
    ) -> None:
        self._rival = rival
        self._running = running
        self._sender = sender
        self._receivers = receivers
        self._counters = [counter.pid for counter in counters]
        self._outputs = [counter.stdout.fileno() for counter in counters if counter.stdout is not None]
        self._floors = dict.fromkeys(self._outputs, 0)
        self._sent = 0

    @property
    def done(self) -> int:
        """How many messages every receiver has."""
        return min(self._floors.values())

    def run(self, window: int, seconds: float) -> Outcome:
        """Keep `window` messages under way for that long, then wait for the last one."""
        sent_at: deque[float] = deque()
        latencies: list[float] = []
        used_s, receivers_s = self._used()
        began_with, began_s = self.done, time.perf_counter()
        end_s = began_s + seconds
        now = began_s
        while now < end_s or self.done < self._sent:
            room = window - (self._sent - self.done) if now < end_s else 0
            if room:
                numbers = range(self._sent + 1, self._sent + room + 1)
                self._sender.sendall(b"".join(map(self._rival.message, numbers)))
                sent_at.extend([now] * room)
                self._sent += room
            before = self.done
            self._listen(STALLED_AFTER_S)
            now = time.perf_counter()
            latencies += [now - sent_at.popleft() for _ in range(self.done - before)]
        deliveries = (self.done - began_with) * self._receivers
        used_after_s, receivers_after_s = self._used()
        return Outcome(
            deliveries / (now - began_s),
            (used_after_s - used_s) / deliveries,
            (receivers_after_s - receivers_s) / deliveries,
            sorted(latencies),
        )

    def _used(self) -> tuple[float, float]:
        """The processor time of the server and of all receivers so far."""
        return self._running.processor_s(), sum(map(processor_s, self._counters))

    def _listen(self, within_s: float) -> None:
        """Take what came: the receivers' progress, and the server's answers, which nobody reads."""
        readable, _, _ = select.select([self._sender.fileno(), *self._outputs], [], [], within_s)
        if not readable:
            raise RuntimeError(f"{self._rival.name}: nothing moved for {within_s:g} s at message {self.done}")
        for source in readable:
            if source == self._sender.fileno():
                if not self._sender.recv(READ_BYTES):
                    raise RuntimeError(f"{self._rival.name} closed the sender")
                continue
            told = os.read(source, 4096)
            if not told:
                raise RuntimeError(f"{self._rival.name}: a process of receivers ended")
            self._floors[source] = int.from_bytes(told[-8:], "big")


@contextmanager
def loaded(rival: Rival, running: Running, receivers: int, processes: int = 2) -> Iterator[Load]:
    """A load that is connected and ready; its processes end with it."""
    counters: list[subprocess.Popen[bytes]] = []
    try:
        for first in range(processes):
            numbers = range(first + 1, receivers + 1, processes)
            counters.append(_counter(plan_of(rival, running, numbers)))
        for counter in counters:
            _await_ready(rival, counter)
        # Last, for a sender who waits for the others in silence is taken for dead.
        with connected(plan_of(rival, running, range(1)))[0] as sender:
            sender.setblocking(True)
            yield Load(rival, running, sender, counters, receivers)
    finally:
        for counter in counters:
            _end(counter)


def _end(counter: subprocess.Popen[bytes]) -> None:
    try:
        counter.communicate(timeout=ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        # It waits for a server that does not greet it, and hears nothing else.
        counter.kill()
        counter.communicate()


def _await_ready(rival: Rival, counter: subprocess.Popen[bytes]) -> None:
    """Until all receivers of a process were greeted by the server: it says that none has a message."""
    assert counter.stdout is not None
    readable, _, _ = select.select([counter.stdout], [], [], READY_WITHIN_S)
    if not readable or not os.read(counter.stdout.fileno(), 8):
        raise RuntimeError(f"{rival.name}: not all receivers came in within {READY_WITHIN_S:g} s")


def plan_of(rival: Rival, running: Running, numbers: Iterable[int]) -> Plan:
    """How these people connect."""
    greetings = [rival.greeting(number) for number in numbers]
    return Plan(
        host=running.host,
        port=running.port,
        greetings=greetings,
        ready=rival.ready,
        keep_alive=rival.keep_alive,
        marker=MARKER,
        welcome=rival.welcome,
        entry=rival.entry,
        is_paced=rival.is_paced,
        is_encrypted=rival.is_encrypted,
        counter=_counter_program(),
    )


def _counter_program() -> str:
    try:
        return str(compiled(COUNTER_SOURCE))
    except MissingRivalError:
        return ""


def _counter(plan: Plan) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-m", "benchmarks.receivers"]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(plan) + b"\n")
    process.stdin.flush()
    return process
