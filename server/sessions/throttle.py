"""The throttle: how fast one person may send for long (a token bucket, pure)."""

import weakref
from typing import Final


class Throttle:
    """It never refuses; it says how long to stop reading the connection (s).

    `rate_per_s` 0 switches it off.
    """

    __slots__ = ("__weakref__", "_at", "_burst", "_tokens", "rate_per_s")

    def __init__(self, rate_per_s: float, burst: int, now: float) -> None:
        self.rate_per_s = rate_per_s
        self._burst = burst
        self._tokens = float(burst)
        self._at = now

    def take(self, now: float, amount: float = 1.0) -> float:
        """One message was sent, or what costs as much: 0 when all is well, else how long it must pause."""
        if self.rate_per_s <= 0:
            return 0.0
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self.rate_per_s)
        self._at = now
        self._tokens -= amount
        return max(0.0, -self._tokens / self.rate_per_s)


class Throttles:
    """Those of the people of one server: however many connections somebody has, they share one."""

    def __init__(self, burst: int) -> None:
        self._burst: Final = burst
        # As long as one of the person's connections holds it.
        self._by_person: Final = weakref.WeakValueDictionary[str, Throttle]()

    def of(self, person: str, rate_per_s: float, now: float) -> Throttle:
        """That of a person; a new one when the rate is another by now."""
        found = self._by_person.get(person)
        if found is None or found.rate_per_s != rate_per_s:
            found = self._by_person[person] = Throttle(rate_per_s, self._burst, now)
        return found
