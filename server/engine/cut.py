"""What a cut of the log takes with it, for those who re-submit it: verdicts and persons (pure)."""

from collections.abc import Callable, Iterator

import msgspec

from server.archive.record import Record
from server.state.fold import fold
from server.state.state import State, restore


class BehindCut(msgspec.Struct, frozen=True):
    """What the store must know of the records behind a cut: see `Write`."""

    refused: frozenset[tuple[str, int]] = frozenset()
    persons: dict[str, str] = {}


def state_without_cut(
    state: State,
    uncommitted: tuple[Record, ...],
    records: Callable[[int, int], Iterator[Record]],
    cut_to: int,
) -> State:
    """What the log would have meant without the cut: its verdicts go with what is re-submitted.

    `records(first, last)` reads the log up to the cut; `uncommitted` stood behind it.
    """
    if all(record.is_epoch for record in uncommitted):
        return state
    meant = restore(state.snapshot())
    for record in (*records(meant.index + 1, cut_to), *uncommitted):
        fold(meant, record)
    return meant


def behind_cut(before: State, after: State) -> BehindCut:
    """The difference that a cut makes."""
    lost_devices = before.devices.keys() - after.devices.keys()
    return BehindCut(
        refused=frozenset(before.voids.keys() - after.voids.keys()),
        persons={device: before.devices[device].user for device in lost_devices},
    )
