"""The virtual clock: time is a heap of events, and passes only from one to the next."""

import heapq
from collections.abc import Callable

Action = Callable[[], None]


class Clock:
    """Events in the order of their time; those of one time in the order they were made."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Action]] = []
        self._made = 0

    def at(self, when: float, action: Action) -> None:
        """Do something at a time (s)."""
        self._made += 1
        heapq.heappush(self._events, (max(when, self.now), self._made, action))

    def after(self, delay_s: float, action: Action) -> None:
        """Do something later."""
        self.at(self.now + delay_s, action)

    def run_until(self, end: float) -> None:
        """Let time pass."""
        assert end >= self.now, (end, self.now)
        events = self._events
        while events and events[0][0] <= end:
            self.now, _, action = heapq.heappop(events)
            action()
        self.now = end

    def wait_for(self, condition: Callable[[], bool], limit_s: float, step_s: float = 0.02) -> bool:
        """Let time pass until something holds; False when it does not within the limit."""
        end = self.now + limit_s
        while not condition():
            if self.now >= end:
                return False
            self.run_until(min(end, self.now + step_s))
        return True
