"""The faults of a run follow from its seed."""

from collections import Counter

import msgspec
import pytest

from server.torture.faults import FaultKind
from server.torture.plan import WINDOW_S, CutPlace, Plan, plan_faults

PLAN = Plan(seconds=60, faults=10, senders=8, rate_per_s=50, is_overlapping=False, seed=7)
ALL_KINDS = msgspec.structs.replace(PLAN, faults=60, kinds=tuple(FaultKind))


def test_one_seed_gives_one_plan() -> None:
    assert plan_faults(ALL_KINDS) == plan_faults(ALL_KINDS)
    assert plan_faults(ALL_KINDS) != plan_faults(msgspec.structs.replace(ALL_KINDS, seed=8))


@pytest.mark.parametrize("seconds", [2, 9, 60])
@pytest.mark.parametrize("faults", [0, 1, 10])
def test_faults_rise_through_the_run_and_leave_time_for_the_last_window(seconds: float, faults: int) -> None:
    planned = plan_faults(msgspec.structs.replace(PLAN, seconds=seconds, faults=faults))
    times = [fault.at_s for fault in planned]
    assert times == sorted(times)
    assert len(planned) == faults
    assert all(0 <= at_s <= max(seconds - WINDOW_S, seconds / 2) for at_s in times)


def test_half_of_the_faults_of_every_kind_are_for_the_leader() -> None:
    planned = plan_faults(ALL_KINDS)
    assert Counter(fault.kind for fault in planned) == dict.fromkeys(FaultKind, 10)
    for kind in FaultKind:
        assert sum(fault.is_for_leader for fault in planned if fault.kind is kind) == 5
    assert plan_faults(msgspec.structs.replace(PLAN, faults=1))[0].is_for_leader


def test_with_as_many_faults_as_kinds_each_comes_once() -> None:
    planned = plan_faults(msgspec.structs.replace(ALL_KINDS, faults=len(FaultKind)))
    assert {fault.kind for fault in planned} == set(FaultKind)


def test_only_cuts_have_a_place_and_only_disks_a_manner() -> None:
    for fault in plan_faults(ALL_KINDS):
        assert (fault.cut is not None) == (fault.kind in {FaultKind.PARTITION, FaultKind.ONEWAY})
        assert (fault.disk is not None) == (fault.kind in {FaultKind.DISK_FULL, FaultKind.SLOW_DISK})


def test_cuts_come_everywhere_at_both_servers_and_end_in_both_ways() -> None:
    cuts = [
        (fault.cut.place, fault.is_for_leader)
        for fault in plan_faults(ALL_KINDS)
        if fault.cut is not None and fault.kind is FaultKind.PARTITION
    ]
    assert set(cuts) == {(place, is_for_leader) for place in CutPlace for is_for_leader in (True, False)}
    found = [fault.cut for fault in plan_faults(ALL_KINDS) if fault.cut is not None]
    assert {cut.resets for cut in found} == {cut.is_towards for cut in found} == {True, False}
    assert {len(cut.moments_s) == 1 for cut in found} == {True, False}
    assert all(len(cut.moments_s) % 2 for cut in found)


def test_the_first_cut_is_between_the_servers() -> None:
    plan = msgspec.structs.replace(PLAN, faults=1, kinds=(FaultKind.PARTITION,))
    assert [fault.cut and fault.cut.place for fault in plan_faults(plan)] == [CutPlace.SERVERS]
