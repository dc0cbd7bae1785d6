"""A retired server's way to the one that goes on: dialed until everything is handed over."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from server.archive.disk import DiskError
from server.archive.record import DamagedRecordError
from server.cluster.handover import HandingOver
from server.cluster.peer_channel import PeerChannel, PeerIdentity
from server.cluster.peer_frames import HandedOver, HandOver, Known, PeerMessage
from server.names.addresses import Address
from server.network.dialer import dial
from server.network.errors import DialError
from server.network.tls import PEER_ALPN, TlsTerms

_DIAL_S: Final = 3.0
_AGAIN_S: Final = 1.0


class Retirement:
    """Tries for ever. On a loop's thread only; `begin` makes the conversation of one connection.

    `waiting` is told once for each time that the other server is not there, `single` when all is there and
    not on both disks yet.
    """

    def __init__(
        self,
        identity: PeerIdentity,
        address: Address,
        terms: TlsTerms | None,
        *,
        begin: Callable[[], HandingOver],
        waiting: Callable[[], None],
        single: Callable[[], None],
    ) -> None:
        self._identity: Final = identity
        self._address: Final = address
        self._terms: Final = terms
        self._begin: Final = begin
        self._waiting: Final = waiting
        self._single: Final = single

    async def hand_over(self) -> int:
        """Until everything is on both disks; gives how many requests that were.

        Raises `DiskError` and `DamagedRecordError` when the archive cannot be read.
        """
        is_told = False
        while True:
            conversation = await self._visit()
            if conversation is not None and conversation.is_done:
                return conversation.count
            if conversation is not None or not is_told:
                self._waiting()
                is_told = True
            await asyncio.sleep(_AGAIN_S)

    async def _visit(self) -> HandingOver | None:
        """One connection, and how far the conversation came."""
        visit = _Visit(self._identity, self._begin, self._single)
        dialed = await dial(
            self._address.host,
            self._address.port,
            lambda: visit.channel,
            tls=self._terms,
            alpn=PEER_ALPN,
            timeout_s=_DIAL_S,
        )
        if not isinstance(dialed, DialError):
            await visit.talk()
        if visit.failure is not None:
            raise visit.failure
        return visit.conversation


class _Visit:
    """One connection (a `PeerChannelOwner`)."""

    def __init__(
        self, identity: PeerIdentity, begin: Callable[[], HandingOver], single: Callable[[], None]
    ) -> None:
        self._begin: Final = begin
        self._single: Final = single
        self.conversation: HandingOver | None = None
        self.failure: DiskError | DamagedRecordError | None = None
        self.channel: Final = PeerChannel(identity, self, is_dialer=True)
        self._has_closed: Final = asyncio.Event()

    async def talk(self) -> None:
        """Until the connection ends, or everything is said."""
        is_told = False
        while not self._has_closed.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._has_closed.wait(), _AGAIN_S)
            conversation = self.conversation
            if conversation is None:
                continue
            self.channel.send_all(list(conversation.ask_again()))
            if conversation.is_answered and not (conversation.is_done or is_told):
                self._single()
                is_told = True

    def reason_to_decline(self, channel: PeerChannel) -> str:  # noqa: ARG002 - the shape of an owner
        """Nobody dials a retired server."""
        return "retired"

    def peer_proved(self, channel: PeerChannel) -> None:
        """It takes this server for its second one: its folder is older than ours."""
        channel.close()

    def retired_proved(self, channel: PeerChannel) -> None:
        """Nobody dials a retired server."""
        channel.close()

    def peer_declined(self, channel: PeerChannel, reason: str) -> None:
        """As it should be: what it has comes next."""
        if reason == "retired":
            channel.talk_on()
        else:
            channel.close()

    def peer_said(self, channel: PeerChannel, message: PeerMessage) -> None:
        """What it has, or what became of something that was handed over."""
        try:
            channel.send_all(list(self._answers(message)))
        except (DiskError, DamagedRecordError) as error:
            self.failure = error
            channel.close()
        if self.conversation is not None and self.conversation.is_done:
            channel.end()

    def _answers(self, message: PeerMessage) -> list[HandOver]:
        if isinstance(message, Known):
            self.conversation = self.conversation or self._begin()
            return self.conversation.known(message)
        if isinstance(message, HandedOver) and self.conversation is not None:
            return self.conversation.answered(message)
        return []

    def peer_is_foreign(self, cluster: str, server: str) -> None:
        """Somebody else is at that address; it is tried again."""

    def peer_channel_closed(self, channel: PeerChannel) -> None:  # noqa: ARG002 - as above
        """It is over."""
        self._has_closed.set()
