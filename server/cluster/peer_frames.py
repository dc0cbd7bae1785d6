"""Frames between the servers: a length of four bytes, then one msgpack message (pure)."""

from typing import Final

import msgspec

from server.archive.record import Draft, Number, Span
from server.cluster.file_messages import FileMessage
from server.protocol import limits
from server.protocol.errors import RemoteProtocolError
from server.replication.messages import Message
from server.sessions.facts import PeerNews


class Challenge(msgspec.Struct, frozen=True, array_like=True, tag="challenge"):
    """Both ways, first of all: who I am, and what you must prove about.

    `purpose` is what the dialer wants the connection for: "" for the records, or `files`.
    """

    cluster: str
    server: str
    nonce: bytes
    purpose: str = ""


class Proof(msgspec.Struct, frozen=True, array_like=True, tag="proof"):
    """Both ways: HMAC-SHA-256 over both nonces with the cluster's secret."""

    mac: bytes


class Declined(msgspec.Struct, frozen=True, array_like=True, tag="declined"):
    """Listener to dialer: in place of the proof, proven like it: you are who you say, but there is no link.

    `reason`: `linked` (a link with a server of your id is up and heard), `not_linked` (there is none:
    it is this side that dials), `retired` (another server has taken your place: hand over what you hold).
    """

    reason: str
    mac: bytes


class Known(msgspec.Struct, frozen=True, array_like=True, tag="known"):
    """Remaining to retired, first of all and whenever it asks: the committed log here.

    `spans`: its latest epochs, `last_index`: its end, `copied_index`: up to there it is on both disks.
    """

    spans: tuple[Span, ...]
    last_index: Number
    copied_index: Number


class HandOver(msgspec.Struct, frozen=True, array_like=True, tag="hand_over"):
    """Retired to remaining: requests that it holds, in order, each with its origin.

    None at all: it asks how far the log has come.
    """

    drafts: tuple[Draft, ...]


class HandedOver(msgspec.Struct, frozen=True, array_like=True, tag="handed_over"):
    """Remaining to retired: the request stands at `index` of the log; or it never will, by `code`."""

    device: str
    counter: Number
    index: Number
    code: str


PeerMessage = Challenge | Proof | Declined | Known | HandOver | HandedOver | PeerNews | Message | FileMessage

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(PeerMessage)
_LENGTH_BYTES: Final = 4
# What a stranger may send before it has proved to belong here.
_STRANGER_BYTES_MAX: Final = 1024


def encode_peer_frame(message: PeerMessage) -> bytes:
    """One message with its length."""
    body = _encoder.encode(message)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


class PeerFrameReader:
    """Cuts the stream into messages; raises `RemoteProtocolError` on anything else."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._bytes_max = _STRANGER_BYTES_MAX

    def trust(self) -> None:
        """The other side proved who it is: frames may have their full length."""
        self._bytes_max = limits.PEER_FRAME_BYTES_MAX

    def feed(self, data: bytes) -> None:
        """Take what came."""
        self._buffer += data

    def next_message(self) -> PeerMessage | None:
        """The next complete message, or None."""
        if len(self._buffer) < _LENGTH_BYTES:
            return None
        length = int.from_bytes(self._buffer[:_LENGTH_BYTES], "big")
        if length > self._bytes_max:
            raise RemoteProtocolError(f"a peer frame of {length} bytes")
        end = _LENGTH_BYTES + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_LENGTH_BYTES:end])
        del self._buffer[:end]
        try:
            message: PeerMessage = _decoder.decode(body)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise RemoteProtocolError(f"a peer frame that is no message: {error}") from error
        return message
