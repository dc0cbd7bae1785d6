"""The gap of a kill: how long the unluckiest sender waited between two acknowledgements (pure)."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

import msgspec

from server.torture.history import Kill, SenderHistory
from server.torture.plan import WINDOW_S


class Gap(msgspec.Struct, frozen=True):
    """The longest wait after a kill, and whose it was."""

    seconds: float
    sender: str


def gap_of(kill: Kill, senders: Sequence[SenderHistory]) -> Gap:
    """The worst sender of one kill."""
    gaps = (Gap(longest_wait(s.acknowledged_at, kill.at_s), s.name) for s in senders)
    return max(gaps, key=lambda gap: gap.seconds)


def longest_wait(times: Sequence[float], kill_at_s: float, window_s: float = WINDOW_S) -> float:
    """The longest time between two successive ones of `times` (rising) in the window after a kill.

    Every wait that touches the window counts in full: the one in which the server was killed, and
    the one that outlasts the window. If nothing came afterwards, the last wait ends with the window.
    """
    end = kill_at_s + window_s
    first = bisect_right(times, kill_at_s)
    last = bisect_right(times, end)
    before = times[first - 1] if first else kill_at_s
    after = times[last] if last < len(times) else end
    points = [before, *times[first:last], after]
    return max(later - earlier for earlier, later in pairwise(points))


def p50_ms(gaps: Sequence[Gap]) -> float | None:
    """The median in milliseconds; None without a kill."""
    return round(median(gap.seconds for gap in gaps) * 1000, 1) if gaps else None


def max_ms(gaps: Sequence[Gap]) -> float | None:
    """The longest in milliseconds; None without a kill."""
    return round(max(gap.seconds for gap in gaps) * 1000, 1) if gaps else None
