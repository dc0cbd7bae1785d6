"""The faults of a run follow from its seed."""

import msgspec
import pytest

from server.torture.plan import WINDOW_S, Plan, plan_kills

PLAN = Plan(seconds=60, kills=10, senders=8, rate_per_s=50, is_overlapping=False, seed=7)


def test_one_seed_gives_one_plan() -> None:
    assert plan_kills(PLAN) == plan_kills(PLAN)
    assert plan_kills(PLAN) != plan_kills(msgspec.structs.replace(PLAN, seed=8))


@pytest.mark.parametrize("seconds", [2, 9, 60])
@pytest.mark.parametrize("kills", [0, 1, 10])
def test_kills_rise_through_the_run_and_leave_time_for_the_last_window(seconds: float, kills: int) -> None:
    planned = plan_kills(msgspec.structs.replace(PLAN, seconds=seconds, kills=kills))
    times = [kill.at_s for kill in planned]
    assert times == sorted(times)
    assert len(planned) == kills
    assert all(0 <= at_s <= max(seconds - WINDOW_S, seconds / 2) for at_s in times)


def test_half_of_the_kills_are_for_the_leader() -> None:
    assert sum(kill.is_for_leader for kill in plan_kills(PLAN)) == 5
    assert plan_kills(msgspec.structs.replace(PLAN, kills=1))[0].is_for_leader
