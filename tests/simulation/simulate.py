"""One run: a seed in, and out comes what happened and whether every promise was kept."""

from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from tests.simulation.checkers.answers import check_answers
from tests.simulation.checkers.archives import check_archives
from tests.simulation.checkers.states import check_states
from tests.simulation.history import PromiseError
from tests.simulation.phases import live
from tests.simulation.planted import plant
from tests.simulation.weather import small_sizes
from tests.simulation.world import World


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a seed. `failure` "": every promise was kept."""

    seed: int
    bug: str
    failure: str
    virtual_s: float
    seen: Counter[str]
    trace: list[str]


def simulate(seed: int, *, bug: str = "", with_trace: bool = False) -> Run:
    """Live through the run of a seed, perhaps with a planted bug, and check it."""
    world = World(seed)
    failure = ""
    with small_sizes(world.weather), plant(bug) if bug else nullcontext():
        try:
            for part in (live, check_archives, check_answers, check_states):
                _attempt(part, world)
        except PromiseError as violation:
            failure = str(violation)
    if world.history.has_merged:
        world.history.seen["runs with a merge"] += 1
    return Run(
        seed=seed,
        bug=bug,
        failure=failure,
        virtual_s=world.clock.now,
        seen=world.history.seen,
        trace=world.history.lines() if with_trace else [],
    )


def _attempt(part: Callable[[World], None], world: World) -> None:
    """A defect of the core that shows as an exception is a broken promise as well."""
    try:
        part(world)
    except PromiseError:
        raise
    except Exception as error:
        raise PromiseError("the core raised", f"{type(error).__name__}: {error}") from error
