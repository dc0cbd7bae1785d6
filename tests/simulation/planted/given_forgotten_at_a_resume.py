"""A client that goes on over another link forgets what it was given behind its cursor: it takes it twice."""

from typing import Final

from server.client.reading import Reading
from server.protocol.requests import Cursor

TARGET: Final = "server.client.reading.Reading.resume"
_real: Final = Reading.resume


def replacement(self: Reading, cursor: Cursor, number: int, archive_number: int) -> None:
    _real(self, cursor, number, archive_number)
    self._given, self._expected = {}, set()
