"""The states at rest: equal on both sides, and equal however they are made from the archive."""

from server.archive.blocks import Change
from server.archive.keys import change_index
from server.archive.store import StoreReader
from server.state.fold import fold
from server.state.rebuild import rebuild
from server.state.state import State
from server.state.told import Told
from tests.simulation.history import PromiseError
from tests.simulation.process import Process
from tests.simulation.world import World


def check_states(world: World) -> None:
    """State in memory, state from snapshot and tail, state folded from 1, and the derived tables."""
    digests = {}
    for process in world.running:
        reader = StoreReader(process.machine.disk.durable)
        state = process.engine.state
        last = reader.last_record()
        if last is None or last.index != state.index:
            raise PromiseError("at rest", f"{process.name} folded {state.index}, its log ends at {last}")
        snapshots = [(row.index, row.state) for row in reader.snapshots()]
        folded, told = State(), {}
        for record in reader.all_records():
            told[record.index] = fold(folded, record).told
            if any(index == record.index and kept != folded.snapshot() for index, kept in snapshots):
                raise PromiseError(
                    "states equal", f"{process.name}: the snapshot at {record.index} is another"
                )
        rebuilt = rebuild(snapshots, reader.all_records, state.index)
        if not state.digest() == folded.digest() == rebuilt.digest():
            raise PromiseError("states equal", f"{process.name}: three ways to make it give different states")
        _derived(process.name, reader, told)
        _ids(process)
        digests[process.name] = state.digest()
    if len(set(digests.values())) != 1:
        raise PromiseError("states equal", f"{digests}")


def _changes(reader: StoreReader, change: Change) -> list[tuple[int, str]]:
    found = reader.changes(change.device, change.counter)
    return [(change_index(key), kind) for key, kind in found]


def _ids(process: Process) -> None:
    """Every record is found by its id, and nothing else is."""
    image = process.machine.disk.durable
    reader = StoreReader(image)
    records = list(reader.all_records())
    places = {record.id: record.index for record in records}
    lost = [identity for identity, index in places.items() if reader.index_of_id(*identity) != index]
    found = sum(1 for _ in image.scan("ids", b"", b"\xff" * 64))
    if lost or found != len(records):
        raise PromiseError("ids", f"{process.name}: not found {lost}; {found} ids, {len(records)} records")


def _derived(name: str, reader: StoreReader, told: dict[int, Told | None]) -> None:
    """Timeline and numbers say what the fold says, no more and no less."""
    shown = {index: found for index, found in told.items() if found is not None}
    # What nobody is told of at the end of the log need not reach the disk by itself.
    if not max(shown, default=0) <= reader.derived_index() <= len(told):
        raise PromiseError("derived", f"{name} derived up to {reader.derived_index()} of {len(told)}")
    for audience in sorted({audience for found in shown.values() for audience in found.audiences}):
        rows = reader.page(audience, 0, 2**62, 10**6, is_backwards=False)
        expected = [(i, found.number) for i, found in shown.items() if audience in found.audiences]
        if [(row.index, row.number) for row in rows] != expected:
            raise PromiseError("derived", f"{name}: the timeline of {audience} is not what was folded")
    table = sum(1 for _ in reader.all_changes())
    if table != sum(1 for found in shown.values() if found.change is not None):
        raise PromiseError("derived", f"{name}: {table} changes are not what was folded")
    for index, found in shown.items():
        change = found.change
        if change is not None and (index, change.kind) not in _changes(reader, change):
            raise PromiseError("derived", f"{name}: the change at {index} is not with its message")
        if found.number and reader.index_of_number(found.number) != index:
            raise PromiseError("derived", f"{name}: message {found.number} is not at {index}")
