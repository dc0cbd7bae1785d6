"""A reader of the past is marked when its task begins: flushed twice in a turn, it is served twice."""

import asyncio
from typing import Final

from server.sessions.delivery import Delivery
from server.sessions.reader import Reader

TARGET: Final = "server.sessions.delivery.Delivery.flush"
_real: Final = Delivery.flush


def replacement(self: Delivery, reader: Reader) -> None:
    if reader.cursor < self._memory_start and reader.touched and not reader.outlet.is_paused:
        asyncio.get_running_loop().create_task(self._serve_from_store(reader))
    else:
        _real(self, reader)
