"""The clock: monotonic seconds for waiting, wall milliseconds for people; passed in everywhere."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two readings that must never be mixed: one never jumps, the other is what people read."""

    def monotonic_s(self) -> float:
        """Seconds since some start; never goes back. For deadlines and durations."""
        ...

    def wall_ms(self) -> int:
        """Milliseconds since 1970 (UTC). May jump when somebody sets the clock."""
        ...


class SystemClock:
    """The clocks of this machine."""

    __slots__ = ()

    def monotonic_s(self) -> float:
        return time.monotonic()

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000
