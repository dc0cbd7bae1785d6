"""The plan of a run, and the faults that follow from its seed (pure)."""

import random
from typing import Final

import msgspec

# The gap of a kill is looked for in this time after it.
WINDOW_S: Final = 5.0
_DOWN_S: Final = (0.1, 1.0)
_SETTLED_S: Final = (0.05, 0.5)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What one run does; `rate_per_s` is for each sender.

    `is_overlapping`: kills come at any moment, also while the other server is down or starting.
    """

    seconds: float
    kills: int
    senders: int
    rate_per_s: float
    is_overlapping: bool
    seed: int


class PlannedKill(msgspec.Struct, frozen=True):
    """A `kill -9` to come. Times in seconds.

    Not before `at_s` into the run, and not before both servers were one pair again for
    `settled_s`; the killed server is started again `down_s` later.
    """

    at_s: float
    settled_s: float
    down_s: float
    is_for_leader: bool


def plan_kills(plan: Plan) -> list[PlannedKill]:
    """One kill in each equal part of the run; one half of them is for the leader, the rest not."""
    rng = random.Random(plan.seed)
    # The window of the last kill lies in the run too, where the run is long enough for that.
    span_s = max(plan.seconds - WINDOW_S, plan.seconds / 2)
    part_s = span_s / max(plan.kills, 1)
    victims = [place % 2 == 0 for place in range(plan.kills)]
    rng.shuffle(victims)
    return [
        PlannedKill(
            at_s=(place + rng.random()) * part_s,
            settled_s=rng.uniform(*_SETTLED_S),
            down_s=rng.uniform(*_DOWN_S),
            is_for_leader=is_for_leader,
        )
        for place, is_for_leader in enumerate(victims)
    ]
