"""A fault is said in words that tell what to expect of it."""

import random

import pytest

from server.torture.fault_words import fault_words, role_words
from server.torture.faults import FaultKind
from server.torture.plan import CutPlace, Plan, PlannedCut, PlannedDisk, PlannedFault, plan_faults


def words(kind: FaultKind, *, cut: PlannedCut | None = None, disk: PlannedDisk | None = None) -> str:
    fault = PlannedFault(kind=kind, at_s=0, settled_s=0, lasts_s=2.04, is_for_leader=True, cut=cut, disk=disk)
    return fault_words(fault)


@pytest.mark.parametrize(
    ("is_towards", "place", "text"),
    [
        (True, CutPlace.SERVERS, "does not hear the other server"),
        (False, CutPlace.MACHINE, "is heard neither by the other server nor by clients"),
    ],
)
def test_a_one_way_cut_says_who_does_not_hear_whom(is_towards: bool, place: CutPlace, text: str) -> None:
    cut = PlannedCut(place=place, moments_s=(2.04,), is_towards=is_towards, resets=False)
    assert words(FaultKind.ONEWAY, cut=cut) == f"{text} for 2.0 s"


def test_a_partition_says_how_it_goes_and_ends() -> None:
    cut = PlannedCut(place=CutPlace.SERVERS, moments_s=(1.0, 0.5, 0.54), is_towards=True, resets=True)
    expected = "is cut off from the other server for 2.0 s, on and off, then what was cut is reset"
    assert words(FaultKind.PARTITION, cut=cut) == expected


def test_disks_say_what_is_wrong_with_them() -> None:
    assert words(FaultKind.SLOW_DISK, disk=PlannedDisk(sync_s=0.5)).startswith("needs 0.50 s more")
    assert words(FaultKind.DISK_FULL, disk=PlannedDisk(room_bytes=7)).startswith("has 7 bytes left")
    assert words(FaultKind.DISK_FULL, disk=PlannedDisk(fails_late=True)).startswith("has a disk that fails")


def test_every_planned_fault_can_be_said(rng: random.Random) -> None:
    plan = Plan(
        seconds=60,
        faults=60,
        kinds=tuple(FaultKind),
        senders=1,
        rate_per_s=1,
        is_overlapping=False,
        seed=rng.getrandbits(32),
    )
    assert all(fault_words(fault) for fault in plan_faults(plan))


def test_a_role_is_said_as_people_say_it() -> None:
    assert role_words("leader") == "the leader"
    assert role_words("recovering") == "which was recovering"
