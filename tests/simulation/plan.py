"""The plan of a run: its faults as a list, drawn before it begins, so that a part of it can be played again.

Each fault draws what else it needs from a generator of its own: leaving one out changes no other.
"""

import random
from dataclasses import dataclass
from typing import Final

from tests.simulation.weather import GENTLE_FAULTS, Weather

# Between which two effects a process may fall, in the order in which a round passes them.
POINTS: Final = ("handled", "written", "synced", "sent", "answered")

# How many boundaries of a kind a crash lets pass at most: the more there are, the more.
_SKIPPED_MAX: Final = {"epoch": 2, "cut": 2, "merge": 20, "any": 60}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong at a time (virtual s), for a while.

    `point`, `what`, `skip` are for `crash_at`: at which boundary, in a round that wrote what (an
    epoch record, a cut, any) or in the time of a merge, after how many of them. `keep`: what a crash
    leaves of what was not synced ("": drawn).
    """

    number: int
    at: float
    kind: str
    target: str
    for_s: float
    point: str = ""
    what: str = "any"
    skip: int = 0
    keep: str = ""

    def __str__(self) -> str:
        where = f" {self.point or 'anywhere'}/{self.what}+{self.skip}" if self.kind == "crash_at" else ""
        return (
            f"fault {self.number}: {self.kind}{where} {self.target} at {self.at:.3f} s for {self.for_s:.3f} s"
        )


def draw_plan(rng: random.Random, weather: Weather) -> tuple[Fault, ...]:
    """The faults of one seed."""
    faults: list[Fault] = []
    at = weather.first_fault_s
    kinds = [kind for kind in weather.faults if kind != "crash_at"]
    while at < weather.safety_s and kinds:
        for_s = rng.expovariate(1 / weather.fault_for_s)
        faults.append(Fault(len(faults), at, rng.choice(kinds), rng.choice("ab"), for_s))
        at += rng.expovariate(1 / weather.fault_every_s)
    if "crash_at" in weather.faults:
        for _ in range(weather.crashes_between):
            faults.append(_draw_crash(rng, weather, len(faults)))
    return tuple(faults)


def _draw_crash(rng: random.Random, weather: Weather, number: int) -> Fault:
    """A crash between two effects; most of them near a change of the lead, for there the traps are."""
    what = rng.choice(("epoch", "epoch", "cut", "merge", "any"))
    return Fault(
        number,
        at=rng.uniform(0.0, weather.safety_s),
        kind="crash_at",
        target=rng.choice("ab"),
        for_s=rng.expovariate(1 / weather.fault_for_s),
        point=rng.choice(POINTS),
        what=what,
        skip=rng.randint(0, _SKIPPED_MAX[what]),
    )


def is_gentle(fault: Fault) -> bool:
    """Whether nobody has a reason to take the lead or to go on alone after it."""
    return fault.kind in GENTLE_FAULTS
