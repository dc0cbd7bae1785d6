"""Senders: they write at a steady rate, whether or not earlier messages were acknowledged.

So a stalled server shows in the gaps between acknowledgements, and does not slow its own
measurement down.
"""

import asyncio
from typing import Final

from server.client.notices import AnyNotice, Connected, Refused, Stored
from server.client.outbox import Draft
from server.network.client_links import ClientLinks
from server.torture.clients import Client, Way
from server.torture.history import SenderHistory

_ROOM: Final = "general"
# A server that is just back may die again before the sender is there.
_MOVE_S: Final = 5.0


class Sender(Client):
    """Writes into its history what was sent and what was acknowledged."""

    def __init__(self, history: SenderHistory, way: Way, home: int) -> None:
        super().__init__(history.name, history.device, way, home)
        self.history: Final = history
        self._begin_s = 0.0
        self._rate_per_s = 0.0
        self._is_sending = False
        self._arriving: ClientLinks | None = None
        self._has_arrived = asyncio.Event()

    def begin(self, begin_s: float, rate_per_s: float) -> None:
        """Write `rate_per_s` messages a second from `begin_s` (monotonic) on."""
        self._begin_s, self._rate_per_s = begin_s, rate_per_s
        self._is_sending = True
        self._send_due()

    def end(self) -> None:
        """Write no more."""
        self._is_sending = False

    async def move(self) -> None:
        """Sign in at home as well, send there what has no answer yet, then leave the other server.

        Both servers then have some messages of the same device at the same time, and must store
        each of them once.
        """
        self._has_arrived.clear()
        arriving = self._arriving = self.make_links(None)
        arriving.connect()
        try:
            async with asyncio.timeout(_MOVE_S):
                await self._has_arrived.wait()
        except TimeoutError:
            self._arriving = None
            await arriving.stopped()
            return
        leaving, self.links, self._arriving = self.links, arriving, None
        for counter in self.history.unanswered:
            self.links.send(self._draft(counter))
        await leaving.stopped()

    def hear(self, links: ClientLinks, notices: list[AnyNotice]) -> None:
        """Also whether it arrived at home."""
        if links is self._arriving:
            self._hear_arriving(notices)
        super().hear(links, notices)

    def take(self, notice: AnyNotice) -> None:
        """Answers."""
        match notice:
            case Stored(counter=counter, copies=copies):
                self.history.stored(counter, copies, self.way.clock.monotonic_s())
            case Refused(counter=counter, code=code):
                self.history.refused[counter] = code
            case _:
                pass

    def _hear_arriving(self, notices: list[AnyNotice]) -> None:
        for notice in notices:
            if isinstance(notice, Connected):
                self.server = notice.server
                self._has_arrived.set()

    def _send_due(self) -> None:
        """Write what is due by now, also what a busy loop made late, and wake for the next one."""
        if not self._is_sending:
            return
        now = self.way.clock.monotonic_s()
        due = int((now - self._begin_s) * self._rate_per_s) + 1 if now >= self._begin_s else 0
        while self.history.sent < due:
            self.history.sent += 1
            self.links.send(self._draft(self.history.sent))
        next_s = self._begin_s + due / self._rate_per_s
        self.way.thread.loop.call_later(max(next_s - now, 0.0), self._send_due)

    def _draft(self, counter: int) -> Draft:
        return Draft(counter, _ROOM, self.history.text(counter), self.way.clock.wall_ms())
