"""What is committed is worked out when a confirmation comes, and not when the rule changes."""

from typing import Final

from server.replication import steps
from server.replication.replica import Replica

TARGET: Final = "server.replication.replica.Replica.step"


def replacement(self: Replica, given: steps.Input, now: float, time_ms: int) -> list[steps.Effect]:
    if self._is_halted:
        return []
    self.now, self.time_ms = now, time_ms
    self._dispatch(given)
    if isinstance(given, steps.Received | steps.Propose | steps.Loaded):
        self.role.settle()
    effects, self._effects = self._effects, []
    return effects
