"""The leading server dies by `kill -9`, at a moment that nobody chose."""

import contextlib
import random
import threading
from collections.abc import Iterator

import msgspec

from tests.commands.programs import run_here
from tests.end_to_end.real_pair import RealPair
from tests.waiting import DEADLINE_S, wait_until

# From before a terminal client has dialled until behind its end, on an idle machine.
CLIENT_S = (0.1, 1.5)


def leader_of(pair: RealPair) -> int:
    """The place of the server that leads now; one that just died is followed by the other one."""

    def leading() -> list[int]:
        told = msgspec.json.decode(run_here("status", "--data", pair.path / "a", "--json").text)
        return ["AB".index(server["server"]) for server in told["servers"] if server.get("role") == "leader"]

    (place,) = wait_until(lambda: found if len(found := leading()) == 1 else [], what="one leader")
    return place


@contextlib.contextmanager
def dying_leader(
    pair: RealPair, rng: random.Random, within_s: tuple[float, float], *, comes_back: bool = True
) -> Iterator[int]:
    """Within it the leading server dies at some moment; gives its place. Behind it both are there again,
    unless the dead one is to stay away."""
    victim = leader_of(pair)
    timer = threading.Timer(rng.uniform(*within_s), pair.kill, (victim,))
    timer.start()
    try:
        yield victim
    finally:
        timer.join()
    if comes_back:
        bring_back(pair, victim)


def bring_back(pair: RealPair, place: int) -> None:
    """Start a dead server, and wait until it has all that the other one has."""
    pair.start_again(place)
    # Whoever dies next leaves everything behind.
    assert pair.processes.servers[place].wait_dual(DEADLINE_S)
