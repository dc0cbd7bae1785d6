"""A merge cuts the log, and those who are reading are not told: what they hold is not taken back."""

from typing import Final

from server.engine.round import Position
from server.sessions.delivery import Delivery

TARGET: Final = "server.sessions.delivery.Delivery._rewind"


def replacement(self: Delivery, position: Position) -> None:
    self.merges += 1
    self._memory_start = min(self._memory_start, position.index)
    self._feeds.clear()
    self._bytes = 0
    for reader in {reader for mine in self._by_user.values() for reader in mine}:
        reader.cursor = min(reader.cursor, position.index)
