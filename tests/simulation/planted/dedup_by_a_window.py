"""Only the last few requests of a device are remembered: an older retry is archived again."""

from typing import Final

from server.state.counters import CounterSet

TARGET: Final = "server.state.counters.CounterSet.__contains__"
_real: Final = CounterSet.__contains__
_WINDOW: Final = 2


def replacement(self: CounterSet, counter: int) -> bool:
    return _real(self, counter) and counter > self._ranges[-1][1] - _WINDOW
