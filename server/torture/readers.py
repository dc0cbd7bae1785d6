"""Readers: they remember everything that they were shown."""

import secrets
from collections.abc import Callable
from typing import Final

from server.client.notices import AnyNotice, Arrived, Diverged, PositionMoved
from server.protocol.requests import Cursor
from server.torture.clients import Client, Way
from server.torture.history import MessageId, ReaderHistory


class Reader(Client):
    """Writes into its history what it was shown; `is_ours(id, text)` tells the messages of this run."""

    def __init__(
        self, history: ReaderHistory, is_ours: Callable[[MessageId, str], bool], way: Way, home: int
    ) -> None:
        super().__init__(history.name, secrets.token_hex(16), way, home)
        self.history: Final = history
        self._is_ours: Final = is_ours
        self._cursor: Cursor | None = None

    async def move(self) -> None:
        """Leave, and go on at home behind the cursor, as an app that was closed and opened again."""
        await self.links.stopped()
        self.history.keep()
        self.links = self.make_links(self._cursor)
        self.links.connect()

    def take(self, notice: AnyNotice) -> None:
        """Messages, each in its place."""
        match notice:
            case Arrived(messages=messages):
                for message in messages:
                    identity = message.device, message.counter
                    if self._is_ours(identity, message.text):
                        self.history.show(message.index, identity)
            case PositionMoved(cursor=cursor):
                self._cursor = cursor
            case Diverged(index=index):
                self.history.diverged(index)
            case _:
                pass
