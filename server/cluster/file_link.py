"""The connection between the two servers that carries files, so that no record waits behind one.

It is there while the records' link is up, dialed by the same side, and proven in the same way.
"""

import asyncio
import random
from typing import TYPE_CHECKING, Final

from server.cluster.file_copying import FileCopying
from server.cluster.file_messages import FileMessage
from server.cluster.peer_channel import PeerChannel, PeerIdentity
from server.cluster.peer_frames import PeerMessage
from server.names.addresses import Address
from server.network.dialer import BackOff, dial
from server.network.tls import PEER_ALPN, TlsTerms
from server.sessions.file_store import FileStore, Key

if TYPE_CHECKING:
    from server.sessions.hub import Hub

# The purpose of such a connection.
FILES: Final = "files"
_DIAL_S: Final = 3.0
_BASE_S: Final = 0.02
_CAP_S: Final = 1.0
_LOOK_S: Final = 0.05


class FileLink:
    """A `Copier`, and the owner of its channels (`PeerChannelOwner`). On the io thread."""

    def __init__(
        self,
        identity: PeerIdentity,
        address: Address,
        terms: TlsTerms | None,
        hub: "Hub",
        files: FileStore,
        *,
        is_strict: bool = False,
    ) -> None:
        self._identity: Final = identity
        self._address: Final = address
        self._terms: Final = terms
        self._hub: Final = hub
        self._files: Final = files
        self._is_strict: Final = is_strict
        self._is_dialer: Final = identity.server < identity.peer
        self._channel: PeerChannel | None = None
        self._copying: FileCopying | None = None
        # Files that a request waits for, with their sizes: offered on every new connection.
        self._awaited: Final[list[tuple[Key, int]]] = []
        self._keeping: asyncio.Task[None] | None = None
        self._has_ended = False

    # --- as long as the records' link is up

    def link_up(self) -> None:
        """The peer is there."""
        if self._is_dialer and self._keeping is None:
            self._keeping = asyncio.get_running_loop().create_task(self._keep())

    def link_down(self) -> None:
        """It is gone."""
        if self._keeping is not None:
            self._keeping.cancel()
            self._keeping = None
        self._drop()

    async def stop(self) -> None:
        """For good."""
        self.end()

    def end(self) -> None:
        """The same: whoever waits for a copy asks again, and it goes to the server that there is then."""
        self._has_ended = True
        self.link_down()

    async def _keep(self) -> None:
        back_off = BackOff(random.Random(), _BASE_S, _CAP_S)
        while True:
            if self._channel is None:
                await dial(
                    self._address.host,
                    self._address.port,
                    lambda: PeerChannel(self._identity, self, is_dialer=True, purpose=FILES),
                    tls=self._terms,
                    alpn=PEER_ALPN,
                    timeout_s=_DIAL_S,
                )
            else:
                back_off.reset()
            await asyncio.sleep(back_off.next_s() if self._channel is None else _CAP_S)

    def _drop(self) -> None:
        channel, self._channel = self._channel, None
        copying, self._copying = self._copying, None
        if copying is not None:
            copying.stop()
        if channel is not None:
            channel.close()

    # --- what is here (`Copier`)

    def offer(self, key: Key, size: int) -> None:
        """The other server shall have this."""
        if self._copying is not None:
            self._copying.offer(key, size)

    def moved(self, key: Key) -> None:
        """More of it is here."""
        if self._copying is not None:
            self._copying.moved(key)

    def removed(self, sha256: str) -> None:
        """It is here no more."""
        if self._copying is not None:
            self._copying.removed(sha256)

    async def copied(self, key: Key, size: int, limit_s: float) -> bool:
        """Wait until the other server has it, or does not count; False when it took too long."""
        until = self._hub.now() + limit_s
        # Once for each who waits: two programs of a person may send the same.
        self._awaited.append((key, size))
        if self._copying is not None:
            self._copying.ask_again(key, size)
        try:
            while self._counts() and not await self._has(key):
                if self._hub.now() > until or self._has_ended:
                    return False
            return True
        finally:
            self._awaited.remove((key, size))

    def _counts(self) -> bool:
        """Alone, a leader's disk is all there is; before it is known whether it is alone the link says so.

        Whoever follows, or may come to, hands its messages to the other one, whose disk counts, also while
        the own one does not. A strict server promises nothing that is on one disk, be it in a message.
        """
        pair = self._hub.pair
        is_linked = pair.mode == "waiting" and self._channel is not None
        return self._is_strict or pair.role != "leader" or pair.mode == "dual" or is_linked

    async def _has(self, key: Key) -> bool:
        if self._copying is None:
            await asyncio.sleep(_LOOK_S)
            return False
        return await self._copying.wait_for_copy(key)

    # --- told by the channels

    def reason_to_decline(self, channel: PeerChannel) -> str:  # noqa: ARG002 - the shape of an owner
        """Whoever is linked may have this one as well."""
        return ""

    def peer_proved(self, channel: PeerChannel) -> None:
        """A new connection takes the place of the last one."""
        self._drop()
        self._channel = channel
        self._copying = FileCopying(self._files, lambda: self._hub.state.files, self._send)
        self._copying.start()
        for key, size in dict.fromkeys(self._awaited):
            self._copying.offer(key, size)

    def peer_declined(self, channel: PeerChannel, reason: str) -> None:  # noqa: ARG002 - as above
        """The records' link tells why."""
        channel.close()

    def retired_proved(self, channel: PeerChannel) -> None:
        """It has none."""
        channel.close()

    def peer_said(self, channel: PeerChannel, message: PeerMessage) -> None:
        """Something about files; anything else has the other link."""
        if channel is self._channel and self._copying is not None and isinstance(message, FileMessage):
            self._copying.take(message)

    def peer_is_foreign(self, cluster: str, server: str) -> None:
        """The records' link tells of it."""

    def peer_channel_closed(self, channel: PeerChannel) -> None:
        """It is dialed again."""
        if channel is self._channel:
            self._drop()

    def _send(self, message: FileMessage) -> None:
        if self._channel is not None:
            self._channel.send(message)
