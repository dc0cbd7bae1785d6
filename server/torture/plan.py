"""The plan of a run, and the faults that follow from its seed (pure)."""

import enum
import random
from typing import Final

import msgspec

from server.torture.faults import CUTS, FaultKind

# The gap of a fault is looked for until this long after its end.
WINDOW_S: Final = 5.0
_SETTLED_S: Final = (0.05, 0.5)
# From shorter than anybody notices to longer than the silence after which a server acts alone.
_LASTS_S: Final[dict[FaultKind, tuple[float, float]]] = {
    FaultKind.KILL: (0.1, 1.0),
    FaultKind.PAUSE: (0.2, 3.0),
    FaultKind.PARTITION: (0.3, 4.0),
    FaultKind.ONEWAY: (0.3, 4.0),
    FaultKind.DISK_FULL: (0.5, 2.0),
    FaultKind.SLOW_DISK: (1.0, 4.0),
}
_FLAP_S: Final = (0.05, 0.7)
# Around the 1.5 s after which a leader goes on without a follower that does not confirm.
_SYNC_S: Final = (0.02, 2.0)
# What still fits on a full disk: nothing, or a few records, so that it fails in the middle of something.
_ROOM_BYTES: Final = (0, 65_536)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What one run does; `rate_per_s` is for each sender, `faults` is how many come in all.

    `is_overlapping`: faults come at any moment, also while the other server is down or starting.
    """

    seconds: float
    faults: int
    kinds: tuple[FaultKind, ...] = (FaultKind.KILL,)
    senders: int
    rate_per_s: float
    is_overlapping: bool
    seed: int


class CutPlace(enum.StrEnum):
    """Where the network of one server is cut."""

    SERVERS = "servers"  # Between both servers; each keeps its clients.
    MACHINE = "machine"  # From the other server and from all clients.
    CLIENTS = "clients"  # From all clients; both servers hear each other.


class PlannedCut(msgspec.Struct, frozen=True, kw_only=True):
    """How a cut goes. `moments_s`: cut, open, cut, ... for so long each; an odd number.

    `is_towards` (one-way cuts): what is sent to the server is held; else what it sends. At the end
    what was held arrives, or with `resets` all connections that were cut end.
    """

    place: CutPlace
    moments_s: tuple[float, ...]
    is_towards: bool
    resets: bool


class PlannedDisk(msgspec.Struct, frozen=True, kw_only=True):
    """What a disk does: each sync takes `sync_s` longer, or it is full but for `room_bytes`.

    `fails_late`: it takes everything and says only at the sync that there was no room.
    """

    sync_s: float = 0.0
    room_bytes: int = 0
    fails_late: bool = False


class PlannedFault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault to come. Times in seconds.

    Not before `at_s` into the run, and not before both servers were one pair again for
    `settled_s`; it is over `lasts_s` later (a killed server is then started again).
    """

    kind: FaultKind
    at_s: float
    settled_s: float
    lasts_s: float
    is_for_leader: bool
    cut: PlannedCut | None = None
    disk: PlannedDisk | None = None


def plan_faults(plan: Plan) -> list[PlannedFault]:
    """One fault in each equal part of the run; the kinds share them, each with half for the leader."""
    rng = random.Random(plan.seed)
    # The window of the last fault lies in the run too, where the run is long enough for that.
    span_s = max(plan.seconds - WINDOW_S, plan.seconds / 2)
    part_s = span_s / max(plan.faults, 1)
    drawn = _draw_kinds(plan, rng)
    return [
        _draw_fault(kind, (place + rng.random()) * part_s, turn, rng)
        for place, (kind, turn) in enumerate(drawn)
    ]


def _draw_kinds(plan: Plan, rng: random.Random) -> list[tuple[FaultKind, int]]:
    """Each kind as often as the others, give or take one, with the how many-th of its kind it is."""
    kinds = list(plan.kinds)
    if plan.faults >= len(kinds):
        rng.shuffle(kinds)
    turns = [(kinds[place % len(kinds)], place // len(kinds)) for place in range(plan.faults)]
    rng.shuffle(turns)
    return turns


def _draw_fault(kind: FaultKind, at_s: float, turn: int, rng: random.Random) -> PlannedFault:
    settled_s, lasts_s = rng.uniform(*_SETTLED_S), rng.uniform(*_LASTS_S[kind])
    cut = _draw_cut(lasts_s, turn, rng) if kind in CUTS else None
    return PlannedFault(
        kind=kind,
        at_s=at_s,
        settled_s=settled_s,
        lasts_s=lasts_s if cut is None else sum(cut.moments_s),
        is_for_leader=turn % 2 == 0,
        cut=cut,
        disk=_draw_disk(kind, turn, rng),
    )


def _draw_cut(lasts_s: float, turn: int, rng: random.Random) -> PlannedCut:
    """The first of a kind is one of the two servers from each other: the case that needs a merge."""
    places = (CutPlace.SERVERS, CutPlace.MACHINE, CutPlace.SERVERS, CutPlace.CLIENTS)
    moments = [lasts_s]
    if turn and rng.random() < 1 / 4:
        moments = [rng.uniform(*_FLAP_S) for _ in range(2 * round(lasts_s) + 1)]
    return PlannedCut(
        # The turns of the leader and of the follower go through all places.
        place=places[(turn // 2 + turn % 2) % len(places)],
        moments_s=tuple(moments),
        is_towards=rng.random() < 1 / 2,
        resets=rng.random() < 1 / 2,
    )


def _draw_disk(kind: FaultKind, turn: int, rng: random.Random) -> PlannedDisk | None:
    if kind is FaultKind.SLOW_DISK:
        return PlannedDisk(sync_s=rng.uniform(*_SYNC_S))
    if kind is FaultKind.DISK_FULL:
        return PlannedDisk(room_bytes=rng.randint(*_ROOM_BYTES), fails_late=turn % 4 >= 2)
    return None
