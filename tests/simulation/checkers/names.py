"""Names at rest: a person's and a room's is given once, whatever both sides of a cut gave away."""

from collections import Counter

from server.protocol.names import name_key
from tests.simulation.history import PromiseError
from tests.simulation.world import World


def check_names(world: World) -> None:
    """On both servers."""
    for process in world.running:
        state = process.engine.state
        for what, names in (
            ("people", [user.name for user in state.users.values()]),
            ("rooms", [room.name for room in state.rooms.values()]),
        ):
            counted = Counter(map(name_key, names))
            twice = [name for name, times in counted.items() if times > 1]
            if twice:
                raise PromiseError("names unique", f"two {what} are called {twice[0]} at {process.name}")
        world.history.seen["names given anew"] += sum(bool(u.former_name) for u in state.users.values())
