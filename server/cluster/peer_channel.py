"""One connection between the two servers: it proves itself, then carries messages.

Mutual TLS shows a certificate of the cluster's authority; the HMAC over both nonces shows the
cluster's secret, which no other holder of such a certificate has. The listener shows its own last,
so that it can say instead, as provably, that it wants no link.

    dialer: challenge    listener: challenge
    dialer: proof        listener: proof, or declined {reason}
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
    Declined,
    PeerFrameReader,
    PeerMessage,
    Proof,
    encode_peer_frame,
)
from server.i18n.marking import marked
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
    # Servers whose place the peer took.
    retired: tuple[str, ...] = ()


def _pass_over(message: PeerMessage) -> None:
    """Take no notice."""


class PeerChannelOwner(Protocol):
    """Who is told: the peer link."""

    def reason_to_decline(self, channel: "PeerChannel") -> str:
        """Why a peer that dialed and proved itself is not linked with ("": it is); see `Declined`."""

    def peer_proved(self, channel: "PeerChannel") -> None:
        """The other side is the peer."""

    def peer_declined(self, channel: "PeerChannel", reason: str) -> None:
        """The other side is the peer, and wants no link."""

    def retired_proved(self, channel: "PeerChannel") -> None:
        """A server whose place the peer took is back; it was declined, and talks on."""

    def peer_said(self, channel: "PeerChannel", message: PeerMessage) -> None:
        """A message of the peer."""

    def peer_is_foreign(self, cluster: str, server: str) -> None:
        """Somebody else answered: another chat, or this very server."""

    def peer_channel_closed(self, channel: "PeerChannel") -> None:
        """The connection ended."""


class PeerChannel:
    """The handler of one channel (`ChannelHandler`); `is_dialer` tells the two sides' proofs apart."""

    def __init__(
        self,
        identity: PeerIdentity,
        owner: PeerChannelOwner,
        *,
        is_dialer: bool,
        purpose: str = "",
        owner_for: Callable[[str], PeerChannelOwner | None] = lambda _purpose: None,
    ) -> None:
        """`purpose`: what it is dialed for; `owner_for`: who owns one that was dialed for something else."""
        self._identity: Final = identity
        self._owner = owner
        self._purpose = purpose
        self._owner_for: Final = owner_for
        self.is_dialer: Final = is_dialer
        # Loop time of the last bytes.
        self.heard_at = 0.0
        # The other side's place was taken by another server.
        self.is_retired = False
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
        self.send(Challenge(self._identity.cluster, self._identity.server, self._nonce, self._purpose))

    def received(self, data: bytes) -> None:
        """Bytes came."""
        self.heard_at = asyncio.get_running_loop().time()
        self._reader.feed(data)
        try:
            while (message := self._reader.next_message()) is not None:
                self._handle(message)
        except RemoteProtocolError as error:
            _log.warning(marked("The link between the servers was closed: %s"), error)
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
        # What came in the same piece is for nobody any more.
        self._handle = _pass_over
        if self._channel is not None:
            self._channel.abort()

    def end(self) -> None:
        """Hang up when everything is sent."""
        if self._channel is not None:
            self._channel.close()

    def talk_on(self) -> None:
        """Both sides know each other: messages may have their full length."""
        assert self._channel is not None
        self._stop_clock()
        self._channel.established()
        self._reader.trust()
        self._handle = self._take_message

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    def _take_challenge(self, message: PeerMessage) -> None:
        if not isinstance(message, Challenge):
            raise RemoteProtocolError("a challenge was due")
        identity = self._identity
        self.is_retired = not self.is_dialer and message.server in identity.retired
        is_known = self.is_retired or message.server == identity.peer
        if message.cluster != identity.cluster or not is_known:
            self._owner.peer_is_foreign(message.cluster, message.server)
            raise RemoteProtocolError("the other server belongs to another chat")
        if message.purpose and not self.is_dialer:
            owner = None if self.is_retired else self._owner_for(message.purpose)
            if owner is None:
                raise RemoteProtocolError("a connection for something that is not done here")
            self._owner, self._purpose = owner, message.purpose
        self._their_nonce = message.nonce
        self._handle = self._take_proof
        if self.is_dialer:
            self._prove()

    def _prove(self) -> None:
        self.send(Proof(self._mac(b"dialer" if self.is_dialer else b"listener")))

    def _take_proof(self, message: PeerMessage) -> None:
        if self.is_dialer and isinstance(message, Declined):
            self._check(message.mac, b"declined " + message.reason.encode())
            self._owner.peer_declined(self, message.reason)
            return
        if not isinstance(message, Proof):
            raise RemoteProtocolError("a proof was due")
        self._check(message.mac, b"listener" if self.is_dialer else b"dialer")
        if self.is_retired:
            self._decline("retired")
            self.talk_on()
            self._owner.retired_proved(self)
            return
        reason = "" if self.is_dialer else self._owner.reason_to_decline(self)
        if reason:
            self._decline(reason)
            self.end()
            return
        if not self.is_dialer:
            self._prove()
        self.talk_on()
        self._owner.peer_proved(self)

    def _decline(self, reason: str) -> None:
        self.send(Declined(reason, self._mac(b"declined " + reason.encode())))

    def _take_message(self, message: PeerMessage) -> None:
        if isinstance(message, Challenge | Proof | Declined):
            raise RemoteProtocolError("a proof was given twice")
        self._owner.peer_said(self, message)

    def _check(self, mac: bytes, what: bytes) -> None:
        if not hmac.compare_digest(mac, self._mac(what)):
            raise RemoteProtocolError("the other server does not know the cluster's secret")

    def _mac(self, what: bytes) -> bytes:
        """What a side must show; the two sides' proofs differ, so none can be echoed."""
        mine, theirs = self._nonce, self._their_nonce
        nonces = mine + theirs if self.is_dialer else theirs + mine
        whole = b"peer " + self._purpose.encode() + what + nonces
        return hmac.new(self._identity.secret, whole, hashlib.sha256).digest()
