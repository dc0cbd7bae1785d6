"""Acknowledgement: how many messages a second are confirmed, and how soon; ours beside JetStream.

All of them are spoken to by the same loop over a bare socket, so that no client library is measured.
"""

import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks import nats_py
from benchmarks.cases import Bench, Case, Effort, Row, ratios
from benchmarks.closed_loop import Outcome, plan_of
from benchmarks.fan_out import median
from benchmarks.jetstream import ALWAYS_NAME, DEFAULT_NAME, JETSTREAM, JETSTREAM_ALWAYS
from benchmarks.ours import OURS, OURS_PAIR
from benchmarks.receivers import READ_BYTES, connected
from benchmarks.rival import Rival, Running

ANSWERED_WITHIN_S = 20.0
PIPELINED = 256
SYNCED_BYTES = 4096  # About what one small transaction adds to a log.
SYNCED_PLACES = 256
SYNC = "fsync of this disk"
GOAL = "2 fsync + 1 ms"
SHARES = (0.5, 0.99)


@dataclass(frozen=True, slots=True)
class Keeper:
    """Somebody who acknowledges: what is in each acknowledgement once, and what must be in none."""

    rival: Rival
    answer: bytes
    forbidden: bytes = b"\0"

    def __call__(self, windows: tuple[int, ...], seconds: float) -> dict[int, Outcome]:
        """Start it, and keep each window under way for so long."""
        with self.rival.started() as running:
            loop = Loop(self, running)
            try:
                loop.run(windows[0], seconds / 3)
                return {window: loop.run(window, seconds) for window in windows}
            finally:
                loop.close()


Measured = Callable[[tuple[int, ...], float], dict[int, Outcome]]
OURS_BY_NAME: dict[str, Measured] = {
    "pair": Keeper(OURS_PAIR, b'"event":"stored"', forbidden=b'"copies":1,'),
    "alone": Keeper(OURS, b'"event":"stored"'),
}
OTHERS: dict[str, Measured] = {
    DEFAULT_NAME: Keeper(JETSTREAM, b'"seq":'),
    ALWAYS_NAME: Keeper(JETSTREAM_ALWAYS, b'"seq":'),
    nats_py.NAME: nats_py.measured,
}


@dataclass(frozen=True, slots=True)
class Amount:
    """How often, and for how long each time."""

    runs: int
    seconds: float


AMOUNTS = {Effort.TINY: Amount(1, 0.05), Effort.QUICK: Amount(1, 0.7), Effort.FULL: Amount(3, 3.0)}


def measure(bench: Bench, others: Mapping[str, Measured] = OTHERS) -> Iterator[Row]:
    """Both windows of both of ours, and what one sync costs on the disk that all of them use."""
    amount = AMOUNTS[bench.effort]
    found: dict[tuple[str, int], list[Outcome]] = {}
    syncs: list[float] = []
    for turn in range(1, amount.runs + 1):
        for name, measured in {**OURS_BY_NAME, **others}.items():
            # Between all of them, for other work on this disk comes and goes.
            syncs += sync_times(amount.seconds / 5)
            windows = (PIPELINED, 1)
            if name in OURS_BY_NAME:
                outcomes = measured(windows, amount.seconds)
            else:
                outcomes = bench.of_peer(name, partial(measured, windows, amount.seconds)) or {}
            for window, outcome in outcomes.items():
                found.setdefault((name, window), []).append(outcome)
                rate = f"{outcome.deliveries_a_second:,.0f} acknowledged/s"
                bench.tell(f"run {turn} of {amount.runs}, {name}, W={window}: {rate}")
    yield from rows({key: median(some) for key, some in found.items()}, sorted(syncs))


def rows(found: Mapping[tuple[str, int], Outcome], syncs: Sequence[float]) -> Iterator[Row]:
    """The rates with many under way, the latencies with one, and the disk's."""
    others = list(dict.fromkeys(name for name, _window in found if name not in OURS_BY_NAME))
    for ours in OURS_BY_NAME:
        case = f"acknowledged, {PIPELINED} under way, {ours}"
        rates = {name: found[name, PIPELINED].deliveries_a_second for name in (ours, *others)}
        yield _row(case, "messages/s", rates, ours)
        used = {name: found[name, PIPELINED].processor_s * 1e6 for name in (ours, *others)}
        yield _row(case, "µs processor a message", used, ours)
    for ours in OURS_BY_NAME:
        for share in SHARES:
            took = {name: found[name, 1].latency_s(share) * 1e3 for name in (ours, *others)}
            took[GOAL] = 2e3 * at(syncs, share) + 1
            yield _row(f"acknowledged, one at a time, {ours}", f"ms p{share * 100:g}", took, ours)
    for share in SHARES:
        yield Row(SYNC, at(syncs, share) * 1e3, f"ms p{share * 100:g}")


def _row(case: str, unit: str, figures: dict[str, float], ours: str) -> Row:
    """`figures` are ours and those of the others."""
    mine = figures.pop(ours)
    return Row(case, mine, unit, ratios(mine, figures))


def at(times: Sequence[float], share: float) -> float:
    """What `share` of sorted times stayed below or at."""
    return times[min(int(len(times) * share), len(times) - 1)]


class Loop:
    """One sender who keeps so many messages under way; they are answered in their order."""

    def __init__(self, keeper: Keeper, running: Running) -> None:
        self._keeper = keeper
        self._running = running
        self._socket = connected(plan_of(keeper.rival, running, range(1)))[0]
        self._socket.settimeout(ANSWERED_WITHIN_S)
        self._sent = 0
        self._rest = b""

    def run(self, window: int, seconds: float) -> Outcome:
        """Until the time is over and everything is answered."""
        sent_at: deque[float] = deque()
        latencies: list[float] = []
        used_s, began_s = self._running.processor_s(), time.perf_counter()
        now, end_s = began_s, began_s + seconds
        while now < end_s or sent_at:
            room = window - len(sent_at) if now < end_s else 0
            if room:
                numbers = range(self._sent + 1, self._sent + room + 1)
                self._socket.sendall(b"".join(map(self._keeper.rival.message, numbers)))
                self._sent += room
                sent_at.extend([time.perf_counter()] * room)
            answers = self._answers()
            now = time.perf_counter()
            latencies += [now - sent_at.popleft() for _ in range(answers)]
        used_s = self._running.processor_s() - used_s
        return Outcome(len(latencies) / (now - began_s), used_s / len(latencies), 0.0, sorted(latencies))

    def close(self) -> None:
        """Go away."""
        self._socket.close()

    def _answers(self) -> int:
        """How many acknowledgements the next read brings; whole lines only."""
        part = self._socket.recv(READ_BYTES)
        if not part:
            raise RuntimeError(f"{self._keeper.rival.name} closed the sender")
        whole, end, self._rest = (self._rest + part).rpartition(b"\n")
        if self._keeper.forbidden in whole:
            raise RuntimeError(f"{self._keeper.rival.name} acknowledged with {self._keeper.forbidden!r}")
        return (whole + end).count(self._keeper.answer)


def sync_times(seconds: float) -> list[float]:
    """How long one write with its sync takes on this disk, again and again for that long, sorted.

    In place, as a database writes its log when that has its size: nothing of the file system grows with it.
    """
    found: list[float] = []
    with tempfile.NamedTemporaryFile() as file:
        descriptor = file.fileno()
        os.write(descriptor, bytes(SYNCED_BYTES * SYNCED_PLACES))
        os.fsync(descriptor)
        end_s = time.perf_counter() + seconds
        while (began_s := time.perf_counter()) < end_s:
            number = len(found)
            os.pwrite(descriptor, bytes([number % 256]) * SYNCED_BYTES, number % SYNCED_PLACES * SYNCED_BYTES)
            os.fdatasync(descriptor)
            found.append(time.perf_counter() - began_s)
    return sorted(found)


ACKNOWLEDGEMENT = Case(
    "acknowledgement", f"one sender: {PIPELINED} messages under way, and one at a time", measure
)
