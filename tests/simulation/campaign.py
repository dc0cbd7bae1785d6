"""Many scripts, in one or more processes."""

import multiprocessing
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.pool import Pool

from tests.simulation.script import Script, draw_script
from tests.simulation.simulate import Run, simulate

# Enough for a worker to be busy for a second.
_CHUNK = 20


def run_seeds(
    first: int,
    count: int,
    *,
    jobs: int = 1,
    bug: str = "",
    kinds: tuple[str, ...] = (),
    ending: str = "",
) -> Iterator[Run]:
    """The runs of these seeds, in order."""
    scripts = (draw_script(seed, kinds, ending) for seed in range(first, first + count))
    return run_scripts(scripts, jobs=jobs, bug=bug)


def run_scripts(scripts: Iterable[Script], *, jobs: int = 1, bug: str = "") -> Iterator[Run]:
    """The runs of these scripts, in order."""
    play = partial(simulate, bug=bug)
    if jobs == 1:
        yield from map(play, scripts)
        return
    with _pool(jobs) as pool:
        yield from pool.imap(play, scripts, chunksize=_CHUNK)


@contextmanager
def _pool(jobs: int) -> Iterator[Pool]:
    # Fresh interpreters: nothing of this process (threads, an event loop) is copied half.
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield pool
