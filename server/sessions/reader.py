"""A reader: one connection to which is delivered, its audiences and its cursor."""

from collections.abc import Iterable
from typing import Final, Protocol

from server.state.told import EVERYBODY

NOTHING: Final = frozenset[str]()


class Outlet(Protocol):
    """Where a reader's bytes go: a channel."""

    @property
    def is_paused(self) -> bool:
        """Whether it takes nothing at the moment."""

    def write(self, data: bytes) -> None:
        """Send."""


class Reader:
    """One active connection: its audiences and its cursor."""

    __slots__ = ("audiences", "cursor", "is_reading_store", "joins", "number", "outlet", "touched", "user")

    def __init__(self, outlet: Outlet, user: str, audiences: Iterable[str], cursor: int) -> None:
        self.outlet = outlet
        self.user = user
        self.audiences = {EVERYBODY, user, *audiences}
        self.cursor = cursor
        # MT as of the last flush; a reader with nothing touched stands at MA.
        self.number = 0
        # Audiences with something behind the cursor. Shared between readers, never changed in place.
        self.touched = NOTHING
        # Rooms joined behind the cursor, each with the index up to which it is not for this reader.
        self.joins: tuple[tuple[str, int], ...] = ()
        self.is_reading_store = False
