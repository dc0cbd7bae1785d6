"""Fan-out: messages of one sender to many receivers, ours beside the others, in turns in one run."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.closed_loop import Outcome, loaded
from benchmarks.rivals import Rival

WINDOWS = (1, 100)
WARM_UP_S = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """One server at one window: the run with the median rate."""

    rival: str
    window: int
    median: Outcome


def measure(
    rivals: Sequence[Rival], receivers: int, runs: int, seconds: float, tell: Callable[[str], None]
) -> list[Row]:
    """All rivals `runs` times in turns, so that a noisy minute of the machine falls on all of them."""
    outcomes: dict[tuple[str, int], list[Outcome]] = {}
    for turn in range(1, runs + 1):
        for rival in rivals:
            with rival.started() as (host, port), loaded(rival, host, port, receivers) as load:
                for window in WINDOWS:
                    load.run(window, WARM_UP_S)
                    outcome = load.run(window, seconds)
                    outcomes.setdefault((rival.name, window), []).append(outcome)
                    rate = f"{outcome.deliveries_a_second:,.0f} deliveries/s"
                    tell(f"run {turn} of {runs}: {rival.name}, W={window}: {rate}")
    return [Row(name, window, _median(found)) for (name, window), found in outcomes.items()]


def _median(outcomes: list[Outcome]) -> Outcome:
    middle = statistics.median_low(outcome.deliveries_a_second for outcome in outcomes)
    return next(outcome for outcome in outcomes if outcome.deliveries_a_second == middle)


def table(rows: Sequence[Row], reference: str) -> str:
    """The rows as Markdown, each beside the reference at the same window."""
    rates = {row.window: row.median.deliveries_a_second for row in rows if row.rival == reference}
    lines = [
        f"| server | W | deliveries/s | beside {reference} | p50 ms | p99 ms | p99.9 ms |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in sorted(rows, key=lambda row: row.window):
        rate = row.median.deliveries_a_second
        latencies = " | ".join(f"{row.median.latency_s(share) * 1000:.2f}" for share in (0.5, 0.99, 0.999))
        ratio = f"{rate / rates[row.window]:.2f}" if row.window in rates else "-"
        lines.append(f"| {row.rival} | {row.window} | {rate:,.0f} | {ratio} | {latencies} |")
    return "\n".join(lines)
