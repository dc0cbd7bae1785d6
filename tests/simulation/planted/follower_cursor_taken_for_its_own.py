"""A server that is a moment behind takes the client's cursor back to where it stands itself."""

from typing import Final

from server.client.reading import Reading
from server.protocol.requests import Cursor

TARGET: Final = "server.client.reading.Reading.end_flush"


def replacement(self: Reading, cursor: Cursor, number: int) -> None:
    self.cursor = cursor
    self.number = number
    self.archive_number = number
    self._given = {}
