"""The gap of a fault: how long the unluckiest sender waited between two acknowledgements (pure)."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

import msgspec

from server.torture.faults import FaultKind
from server.torture.history import Fault, SenderHistory
from server.torture.plan import WINDOW_S


class Gap(msgspec.Struct, frozen=True):
    """The longest wait in a fault and after it, and whose it was."""

    seconds: float
    sender: str


def gaps_of(faults: Sequence[Fault], senders: Sequence[SenderHistory]) -> list[Gap]:
    """The gap of each fault of a run, in their order."""
    ends = [*(fault.at_s for fault in faults[1:]), None]
    # Not strict: a run without faults has an end and no fault.
    return [gap_of(fault, senders, end_s) for fault, end_s in zip(faults, ends, strict=False)]


def gap_of(fault: Fault, senders: Sequence[SenderHistory], next_at_s: float | None = None) -> Gap:
    """The worst sender of one fault: while it lasts and a while longer, until the next one.

    A process that was killed is gone at once; its coming back is no part of the fault.
    """
    lasts_s = 0.0 if fault.kind is FaultKind.KILL else fault.lasts_s
    window_s = lasts_s + WINDOW_S
    is_cut_short = next_at_s is not None and next_at_s < fault.at_s + window_s
    if next_at_s is not None and is_cut_short:
        window_s = next_at_s - fault.at_s
    gaps = (
        Gap(longest_wait(s.acknowledged_at, fault.at_s, window_s, is_cut_short=is_cut_short), s.name)
        for s in senders
    )
    return max(gaps, key=lambda gap: gap.seconds)


def longest_wait(
    times: Sequence[float], at_s: float, window_s: float = WINDOW_S, *, is_cut_short: bool = False
) -> float:
    """The longest time between two successive ones of `times` (rising) in the window from a moment on.

    Every wait that touches the window counts in full: the one in which it begins, and the one that
    outlasts it, unless the window is cut short by something else that makes people wait. If nothing
    came afterwards, the last wait ends with the window.
    """
    end = at_s + window_s
    first = bisect_right(times, at_s)
    last = bisect_right(times, end)
    before = times[first - 1] if first else at_s
    after = times[last] if last < len(times) and not is_cut_short else end
    points = [before, *times[first:last], after]
    return max(later - earlier for earlier, later in pairwise(points))


def p50_ms(gaps: Sequence[Gap]) -> float | None:
    """The median in milliseconds; None without a fault."""
    return round(median(gap.seconds for gap in gaps) * 1000, 1) if gaps else None


def max_ms(gaps: Sequence[Gap]) -> float | None:
    """The longest in milliseconds; None without a fault."""
    return round(max(gap.seconds for gap in gaps) * 1000, 1) if gaps else None
