"""How long the other server has been away, and when people are to be told (pure; times in seconds)."""

from typing import Final

# Both servers of a pair that is started find each other sooner.
TELL_AFTER_S: Final = 2.0


class Absence:
    """From the loss of the link on; `begin` when it is lost again."""

    def __init__(self, now: float) -> None:
        self.begin(now)

    def begin(self, now: float) -> None:
        """The link is lost."""
        self._lost_at = now
        self._answering_since: float | None = None
        self._is_told = False

    def is_long(self, now: float) -> bool:
        """Longer than the other one takes to start."""
        return now - self._lost_at > TELL_AFTER_S

    def is_to_tell(self, now: float, *, is_answering: bool) -> bool:
        """After a try without a link: whether this is to be told, once.

        Whoever has just begun to answer will connect in a moment: there is nothing wrong with its settings.
        """
        if not is_answering:
            self._answering_since = None
        elif self._answering_since is None:
            self._answering_since = now
        since = self._lost_at if self._answering_since is None else self._answering_since
        is_now = self.is_long(now) and now - since > TELL_AFTER_S and not self._is_told
        self._is_told |= is_now
        return is_now
