"""A retired server's way to the one that goes on: dialed until everything is handed over."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from server.archive.disk import DiskError
from server.archive.record import DamagedRecordError
from server.cluster.file_handover import FileHandover
from server.cluster.file_messages import FileMessage
from server.cluster.handover import HandingOver
from server.cluster.peer_channel import PeerChannel, PeerIdentity
from server.cluster.peer_frames import HandedOver, HandOver, Known, PeerMessage
from server.names.addresses import Address
from server.network.dialer import dial
from server.network.errors import DialError
from server.network.tls import PEER_ALPN, TlsTerms

Send = Callable[[FileMessage], None]

_DIAL_S: Final = 3.0
_AGAIN_S: Final = 1.0


class Retirement:
    """Tries for ever. On a loop's thread only; `begin` makes the conversation of one connection, and
    `begin_files` that about files, which comes when all records are on both disks.

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
        begin_files: Callable[[Send], FileHandover],
        waiting: Callable[[], None],
        single: Callable[[], None],
    ) -> None:
        self._identity: Final = identity
        self._address: Final = address
        self._terms: Final = terms
        self._begin: Final = begin
        self._begin_files: Final = begin_files
        self._waiting: Final = waiting
        self._single: Final = single

    async def hand_over(self) -> int:
        """Until everything is on both disks; gives how many requests that were.

        Raises `DiskError` and `DamagedRecordError` when the archive cannot be read.
        """
        is_told = False
        while True:
            visit = await self._visit()
            if visit.conversation is not None and visit.is_done:
                return visit.conversation.count
            if visit.conversation is not None or not is_told:
                self._waiting()
                is_told = True
            await asyncio.sleep(_AGAIN_S)

    async def _visit(self) -> "_Visit":
        """One connection, and how far the conversation came."""
        visit = _Visit(self._identity, self._begin, self._begin_files, self._single)
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
        return visit


class _Visit:
    """One connection (a `PeerChannelOwner`)."""

    def __init__(
        self,
        identity: PeerIdentity,
        begin: Callable[[], HandingOver],
        begin_files: Callable[[Send], FileHandover],
        single: Callable[[], None],
    ) -> None:
        self._begin: Final = begin
        self._begin_files: Final = begin_files
        self._single: Final = single
        self._files: FileHandover | None = None
        self._handing: asyncio.Task[None] | None = None
        # Records and files.
        self.is_done = False
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
        if isinstance(message, FileMessage):
            if self._files is not None:
                self._files.take(message)
            return
        try:
            channel.send_all(list(self._answers(message)))
        except (DiskError, DamagedRecordError) as error:
            self.failure = error
            channel.close()
        if self.conversation is not None and self.conversation.is_done and self._handing is None:
            self._handing = asyncio.get_running_loop().create_task(self._hand_over_files())

    async def _hand_over_files(self) -> None:
        self._files = self._begin_files(self.channel.send)
        try:
            await self._files.run()
        except OSError as error:
            self.failure = DiskError(str(error))
            self.channel.close()
        else:
            self.is_done = True
            self.channel.end()

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
        if self._handing is not None:
            self._handing.cancel()
        if self._files is not None:
            self._files.stop()
