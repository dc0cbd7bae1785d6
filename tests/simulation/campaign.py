"""Many scripts, in one or more processes."""

import gc
import multiprocessing
from collections.abc import Iterable, Iterator
from functools import partial

from tests.simulation.script import Script, draw_script
from tests.simulation.simulate import Run, simulate

# Enough for a worker to be busy for a second.
_CHUNK = 20
# A run leaves cycles behind, all at once. To look for them every 700 objects takes a sixth of the time.
_OBJECTS_BETWEEN_COLLECTIONS = 1_000_000


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
        before = gc.get_threshold()
        _collect_rarely()
        try:
            yield from map(play, scripts)
        finally:
            gc.set_threshold(*before)
            gc.unfreeze()
        return
    # Fresh interpreters: nothing of this process (threads, an event loop) is copied half.
    with multiprocessing.get_context("spawn").Pool(jobs, _collect_rarely) as pool:
        yield from pool.imap(play, scripts, chunksize=_CHUNK)


def _collect_rarely() -> None:
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
