"""The throttle: how fast one connection may send for long (a token bucket, pure)."""


class Throttle:
    """It never refuses; it says how long to stop reading the connection (s).

    `rate_per_s` 0 switches it off.
    """

    __slots__ = ("_at", "_burst", "_rate_per_s", "_tokens")

    def __init__(self, rate_per_s: float, burst: int, now: float) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._tokens = float(burst)
        self._at = now

    def take(self, now: float, amount: float = 1.0) -> float:
        """One message was sent, or what costs as much: 0 when all is well, else how long it must pause."""
        if self._rate_per_s <= 0:
            return 0.0
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate_per_s)
        self._at = now
        self._tokens -= amount
        return max(0.0, -self._tokens / self._rate_per_s)
