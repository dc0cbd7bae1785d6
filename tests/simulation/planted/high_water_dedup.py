"""Whatever lies below the highest counter of a device counts as seen."""

from typing import Final

from server.state.counters import CounterSet

TARGET: Final = "server.state.counters.CounterSet.__contains__"


def replacement(self: CounterSet, counter: int) -> bool:
    return bool(self._ranges) and counter <= self._ranges[-1][1]
