"""How many runs a planted bug may take to be found, and where rare ones are looked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from tests.simulation.campaign import run_seeds
from tests.simulation.simulate import Run
from tests.simulation.small_scope import explore

DEFAULT_RUNS: Final = 400


@dataclass(frozen=True, slots=True)
class Budget:
    """Where to look: with drawn faults, with these kinds, under this lasting fault, or in the small scope."""

    runs: int = DEFAULT_RUNS
    kinds: tuple[str, ...] = ()
    ending: str = ""
    is_small_scope: bool = False


# Those that need something rare to happen, and what.
BUDGETS: Final[dict[str, Budget]] = {}


def hunt(bug: str, *, jobs: int = 1) -> tuple[int, Run | None]:
    """How many runs it took, and the one that found the bug (None: none did)."""
    budget = BUDGETS.get(bug, Budget())
    if budget.is_small_scope:
        runs: Iterator[Run] = islice(explore(jobs=jobs, bug=bug), budget.runs)
    else:
        runs = run_seeds(0, budget.runs, jobs=jobs, bug=bug, kinds=budget.kinds, ending=budget.ending)
    count = 0
    for count, run in enumerate(runs, start=1):
        if run.failure:
            return count, run
    return count, None
