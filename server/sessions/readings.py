"""Questions about the archive: read by worker threads, answered on the io thread, whatever happens."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Final

from server.protocol import events, requests
from server.protocol.errors import Refusal
from server.sessions.history import history_page
from server.sessions.status import status_facts
from server.state.permissions import Act, refusal_of

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session

_log = logging.getLogger(__name__)


def tell_history(hub: "Hub", session: "Session", request: requests.History) -> None:
    """A page of the past."""
    assert session.user is not None
    refusal = refusal_of(hub.state, Act.READ, request.room, session.user.id)
    if refusal is not None:
        session.refuse(request.id, refusal)
    else:
        hub.readings.start(session, request, _history(hub, session.user.id, request))
        session.listed(request.limit)


def tell_status(hub: "Hub", session: "Session", request: requests.Status) -> None:
    """Facts about this server."""
    hub.readings.start(session, request, status_facts(hub, session, request))
    if session.user is not None:
        session.looked()


class Readings:
    """Those of all sessions that are under way. On the io thread only."""

    def __init__(self) -> None:
        self._tasks: Final[set[asyncio.Task[None]]] = set()

    def start(
        self,
        session: "Session",
        request: requests.AnyRequest,
        work: Coroutine[None, None, events.AnyEvent | Refusal],
    ) -> None:
        """Answer with what the work finds."""
        session.read_began()
        self.keep(self._finish(session, request, work))

    def keep(self, work: Coroutine[None, None, None]) -> None:
        """Have something done, unless the server stops before."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Nobody waits for an answer any more."""
        for task in self._tasks:
            task.cancel()

    async def _finish(
        self,
        session: "Session",
        request: requests.AnyRequest,
        work: Coroutine[None, None, events.AnyEvent | Refusal],
    ) -> None:
        try:
            found = await work
        except Exception:
            _log.exception("the archive could not be read for a client")
            found = Refusal("internal")
        if isinstance(found, Refusal):
            session.refuse(request.id, found)
        else:
            session.tell(found)
        session.read_ended()


async def _history(hub: "Hub", user: str, request: requests.History) -> events.HistoryPage | Refusal:
    while True:
        merges = hub.delivery.merges
        # The tables are looked at before the memory: what they lack then is there. A merge reaches
        # the memory first, and what they still hold behind it is not the archive any more.
        recent_from = min(hub.store.derived_index(), hub.delivery.position.index) + 1
        recent = hub.delivery.recent(request.room, recent_from)
        page = await asyncio.to_thread(history_page, hub.store, hub.state, request, recent, recent_from)
        if merges == hub.delivery.merges:
            # Whoever was taken out of the room meanwhile is told nothing of it any more.
            return refusal_of(hub.state, Act.READ, request.room, user) or page
