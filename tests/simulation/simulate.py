"""One run: a script in, and out comes what happened and whether every promise was kept."""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Final

from tests.simulation.checkers.answers import check_answers
from tests.simulation.checkers.archives import check_archives
from tests.simulation.checkers.files import check_files
from tests.simulation.checkers.names import check_names
from tests.simulation.checkers.rights import check_rights
from tests.simulation.checkers.states import check_states
from tests.simulation.checkers.streams import check_streams
from tests.simulation.history import PromiseError
from tests.simulation.phases import live
from tests.simulation.planted import plant
from tests.simulation.script import Script
from tests.simulation.weather import small_sizes
from tests.simulation.world import World

_PARTS: Final = (
    live,
    check_archives,
    check_answers,
    check_states,
    check_names,
    check_rights,
    check_files,
    check_streams,
)


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a script. `failure` "": every promise was kept; `rule` is the one that was not."""

    script: Script
    bug: str
    failure: str
    rule: str
    virtual_s: float
    seen: Counter[str]
    trace: list[str]

    @property
    def trace_hash(self) -> str:
        """SHA-256 of the trace, hex."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()

    @property
    def command(self) -> str:
        """The one line that plays it again and prints its trace."""
        bug = f" --bug {self.bug}" if self.bug else ""
        return f"python -m tests.simulation.run {self.script.options}{bug}"


def simulate(script: Script, *, bug: str = "", with_trace: bool = False) -> Run:
    """Live through a script, perhaps with a planted bug, and check it."""
    failure = rule = ""
    with small_sizes(script.weather), plant(bug) if bug else nullcontext(), _errors_told() as errors:
        world = World(script)
        try:
            for part in _PARTS:
                _attempt(part, world)
                errors.check()
        except PromiseError as violation:
            failure, rule = str(violation), violation.rule
    world.end()
    if world.history.has_merged:
        world.history.seen["runs with a merge"] += 1
    return Run(
        script=script,
        bug=bug,
        failure=failure,
        rule=rule,
        virtual_s=world.clock.now,
        seen=world.history.seen,
        trace=world.history.lines() if with_trace else [],
    )


class _Errors(logging.Handler):
    """What the product caught and told of: somebody's task went wrong, and the rest goes on."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._first: logging.LogRecord | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self._first = self._first or record

    def check(self) -> None:
        """Raise what was told of first, if anything was."""
        if self._first is None:
            return
        error = self._first.exc_info[1] if self._first.exc_info else None
        if isinstance(error, PromiseError):
            raise error
        raise PromiseError("no errors told", f"{self._first.getMessage()}: {error!r}")


@contextmanager
def _errors_told() -> Iterator[_Errors]:
    errors, logger = _Errors(), logging.getLogger("server")
    logger.addHandler(errors)
    # They are the run's: a planted bug must not fail the test that looks for it.
    before, logger.propagate = logger.propagate, False
    try:
        yield errors
    finally:
        logger.propagate = before
        logger.removeHandler(errors)


def _attempt(part: Callable[[World], None], world: World) -> None:
    """A defect of the core that shows as an exception is a broken promise as well."""
    try:
        part(world)
    except PromiseError:
        raise
    except Exception as error:
        raise PromiseError("the core raised", f"{type(error).__name__}: {error}") from error
