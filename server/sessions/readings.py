"""Questions about the archive: read by worker threads, answered on the io thread, whatever happens."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Final

from server.protocol import requests
from server.protocol.errors import Refusal
from server.sessions.history import history_page
from server.sessions.session import Session
from server.sessions.status import tell_status

if TYPE_CHECKING:
    from server.sessions.hub import Hub

_log = logging.getLogger(__name__)


class Readings:
    """Those of all sessions that are under way. On the io thread only."""

    def __init__(self, hub: "Hub") -> None:
        self._hub: Final = hub
        self._tasks: Final[set[asyncio.Task[None]]] = set()

    def start_history(self, session: Session, request: requests.History) -> None:
        """Answer with a page of a room."""
        self._start(session, request, self._tell_history(session, request))

    def start_status(self, session: Session, request: requests.Status) -> None:
        """Answer with facts about this server."""
        self._start(session, request, tell_status(self._hub, session, request))

    def stop(self) -> None:
        """Nobody waits for an answer any more."""
        for task in self._tasks:
            task.cancel()

    async def _tell_history(self, session: Session, request: requests.History) -> None:
        hub = self._hub
        while True:
            merges = hub.delivery.merges
            # The tables are looked at before the memory: what they lack then is there. A merge reaches
            # the memory first, and what they still hold behind it is not the archive any more.
            recent_from = min(hub.store.derived_index(), hub.delivery.position.index) + 1
            recent = hub.delivery.recent_messages(request.room, recent_from)
            page = await asyncio.to_thread(history_page, hub.store, hub.state, request, recent, recent_from)
            if merges == hub.delivery.merges:
                break
        session.tell(page)

    def _start(
        self, session: Session, request: requests.AnyRequest, work: Coroutine[None, None, None]
    ) -> None:
        task = asyncio.get_running_loop().create_task(self._finish(session, request, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(
        self, session: Session, request: requests.AnyRequest, work: Coroutine[None, None, None]
    ) -> None:
        try:
            await work
        except Exception:
            _log.exception("the archive could not be read for a client")
            session.refuse(request.id, Refusal("internal"))
        finally:
            session.read_ended()
