"""One connection between the two servers: it proves itself, then carries messages.

Mutual TLS shows a certificate of the cluster's authority; the HMAC over both nonces shows the
cluster's secret, which no other holder of such a certificate has.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from server.cluster.peer_frames import (
    Challenge,
    PeerFrameReader,
    PeerMessage,
    Proof,
    encode_peer_frame,
)
from server.network.channel import Channel
from server.network.errors import ClosedReason
from server.protocol.errors import RemoteProtocolError

_log = logging.getLogger(__name__)

# Two messages each way; whoever has not proved anything by then holds a place for nothing.
_PROOF_S: Final = 10.0


class PeerIdentity(msgspec.Struct, frozen=True):
    """Who this server is and whom it expects."""

    cluster: str
    server: str
    peer: str
    secret: bytes


class PeerChannelOwner(Protocol):
    """Who is told: the peer link."""

    def peer_proved(self, channel: "PeerChannel") -> None:
        """The other side is the peer."""

    def peer_said(self, channel: "PeerChannel", message: PeerMessage) -> None:
        """A message of the peer."""

    def peer_is_foreign(self, cluster: str, server: str) -> None:
        """Somebody else answered: another chat, or this very server."""

    def peer_channel_closed(self, channel: "PeerChannel") -> None:
        """The connection ended."""


class PeerChannel:
    """The handler of one channel (`ChannelHandler`); `is_dialer` tells the two sides' proofs apart."""

    def __init__(self, identity: PeerIdentity, owner: PeerChannelOwner, *, is_dialer: bool) -> None:
        self._identity: Final = identity
        self._owner: Final = owner
        self._is_dialer: Final = is_dialer
        self._reader: Final = PeerFrameReader()
        self._nonce: Final = secrets.token_bytes(32)
        self._their_nonce = b""
        self._channel: Channel | None = None
        self._handle: Callable[[PeerMessage], None] = self._take_challenge
        self._deadline: asyncio.TimerHandle | None = None

    def opened(self, channel: Channel) -> None:
        """Say who we are."""
        self._channel = channel
        self._deadline = asyncio.get_running_loop().call_later(_PROOF_S, self.close)
        self.send(Challenge(self._identity.cluster, self._identity.server, self._nonce))

    def received(self, data: bytes) -> None:
        """Bytes came."""
        self._reader.feed(data)
        try:
            while (message := self._reader.next_message()) is not None:
                self._handle(message)
        except RemoteProtocolError as error:
            _log.warning("the link between the servers was closed: %s", error)
            self.close()

    def resumed(self) -> None:
        """Nothing waits here: the leader's window bounds what is on its way."""

    def closed(self, reason: ClosedReason | None) -> None:
        """The connection ended."""
        _log.debug("peer channel ended: %s", reason)
        self._stop_clock()
        self._owner.peer_channel_closed(self)

    def send(self, message: PeerMessage) -> None:
        """Send one message."""
        if self._channel is not None:
            self._channel.write(encode_peer_frame(message))

    def send_all(self, messages: list[PeerMessage]) -> None:
        """Send several in one write."""
        if self._channel is not None:
            self._channel.write(b"".join(map(encode_peer_frame, messages)))

    def close(self) -> None:
        """Drop the connection; what was not sent is worth nothing without its session."""
        if self._channel is not None:
            self._channel.abort()

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    def _take_challenge(self, message: PeerMessage) -> None:
        if not isinstance(message, Challenge):
            raise RemoteProtocolError("a challenge was due")
        if (message.cluster, message.server) != (self._identity.cluster, self._identity.peer):
            self._owner.peer_is_foreign(message.cluster, message.server)
            raise RemoteProtocolError("the other server belongs to another chat")
        self._their_nonce = message.nonce
        self._handle = self._take_proof
        self.send(Proof(self._mac(is_dialer=self._is_dialer)))

    def _take_proof(self, message: PeerMessage) -> None:
        expected = self._mac(is_dialer=not self._is_dialer)
        if not isinstance(message, Proof) or not hmac.compare_digest(message.mac, expected):
            raise RemoteProtocolError("the other server does not know the cluster's secret")
        assert self._channel is not None
        self._stop_clock()
        self._channel.established()
        self._reader.trust()
        self._handle = self._take_message
        self._owner.peer_proved(self)

    def _take_message(self, message: PeerMessage) -> None:
        if isinstance(message, Challenge | Proof):
            raise RemoteProtocolError("a proof was given twice")
        self._owner.peer_said(self, message)

    def _mac(self, *, is_dialer: bool) -> bytes:
        """What a side must show; the two sides' proofs differ, so none can be echoed."""
        mine, theirs = self._nonce, self._their_nonce
        nonces = mine + theirs if self._is_dialer else theirs + mine
        role = b"dialer" if is_dialer else b"listener"
        return hmac.new(self._identity.secret, b"peer " + role + nonces, hashlib.sha256).digest()
