"""What checkers work out of a log that grows while they wait: once for each end that it has."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from server.archive.record import GENESIS_HASH
from server.archive.store import StoreReader

if TYPE_CHECKING:
    from tests.simulation.world import World

_Result = TypeVar("_Result")


def at_its_end(world: "World", read: Callable[["World"], _Result]) -> _Result:
    """What `read` makes of the log of "a"; a hash stands for all that leads to it, so one end is one log."""
    last = StoreReader(world.machines["a"].disk.durable).last_record()
    end = GENESIS_HASH if last is None else last.hash
    known = world.worked_out.get(read)
    if known is None or known[0] != end:
        known = world.worked_out[read] = end, read(world)
    result: _Result = known[1]
    return result
