"""The kinds of faults, by the words of `--faults`, and what each does to one server (pure)."""

import enum
from collections.abc import Iterable
from typing import Final


class FaultKind(enum.StrEnum):
    """What is done to a server in the middle of its work."""

    KILL = "kill"  # `kill -9`, and started again.
    PAUSE = "pause"  # The process stands still, and goes on as if nothing had been.
    PARTITION = "partition"  # Nothing passes; nobody is told.
    ONEWAY = "oneway"  # One side hears the other and is not heard.
    DISK_FULL = "diskfull"  # Nothing more can be written, or synced.
    SLOW_DISK = "slowdisk"  # Every sync takes long.


ALL: Final = "all"
# Every machine that this runs on can do these, or the promise was not tried.
REQUIRED: Final = frozenset({FaultKind.KILL, FaultKind.PAUSE, FaultKind.PARTITION, FaultKind.ONEWAY})
# After these a server may have written what the other one knows nothing of.
CUTS: Final = frozenset({FaultKind.PARTITION, FaultKind.ONEWAY})
OF_DISK: Final = frozenset({FaultKind.DISK_FULL, FaultKind.SLOW_DISK})


def parse_kinds(text: str) -> tuple[FaultKind, ...]:
    """`kill,pause` or `all`, each once, in the order of the enumeration. ValueError: an unknown word."""
    words = {word.strip() for word in text.split(",")}
    if ALL in words:
        return tuple(FaultKind)
    wanted = {FaultKind(word) for word in words}
    return tuple(kind for kind in FaultKind if kind in wanted)


def not_tried(wanted: Iterable[FaultKind], ran: Iterable[FaultKind]) -> list[FaultKind]:
    """What was wanted, must work on every machine, and did not happen in a run."""
    missing = (set(wanted) & REQUIRED) - set(ran)
    return [kind for kind in FaultKind if kind in missing]
