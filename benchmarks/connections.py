"""Connections: thousands of them at one server; how fast they come in, and what each takes while it is idle.

Everybody is a person whom the server knows. What is counted is the resident memory of the server's process:
what the kernel takes for a socket is the same for every server.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks import fan_out
from benchmarks.cases import Bench, Case, Effort, Row, ratios
from benchmarks.crowd import Plan, Report, gathered
from benchmarks.nats import NATS
from benchmarks.ours import OURS, OURS_TLS
from benchmarks.rival import Rival, resident_bytes
from server.open_files import raise_file_limit

# As many as the server greets at once; a crowd that is refused nothing and waits for nothing.
AT_ONCE = 256
# Until what was made for the entry alone is gone.
SETTLED_S = 1.0


@dataclass(frozen=True, slots=True)
class Amount:
    """So many connections, and the fan-out to as many, by windows."""

    people: int
    fan_out: fan_out.Amount


AMOUNTS = {
    Effort.TINY: Amount(20, fan_out.Amount((20,), (10,), 1, 0.05)),
    Effort.QUICK: Amount(1_000, fan_out.Amount((1_000,), (100,), 1, 0.5)),
    Effort.FULL: Amount(10_000, fan_out.Amount((10_000,), (1, 100), 1, 3.0)),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What came of a crowd at one server."""

    report: Report
    people: int
    kib_each: float
    processor_ms_each: float

    @property
    def each_s(self) -> list[float]:
        return self.report.each_s


FIGURES: dict[str, Callable[[Entry], float]] = {
    "KiB an idle connection": lambda entry: entry.kib_each,
    "sign-ins/s": lambda entry: entry.people / entry.report.seconds,
    "ms processor a sign-in": lambda entry: entry.processor_ms_each,
    "ms p99 sign-in": lambda entry: entry.each_s[int(len(entry.each_s) * 0.99)] * 1e3,
}


def measure(bench: Bench) -> Iterator[Row]:
    """Ours in plain TCP and with TLS, beside nats-server in plain TCP; then the fan-out to all of them."""
    amount = AMOUNTS[bench.effort]
    # Half of them are in each of the processes of receivers, and the whole crowd in one of its own.
    raise_file_limit(amount.people // 2)
    beside = bench.of_peer(NATS.name, lambda: entered(NATS, amount.people))
    for rival in (OURS, OURS_TLS):
        entry = entered(rival, amount.people)
        case = f"{amount.people:,} idle connections, {rival.name}"
        for unit, value in FIGURES.items():
            others = {NATS.name: value(beside)} if beside else {}
            bench.tell(f"{rival.name}: {value(entry):,.2f} {unit}")
            yield Row(case, value(entry), unit, ratios(value(entry), others))
    yield from fan_out.measured(bench, (OURS, OURS_TLS, NATS), amount.fan_out)


def entered(rival: Rival, people: int) -> Entry:
    """A crowd comes to a fresh server that knows it, and stays until its memory is known."""
    with rival.serving(people) as running:
        before, used_s = resident_bytes(running.pids[0]), running.processor_s()
        plan = Plan(
            host=running.host,
            port=running.port,
            is_encrypted=rival.is_encrypted,
            greetings=[rival.greeting(number) for number in range(1, people + 1)],
            ready=rival.ready,
            keep_alive=rival.keep_alive,
            at_once=AT_ONCE,
        )
        with gathered(plan) as report:
            used_s = running.processor_s() - used_s
            time.sleep(SETTLED_S)
            grown = resident_bytes(running.pids[0]) - before
        return Entry(report, people, grown / people / 1024, used_s / people * 1e3)


CONNECTIONS = Case("connections", "thousands at one server: entry, idle memory, fan-out", measure)
