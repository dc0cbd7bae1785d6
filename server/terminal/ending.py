"""The end of the input of a terminal client: how long it waits for what is not done, and what it says."""

from math import inf
from typing import Final

from server.client.notices import AnyNotice
from server.network.clock import Clock
from server.terminal.patience import Patience
from server.terminal.sentences import waiting_lines

# At the end of the input most is done within this time; longer is worth a word.
_QUIET_S: Final = 1.0


class Ending:
    """Hears every notice. `waiting` is how many lines have no final answer, in every method."""

    def __init__(self, clock: Clock, wait_s: float) -> None:
        self._clock: Final = clock
        self._wait_s: Final = wait_s
        self._patience: Final = Patience(clock, wait_s)
        # Since when the input is at its end.
        self._since_s: float | None = None
        self._is_told = False

    @property
    def has_begun(self) -> bool:
        """Whether no more lines will come."""
        return self._since_s is not None

    def begin(self) -> None:
        """No more lines will come."""
        if self._since_s is None:
            self._since_s = self._clock.monotonic_s()

    def hear(self, notice: AnyNotice) -> None:
        """It may be worth waiting on."""
        self._patience.note(notice)

    def pause_s(self, waiting: int) -> float | None:
        """How long to wait for news before `is_over` and `sentence` are asked; None: for ever."""
        if self._since_s is None:
            return None
        until_s = self._until_s(waiting)
        if not self._is_told:
            until_s = min(until_s, self._since_s + _QUIET_S)
        return max(until_s - self._clock.monotonic_s(), 0.0) if until_s < inf else None

    def is_over(self, waiting: int) -> bool:
        """Whether it is given up: `reason` says why."""
        return self._clock.monotonic_s() >= self._until_s(waiting)

    def reason(self) -> str:
        """Why it is given up."""
        return self._patience.sentence()

    def sentence(self, waiting: int) -> str:
        """What is waited for, said once."""
        if self._is_told:
            return ""
        self._is_told = True
        return waiting_lines(waiting, self._wait_s)

    def _until_s(self, waiting: int) -> float:
        return inf if self._since_s is None else self._patience.until_s(self._since_s, has_drafts=waiting > 0)
