"""The counters of a device that were used: a set kept as ranges, for ever.

Not a high-water mark (a counter may arrive late, at the other server) and not a time window
(a retry may come after a year): each of these loses or doubles messages in a simulated pair.
"""

from bisect import bisect_right


class CounterSet:
    """A set of whole numbers as sorted, disjoint ranges that do not touch."""

    __slots__ = ("_ranges",)

    def __init__(self, ranges: list[tuple[int, int]] | None = None) -> None:
        self._ranges: list[tuple[int, int]] = list(ranges or [])

    def __contains__(self, counter: int) -> bool:
        if not self._ranges or counter > self._ranges[-1][1]:
            # As nearly always: devices count up.
            return False
        place = bisect_right(self._ranges, (counter, float("inf"))) - 1
        return place >= 0 and counter <= self._ranges[place][1]

    def add(self, counter: int) -> None:
        """Put a number in; joins ranges that touch."""
        if self._ranges and counter == self._ranges[-1][1] + 1:
            self._ranges[-1] = self._ranges[-1][0], counter
            return
        place = bisect_right(self._ranges, (counter, float("inf")))
        first = last = counter
        if place > 0 and self._ranges[place - 1][1] >= counter - 1:
            place -= 1
            first, last = self._ranges[place][0], max(self._ranges[place][1], counter)
            del self._ranges[place]
        if place < len(self._ranges) and self._ranges[place][0] == last + 1:
            last = self._ranges[place][1]
            del self._ranges[place]
        self._ranges.insert(place, (first, last))

    def __len__(self) -> int:
        """How many ranges it is made of."""
        return len(self._ranges)

    def is_apart(self, counter: int) -> bool:
        """Whether a number neither is in a range nor touches one: it would be one more."""
        place = bisect_right(self._ranges, (counter, float("inf")))
        touches_before = place > 0 and self._ranges[place - 1][1] >= counter - 1
        touches_behind = place < len(self._ranges) and self._ranges[place][0] == counter + 1
        return not (touches_before or touches_behind)

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """(first, last) of each range, both included."""
        return tuple(self._ranges)
