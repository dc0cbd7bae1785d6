"""A stalled reader: one of many receivers takes nothing at all; what the others notice of it, and the server.

The same load runs before it comes and beside it, on one server.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.cases import Bench, Case, Effort, Row, ratios
from benchmarks.closed_loop import Outcome, loaded
from benchmarks.ours import OURS
from benchmarks.receivers import await_words
from benchmarks.rival import Running, resident_bytes

WITHOUT = "without it"
WINDOW = 10


@dataclass(frozen=True, slots=True)
class Amount:
    """So many receivers, for so long each time."""

    receivers: int
    seconds: float


AMOUNTS = {Effort.TINY: Amount(4, 0.1), Effort.QUICK: Amount(200, 1.0), Effort.FULL: Amount(500, 10.0)}


def measure(bench: Bench) -> Iterator[Row]:
    """Latency of the last of all other receivers, and memory, with it and without."""
    amount = AMOUNTS[bench.effort]
    receivers = amount.receivers
    with OURS.serving(receivers + 1) as running, loaded(OURS, running, receivers) as load:
        # What the server keeps of the latest messages grows up to its limit first, whoever reads.
        load.run(WINDOW, amount.seconds)
        before_bytes = resident_bytes(running.pids[0])
        without = load.run(WINDOW, amount.seconds)
        without_bytes = resident_bytes(running.pids[0]) - before_bytes
        stalled = stalled_reader(running, receivers + 1)
        try:
            before_bytes = resident_bytes(running.pids[0])
            beside = load.run(WINDOW, amount.seconds)
            beside_bytes = resident_bytes(running.pids[0]) - before_bytes
        finally:
            stalled.close()
    with_ms, without_ms = (outcome.latency_s(0.99) * 1e3 for outcome in (beside, without))
    bench.tell(f"p99 {with_ms:.1f} ms beside it, {without_ms:.1f} without")
    case = f"{receivers} receivers and a stalled one, W={WINDOW}"
    for share, unit in ((0.99, "ms p99"), (1.0, "ms max")):
        yield _row(case, unit, beside, without, share)
    more_kib = (beside_bytes - without_bytes) / 1024
    yield Row(case, more_kib, "KiB more than without it")


def _row(case: str, unit: str, beside: Outcome, without: Outcome, share: float) -> Row:
    value = beside.latency_s(share) * 1e3
    return Row(case, value, unit, ratios(value, {WITHOUT: without.latency_s(share) * 1e3}))


def stalled_reader(running: Running, number: int) -> socket.socket:
    """Signs in, with a small buffer of its own, and reads nothing from then on."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((running.host, running.port))
    connection.sendall(OURS.greeting(number))
    await_words(connection, OURS.ready)
    return connection


STALLED = Case("stalled-reader", "one receiver takes nothing: what the others notice", measure)
