"""Failover: the longest time between two acknowledgements of the unluckiest sender when the leader is killed.

Ours is what `torture` measures with real clients; JetStream is killed under the same senders, by nats-py.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from benchmarks.cases import Bench, Case, Effort, Row, ratios
from benchmarks.jetstream import DEFAULT_NAME, STREAM, SUBJECT, Cluster, cluster, connect, leader_of
from benchmarks.nats_py import looping
from benchmarks.ours import PROJECT
from benchmarks.rival import TEXT
from server.torture.gaps import longest_wait

if TYPE_CHECKING:
    from nats.aio.client import Client

SENDERS, RATE_PER_S = 8, 50.0
WINDOW_S = 5.0
LEVEL_WITHIN_S = 60.0
COMMAND = ("-m", "server", "torture", "--json", "--faults", "kill")


@dataclass(frozen=True, slots=True)
class Amount:
    """Kills of ours, half of them of the leader, in so many seconds; and kills of JetStream's leader."""

    kills: int
    seconds: float
    others: int


AMOUNTS = {
    Effort.TINY: Amount(1, 2.0, 0),
    Effort.QUICK: Amount(2, 6.0, 1),
    Effort.FULL: Amount(20, 60.0, 5),
}


class Gaps(msgspec.Struct):
    """Of what `torture` says, the part that is measured here, and what must not be."""

    sent: int
    acknowledged: int
    lost: int
    duplicated: int
    out_of_order: int
    leader_gap_p50_ms: float
    leader_gap_max_ms: float


def measure(bench: Bench) -> Iterator[Row]:
    """The median and the longest of all kills of the leader."""
    amount = AMOUNTS[bench.effort]
    ours = tortured(amount, bench.tell)
    others = bench.of_peer(DEFAULT_NAME, lambda: jetstream_gaps(amount.others, bench.tell)) or []
    beside = {DEFAULT_NAME: median(others) * 1e3} if others else {}
    longest = {DEFAULT_NAME: max(others) * 1e3} if others else {}
    case = "leader killed, gap of the unluckiest sender"
    yield Row(case, ours.leader_gap_p50_ms, "ms p50", ratios(ours.leader_gap_p50_ms, beside))
    yield Row(case, ours.leader_gap_max_ms, "ms max", ratios(ours.leader_gap_max_ms, longest))


def tortured(amount: Amount, tell: Callable[[str], None]) -> Gaps:
    """A run of `torture`; what it says besides the last line is progress."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--data", folder, "--seconds", f"{amount.seconds:g}", "--kills", str(amount.kills)]
        options += ["--senders", str(SENDERS), "--rate", f"{RATE_PER_S:g}"]
        arguments = [sys.executable, *COMMAND, *options]
        said: list[str] = []
        with subprocess.Popen(arguments, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                said.append(line.strip())
                if "gap" in line and not line.startswith("{"):
                    tell(said[-1])
    if process.returncode:
        raise RuntimeError(f"torture found something, or could not run: {' / '.join(said[-8:])}")
    return msgspec.json.decode(said[-1], type=Gaps)


def jetstream_gaps(kills: int, tell: Callable[[str], None]) -> list[float]:
    """The gap of each kill of the stream's leader (s)."""
    if not kills:
        return []
    with cluster(always_syncs=False) as (made, _leader), looping() as thread:
        return thread.run_sync(_killed(made, kills, tell), kills * (WINDOW_S + 2 * LEVEL_WITHIN_S))


async def _killed(made: Cluster, kills: int, tell: Callable[[str], None]) -> list[float]:
    clients = [await connect(made.urls) for _ in range(SENDERS)]
    watcher = await connect(made.urls)
    times: list[list[float]] = [[] for _ in clients]
    senders = [
        asyncio.create_task(_send(client, place, times[place])) for place, client in enumerate(clients)
    ]
    gaps: list[float] = []
    try:
        for number in range(1, kills + 1):
            await _all_answered(times)
            leader = await leader_of(watcher)
            made.processes[leader].kill()
            killed_s = time.monotonic()
            made.processes[leader].wait()
            await asyncio.sleep(WINDOW_S)
            # A wait that outlasts the window counts in full.
            await _all_answered(times)
            gaps.append(max(longest_wait(own, killed_s, WINDOW_S) for own in times))
            tell(f"{DEFAULT_NAME}, kill {number}: gap {gaps[-1] * 1e3:,.0f} ms")
            made.start(leader)
    finally:
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
        for client in (*clients, watcher):
            await client.close()
    return gaps


async def _send(client: "Client", place: int, acknowledged: list[float]) -> None:
    """Write at a steady rate and wait for nobody; what gets no answer is not sent again."""
    from nats.errors import Error  # noqa: PLC0415

    stream = client.jetstream(timeout=WINDOW_S)

    async def publish() -> None:
        try:
            await stream.publish(SUBJECT, TEXT.encode())
            acknowledged.append(time.monotonic())
        except (Error, OSError, TimeoutError):
            # It shows in the gap.
            return

    began_s = time.monotonic() + place / SENDERS / RATE_PER_S
    async with asyncio.TaskGroup() as group:
        number = 0
        while True:
            number += 1
            await asyncio.sleep(max(began_s + number / RATE_PER_S - time.monotonic(), 0))
            group.create_task(publish())


async def _all_answered(times: list[list[float]]) -> None:
    """Until every sender was acknowledged something in the last tenth of a second."""
    give_up_s = time.monotonic() + LEVEL_WITHIN_S
    while time.monotonic() < give_up_s:
        since_s = time.monotonic() - 0.1
        if all(bisect_right(own, since_s) < len(own) for own in times):
            return
        await asyncio.sleep(0.02)
    raise RuntimeError(f"{STREAM}: senders without acknowledgements")


FAILOVER = Case("failover", f"the leader killed under {SENDERS} senders at {RATE_PER_S:g}/s each", measure)
