"""What was handed on to the leader once is done with: a lost link, and it is never handed on again."""

from typing import Final

from server.engine_resubmission import Resubmission

TARGET: Final = "server.engine_resubmission.Resubmission.restart"


def replacement(self: Resubmission) -> None:
    self._in_flight.clear()
