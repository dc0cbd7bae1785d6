"""A server that was replaced, when it says that its data folder may be removed."""

from typing import TYPE_CHECKING

from server.archive.store import StoreReader
from server.state.fold import fold
from server.state.state import State
from tests.simulation.history import Identity, PromiseError

if TYPE_CHECKING:
    from tests.simulation.machine import Machine


def check_may_go(machine: "Machine", refused: set[Identity]) -> None:
    """All that it ever accepted, or had still to hand on, is on both disks of the new pair by then.

    Or it was refused there for good: `refused`. A merge that is under way may have it in a quarantine.
    """
    world = machine.world
    if world.history.liars:
        return
    for held in _accepted(machine) - refused:
        for other in world.machines.values():
            reader = StoreReader(other.disk.durable)
            if reader.index_of_id(*held) is None and held not in _waiting(reader):
                what = f"{machine.name} says that it may go; {held} is not on the disk of {other.name}"
                raise PromiseError("a retired server hands over all", what)


def _accepted(machine: "Machine") -> set[Identity]:
    reader, state = StoreReader(machine.disk.durable), State()
    records = [record for record in reader.all_records() if fold(state, record).refusal is None]
    return {record.id for record in records if not record.is_epoch} | _waiting(reader)


def _waiting(reader: StoreReader) -> set[Identity]:
    return {row.draft.id for row in reader.quarantine(b"", 10**6)}
