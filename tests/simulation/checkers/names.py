"""Names at rest: given once, whatever both sides of a cut gave away, and nobody becomes somebody else."""

from collections import Counter

from server.archive.store import StoreReader
from server.protocol.names import name_key
from server.state.state import NAMED_KINDS, OPERATOR, State
from tests.simulation.history import PromiseError
from tests.simulation.process import Process
from tests.simulation.world import World


def check_names(world: World) -> None:
    """On both servers."""
    for process in world.running:
        state = process.engine.state
        _unique(process.name, "people", [user.name for user in state.users.values()])
        named = [room for room in state.rooms.values() if room.kind in NAMED_KINDS and not room.is_deleted]
        _unique(process.name, "rooms", [room.name for room in named])
        users = [user for user in state.users.values() if user.id != OPERATOR]
        _unique(process.name, "people (classic)", [user.classic_name for user in users])
        _unique(process.name, "rooms (classic)", [room.classic_name for room in named])
        _same_people(process, state)
        world.history.seen["names given anew"] += sum(bool(u.former_name) for u in state.users.values())


def _unique(server: str, what: str, names: list[str]) -> None:
    twice = [name for name, times in Counter(map(name_key, names)).items() if times > 1]
    if twice:
        raise PromiseError("names unique", f"two {what} are called {twice[0]} at {server}")


def _same_people(process: Process, state: State) -> None:
    """A device that a merge moved belongs to whom it belonged before."""
    for record in StoreReader(process.machine.disk.durable).all_records():
        header = record.header
        if header.kind == "device" and header.origin is not None and record.id not in state.voids:
            person = state.devices[header.device].user
            if person != header.origin.person:
                what = f"the device {header.device} was of {header.origin.person}, and is of {person}"
                raise PromiseError("same person", what)
