"""Fan-out: messages of one sender to many receivers, ours beside the others, in turns in one run."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.closed_loop import Outcome, loaded
from benchmarks.rival import MissingRivalError, Rival

WINDOWS = (1, 100)
WARM_UP_S = 0.5


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: how many times each server, and for how long each time."""

    receivers: int
    runs: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Row:
    """One server at one window: the run with the median rate."""

    rival: str
    window: int
    median: Outcome


def measure(rivals: Sequence[Rival], effort: Effort, tell: Callable[[str], None]) -> list[Row]:
    """All rivals in turns, so that a noisy minute of the machine falls on all of them."""
    outcomes: dict[tuple[str, int], list[Outcome]] = {}
    missing: set[str] = set()
    for turn in range(1, effort.runs + 1):
        for rival in rivals:
            if rival.name in missing:
                continue
            try:
                found = _measure_one(rival, effort)
            except MissingRivalError as error:
                missing.add(rival.name)
                tell(str(error))
                continue
            for window, outcome in found.items():
                outcomes.setdefault((rival.name, window), []).append(outcome)
                rate = f"{outcome.deliveries_a_second:,.0f} deliveries/s"
                tell(f"run {turn} of {effort.runs}: {rival.name}, W={window}: {rate}")
    return [Row(name, window, _median(found)) for (name, window), found in outcomes.items()]


def _measure_one(rival: Rival, effort: Effort) -> dict[int, Outcome]:
    """A fresh server under every window."""
    found: dict[int, Outcome] = {}
    with rival.started() as running, loaded(rival, running, effort.receivers) as load:
        for window in WINDOWS:
            load.run(window, WARM_UP_S)
            found[window] = load.run(window, effort.seconds)
    return found


def _median(outcomes: list[Outcome]) -> Outcome:
    middle = statistics.median_low(outcome.deliveries_a_second for outcome in outcomes)
    return next(outcome for outcome in outcomes if outcome.deliveries_a_second == middle)


def ratio(rows: Sequence[Row], rival: str, reference: str, window: int) -> float | None:
    """The rate of one server beside another's at the same window; None when one was not measured."""
    rates = {row.rival: row.median.deliveries_a_second for row in rows if row.window == window}
    return rates[rival] / rates[reference] if rival in rates and reference in rates else None


def table(rows: Sequence[Row], references: Sequence[str]) -> str:
    """The rows as Markdown, each beside the references at the same window."""
    beside = " | ".join(f"× {reference}" for reference in references)
    lines = [
        f"| server | W | deliveries/s | {beside} | processor, µs a delivery | p50 ms | p99 ms | p99.9 ms |",
        "|---|---:|---:|" + "---:|" * len(references) + "---:|---:|---:|---:|",
    ]
    for row in sorted(rows, key=lambda row: row.window):
        found = [ratio(rows, row.rival, reference, row.window) for reference in references]
        cells = [row.rival, str(row.window), f"{row.median.deliveries_a_second:,.0f}"]
        cells += ["-" if number is None else f"{number:.2f}" for number in found]
        cells += [f"{row.median.processor_s * 1e6:.2f}"]
        cells += [f"{row.median.latency_s(share) * 1000:.2f}" for share in (0.5, 0.99, 0.999)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
