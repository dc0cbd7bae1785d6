"""The network thread: an event loop that runs the client conversation of one chat."""

import random
from collections.abc import Callable, Sequence
from typing import Final

from desktop_chat.gui_events import GuiEvent
from desktop_chat.network.keeper import Keeper
from desktop_chat.network_requests import AskOlder, AskPeople, NetworkRequest, Reconnect, SendDraft
from desktop_chat.store.facts import KnownServers
from desktop_chat.store.store_thread import StoreThread
from server.client.conversation import Conversation
from server.client.identity import Identity
from server.client.outbox import Draft
from server.client.settings import ConversationSettings
from server.network.client_links import ClientLinks
from server.network.clock import Clock
from server.network.loop_thread import LoopThread
from server.network.tls import Trust
from server.protocol.requests import Cursor, History, Who

_STOP_S_MAX: Final = 2.0


class NetworkThread:
    """Runs until `stop`, which must be called exactly once. `request` may be called from any thread."""

    def __init__(
        self,
        *,
        identity: Identity,
        servers: KnownServers,
        cursor: Cursor | None,
        since: int | None,
        cluster: str,
        drafts: Sequence[Draft],
        store: StoreThread,
        post: Callable[[GuiEvent], None],
        backlog: Callable[[], int],
        clock: Clock,
    ) -> None:
        """`backlog` tells how many events that were posted have not been shown."""
        conversation = Conversation(
            identity,
            servers.addresses,
            cursor=cursor,
            settings=ConversationSettings(client="desktop-chat window", begins_at_mark=True),
            rng=random.Random(),
            drafts=drafts,
            cluster=cluster,
            since=since,
        )
        self._loop = LoopThread("network")
        self._links = ClientLinks(
            self._loop,
            conversation,
            Keeper(store, post, self._kept).on_notices,
            clock=clock,
            trust=_trust(servers),
            # What is not on disk yet, and what is on disk but not on the screen.
            backlog=lambda: store.backlog() + backlog(),
        )
        self._loop.start()
        self._links.connect()

    def request(self, request: NetworkRequest) -> int:
        """Ask for something. Questions give a ticket that their answer carries, the rest gives 0."""
        match request:
            case SendDraft(draft):
                self._links.send(draft)
            case AskOlder(room, before, limit):
                return self._links.ask(History(id=1, room=room, before=before or None, limit=limit))
            case AskPeople(room):
                return self._links.ask(Who(id=1, room=room))
            case Reconnect():
                self._links.connect()
        return 0

    def _kept(self, cursor: Cursor) -> None:
        """The cache has everything up to here: the servers may say so to those who wrote it."""
        self._links.mark(cursor)

    def stop(self) -> None:
        """Sign out and end the thread."""
        self._links.stop(_STOP_S_MAX)
        self._loop.stop()


def _trust(servers: KnownServers) -> Trust | None:
    """The authority once it is known, before that the fingerprint of the invite link; None is plain TCP."""
    if servers.authority:
        return Trust(ca_pem=servers.authority)
    if servers.fingerprint:
        return Trust(fingerprint=bytes.fromhex(servers.fingerprint))
    return None
