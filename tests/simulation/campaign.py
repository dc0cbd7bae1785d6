"""Many seeds, in one or more processes."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.pool import Pool

from tests.simulation.simulate import Run, simulate

# Enough for a worker to be busy for a second.
_CHUNK = 20


def command_of(run: Run) -> str:
    """The one line that plays a run again and prints its trace."""
    bug = f" --bug {run.bug}" if run.bug else ""
    return f"python -m tests.simulation.run --seed {run.seed}{bug}"


def run_seeds(first: int, count: int, *, jobs: int = 1, bug: str = "") -> Iterator[Run]:
    """The runs of these seeds, in order."""
    seeds = range(first, first + count)
    play = partial(simulate, bug=bug)
    if jobs == 1:
        yield from map(play, seeds)
        return
    with _pool(jobs) as pool:
        yield from pool.imap(play, seeds, chunksize=_CHUNK)


@contextmanager
def _pool(jobs: int) -> Iterator[Pool]:
    # Fresh interpreters: nothing of this process (threads, an event loop) is copied half.
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield pool
