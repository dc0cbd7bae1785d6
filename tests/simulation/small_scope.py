"""The small scope, all of it: every crash point of every small script, and each way a disk may lose its tail.

A script is up to three messages and at most one partition. First it is played without a crash, and
the boundaries between effects are counted; then once for each boundary, with what was not synced
kept, lost and torn.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from server.replication.settings import Settings
from tests.simulation.campaign import run_scripts
from tests.simulation.plan import Fault
from tests.simulation.script import Script
from tests.simulation.simulate import Run, simulate
from tests.simulation.weather import Weather

KEPT: Final = ("keep", "lose", "torn")
_SAFETY_S: Final = 3.0
# Before the pair is dual, while it becomes it, and in the middle of the messages.
_CUTS_AT: Final = (None, 0.1, 0.55)
_WEATHER: Final = Weather(
    faults=("crash_at", "cut"),
    fault_every_s=1.0,
    fault_for_s=0.5,
    safety_s=_SAFETY_S,
    first_fault_s=0.0,
    crashes_between=1,
    is_overlapping=True,
    ending="level",
    devices=2,
    people=0,
    has_namesakes=False,
    requests_each=1,
    circles=0.0,
    accounts=0.0,
    files=0.0,
    kept_s=0.0,
    think_s=0.1,
    patience_s=0.4,
    sync_s=0.003,
    network_s=0.002,
    io_s=0.0005,
    settings=Settings(quick_s=0.3, boot_wait_s=0.8, level_records=4),
    answer_s_max=30.0,
    cache_bytes=8 * 1024 * 1024,
    trim_records=8,
    snapshot_every=3,
    memory_bytes=32 * 1024 * 1024,
    rows_max=500,
)
# A count that no run reaches: how many boundaries were passed is read from what is left of it.
_NEVER: Final = 10**6


@dataclass(frozen=True, slots=True)
class _Small:
    """A script without its crash."""

    messages: int
    cut_at: float | None
    seed: int

    def script(self, crash: Fault | None = None) -> Script:
        """The script, with a crash or without."""
        weather = replace(_WEATHER, requests_each=self.messages)
        plan: list[Fault] = []
        if self.cut_at is not None:
            plan.append(Fault(0, self.cut_at, "cut", "a", 1.3))
        if crash is not None:
            plan.append(crash)
        return Script(self.seed, weather, tuple(plan))


def smalls() -> list[_Small]:
    """Every small script."""
    return [_Small(count, cut_at, seed=count) for count in (1, 2, 3) for cut_at in _CUTS_AT]


def explore(*, jobs: int = 1, bug: str = "", every: int = 1, skipped: int = 0) -> Iterator[Run]:
    """All schedules of the small scope, or each n-th of them behind the first few."""
    return run_scripts(islice(_schedules(), skipped, None, every), jobs=jobs, bug=bug)


def _schedules() -> Iterator[Script]:
    for small in smalls():
        for target in "ab":
            for skip in range(boundaries(small, target)):
                for keep in KEPT:
                    yield small.script(_crash(target, skip, keep))


def boundaries(small: _Small, target: str) -> int:
    """How many boundaries a server passes when nothing goes wrong but the partition."""
    run = simulate(small.script(_crash(target, _NEVER, "keep")))
    return run.seen[f"boundaries of {target}"]


def _crash(target: str, skip: int, keep: str) -> Fault:
    return Fault(1, 0.0, "crash_at", target, 0.4, skip=skip, keep=keep)
