"""How long a terminal client waits at the end of its input, and what it says when it gives up."""

from math import inf
from typing import Final

from server.client.notices import (
    AnyNotice,
    Connected,
    Delayed,
    Disconnected,
    Refused,
    ServersChanged,
    Stored,
    Taught,
)
from server.i18n.translation import _
from server.network.clock import Clock
from server.terminal.sentences import sentence_of

# A server that is only busy takes what it put off within this, however short the wait.
_BUSY_S: Final = 5.0


class Patience:
    """Hears every notice; knows since when nobody has us, or whoever has us stores nothing."""

    def __init__(self, clock: Clock, wait_s: float) -> None:
        self._clock: Final = clock
        self._wait_s: Final = wait_s
        self._is_alone, self._is_greeted = True, False
        self._is_waiting_for_other = False
        self._delayed: Delayed | None = None
        self._alone_since_s: float = clock.monotonic_s()
        self._useless_since_s: float = self._alone_since_s

    def note(self, notice: AnyNotice) -> None:
        """Take in what a notice says."""
        was_alone, was_useless = self._is_alone, self._is_useless
        match notice:
            case Taught():
                self._is_greeted = True
            case Connected():
                self._is_alone, self._is_greeted = False, True
            case Disconnected():
                self._is_alone, self._is_greeted = True, False
            case ServersChanged() if notice.mode:
                self._is_waiting_for_other = notice.is_waiting_for_other
            case Delayed():
                self._delayed = notice
            case Stored() | Refused():
                self._delayed = None
            case _:
                return
        now = self._clock.monotonic_s()
        if not was_alone:
            self._alone_since_s = now
        if not was_useless:
            self._useless_since_s = now

    def until_s(self, ended_at_s: float, *, has_drafts: bool) -> float:
        """When to give up: never while a server has us and stores what waits, or nothing waits."""
        if not (self._is_alone or (self._is_useless and has_drafts)):
            return inf
        since_s = self._useless_since_s if has_drafts else self._alone_since_s
        return max(ended_at_s, since_s) + self._limit_s

    def sentence(self) -> str:
        """Why it is given up."""
        if self._is_alone and self._is_greeted:
            text = _(
                "A server answers, but has not let us in within {s:g} s; perhaps it waits for the other one."
            )
        elif self._is_alone:
            text = _("No server answered within {s:g} s.")
        elif self._is_waiting_for_other or self._delayed is None:
            text = _(
                "The server answers, but stores nothing until the other one is back. Gave up after {s:g} s."
            )
        else:
            reason = sentence_of(self._delayed.code, self._delayed.arguments)
            text = _("The server answers, but stores nothing: {reason}. Gave up after {s:g} s.")
            return text.format(reason=reason, s=self._limit_s)
        return text.format(s=self._limit_s)

    @property
    def _limit_s(self) -> float:
        is_delayed_only = self._delayed is not None and not (self._is_alone or self._is_waiting_for_other)
        return max(self._wait_s, _BUSY_S) if is_delayed_only else self._wait_s

    @property
    def _is_useless(self) -> bool:
        return self._is_alone or self._is_waiting_for_other or self._delayed is not None
