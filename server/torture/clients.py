"""A client of a run: a person with a device on real sockets, and at which server it is.

The shipped conversation does all the work. When the server that a client began with is back after
a kill, the client comes home to it: else everybody would sit at the survivor, and the way of a
request from the follower to the leader would carry nothing in the next kill.
"""

import abc
import asyncio
import dataclasses
import random
import secrets
from typing import Final

from server.client.conversation import Conversation
from server.client.identity import Identity
from server.client.notices import (
    AnyNotice,
    CertificateChanged,
    Connected,
    ServersChanged,
    SignInRefused,
    StandbyChanged,
)
from server.client.settings import ConversationSettings
from server.i18n.translation import _
from server.network.client_links import ClientLinks
from server.network.clock import Clock
from server.network.loop_thread import LoopThread
from server.network.tls import Trust
from server.protocol.requests import Cursor


@dataclasses.dataclass(frozen=True, slots=True)
class Way:
    """How clients reach the pair: both addresses, the first server first, and how they know it."""

    addresses: tuple[str, str]
    trust: Trust | None
    thread: LoopThread
    clock: Clock


class Client(abc.ABC):
    """One person on one device; `home` (0 or 1) is the address that it tries first.

    Everything but the construction happens on the loop of `way`.
    """

    def __init__(self, name: str, device: str, way: Way, home: int) -> None:
        self.name: Final = name
        self.way: Final = way
        self._identity: Final = Identity(name=name, device=device, secret=secrets.token_hex(32))
        self._addresses: Final = way.addresses if home == 0 else way.addresses[::-1]
        self._moves: set[asyncio.Task[None]] = set()
        self.links = self.make_links(None)
        self._home = ""
        self.server = ""
        self.standby = ""
        self.servers: ServersChanged | None = None
        # Why it cannot go on; nothing but a defect brings it there.
        self.problem = ""

    def make_links(self, cursor: Cursor | None) -> ClientLinks:
        """A start of the app: a conversation that does not know of an earlier one."""
        conversation = Conversation(
            self._identity,
            self._addresses,
            cursor=cursor,
            settings=ConversationSettings(client="torture"),
            rng=random.Random(secrets.randbits(64)),
        )
        links = ClientLinks(
            self.way.thread,
            conversation,
            lambda notices: self.hear(links, notices),
            clock=self.way.clock,
            trust=self.way.trust,
        )
        return links

    def connect(self) -> None:
        """Sign in."""
        self.links.connect()

    def come_home(self) -> None:
        """Go back to the server that it began with, unless it is there or on the way."""
        if self.server != self._home and not self._moves:
            move = self.way.thread.loop.create_task(self.move())
            self._moves.add(move)
            move.add_done_callback(self._moves.discard)

    async def stopped(self, timeout_s: float) -> None:
        """Sign out."""
        await asyncio.gather(*self._moves)
        await self.links.stopped(timeout_s)

    @abc.abstractmethod
    async def move(self) -> None:
        """Start again, at home."""

    def hear(self, links: ClientLinks, notices: list[AnyNotice]) -> None:
        """Everything that a conversation tells; what is about the connection counts from the current one."""
        for notice in notices:
            if links is self.links:
                self._hear_of_connection(notice)
            self.take(notice)

    @abc.abstractmethod
    def take(self, notice: AnyNotice) -> None:
        """What is not about the connection."""

    def _hear_of_connection(self, notice: AnyNotice) -> None:
        match notice:
            case Connected(server=server):
                self.server = server
                self._home = self._home or server
            case StandbyChanged(server=server):
                self.standby = server
            case ServersChanged():
                self.servers = notice
            case SignInRefused() | CertificateChanged():
                self.problem = _("{name} cannot sign in: {notice}").format(name=self.name, notice=notice)
            case _:
                pass
