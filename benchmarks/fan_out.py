"""Fan-out: messages of one sender to many receivers, ours beside the others, in turns in one run."""

import resource
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.bare_relay import BARE_RELAY
from benchmarks.cases import Bench, Case, Effort, Row, ratios
from benchmarks.closed_loop import Outcome, loaded
from benchmarks.nats import NATS
from benchmarks.ours import OURS, OURS_PAIR, OURS_TLS
from benchmarks.packaged import PACKAGED
from benchmarks.rival import Rival
from server.open_files import raise_file_limit

RIVALS = (OURS, OURS_TLS, OURS_PAIR, NATS, *PACKAGED, BARE_RELAY)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured: each server so many times, and for so long each time."""

    receivers: tuple[int, ...]
    windows: tuple[int, ...]
    runs: int
    seconds: float

    @property
    def warm_up_s(self) -> float:
        return min(self.seconds / 3, 0.5)


AMOUNTS = {
    Effort.TINY: Amount((4,), (1, 10), 1, 0.05),
    Effort.QUICK: Amount((500,), (1, 100), 1, 0.6),
    Effort.FULL: Amount((100, 500, 2_000, 8_000), (1, 10, 100), 3, 2.0),
}

# What a server has open besides its connections, generously.
FILES_BESIDE = 200

FIGURES: dict[str, Callable[[Outcome], float]] = {
    "deliveries/s": lambda outcome: outcome.deliveries_a_second,
    "ms p50": lambda outcome: outcome.latency_s(0.5) * 1e3,
    "ms p99": lambda outcome: outcome.latency_s(0.99) * 1e3,
    "ms p99.9": lambda outcome: outcome.latency_s(0.999) * 1e3,
    "µs processor a delivery": lambda outcome: outcome.processor_s * 1e6,
    "µs of the receivers": lambda outcome: outcome.receivers_s * 1e6,
}

Found = dict[tuple[str, int], list[Outcome]]  # by name of the rival, and window


def measure(bench: Bench, rivals: Sequence[Rival] = RIVALS) -> Iterator[Row]:
    """One line a number of receivers, a window, and one of ours."""
    yield from measured(bench, rivals, AMOUNTS[bench.effort])


def measured(bench: Bench, rivals: Sequence[Rival], amount: Amount) -> Iterator[Row]:
    """The same for an amount."""
    raise_file_limit(max(amount.receivers) // 2)
    for receivers in amount.receivers:
        if not _may_open(bench, receivers):
            continue
        found = _in_turns(bench, rivals, receivers, amount)
        for window in amount.windows:
            medians = {name: median(some) for (name, at), some in found.items() if at == window}
            for ours in (rival for rival in rivals if rival.is_ours and rival.name in medians):
                others = {
                    rival.name: medians[rival.name]
                    for rival in rivals
                    if rival.name in medians and not rival.is_ours
                }
                case = f"fan-out, {receivers:,} receivers, W={window}, {ours.name}"
                yield from rows(case, medians[ours.name], others)


def _may_open(bench: Bench, receivers: int) -> bool:
    """Whether the system lets the servers, which inherit our limit, have so many connections."""
    allowed, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY or allowed >= receivers + FILES_BESIDE:
        return True
    bench.miss(f"{receivers:,} receivers: a process may open {allowed:,} files only (ulimit -n)")
    return False


def rows(case: str, ours: Outcome, others: dict[str, Outcome]) -> Iterator[Row]:
    """What one measurement says: the rate first, then latencies, then what it cost."""
    for unit, value in FIGURES.items():
        figures = {name: value(outcome) for name, outcome in others.items()}
        yield Row(case, value(ours), unit, ratios(value(ours), figures))


def _in_turns(bench: Bench, rivals: Sequence[Rival], receivers: int, amount: Amount) -> Found:
    """All rivals in turns, so that a noisy minute of the machine falls on all of them."""
    found: Found = {}
    missing: set[str] = set()
    for turn in range(1, amount.runs + 1):
        for rival in rivals:
            if rival.name in missing or receivers > rival.receivers_max:
                continue
            place = f"{receivers:,} receivers, run {turn} of {amount.runs}, {rival.name}"
            measured = partial(_measure_one, rival, receivers, amount)
            outcomes = measured() if rival.is_ours else bench.of_peer(rival.name, measured)
            if outcomes is None:
                missing.add(rival.name)
                continue
            for window, outcome in outcomes.items():
                found.setdefault((rival.name, window), []).append(outcome)
                bench.tell(f"{place}, W={window}: {outcome.deliveries_a_second:,.0f} deliveries/s")
    return found


def _measure_one(rival: Rival, receivers: int, amount: Amount) -> dict[int, Outcome]:
    """A fresh server, and every window."""
    found: dict[int, Outcome] = {}
    with rival.serving(receivers) as running, loaded(rival, running, receivers) as load:
        for window in amount.windows:
            load.run(window, amount.warm_up_s)
            found[window] = load.run(window, amount.seconds)
    return found


def median(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome with the median rate."""
    middle = statistics.median_low(outcome.deliveries_a_second for outcome in outcomes)
    return next(outcome for outcome in outcomes if outcome.deliveries_a_second == middle)


FAN_OUT = Case("fan-out", "one sender, many receivers, at most W messages under way", measure)
