"""Both ends of a connection without I/O: bytes in, requests or events out.

The shape is that of h11 and python-websockets: feed what came with `receive`, act on what it
gives, write what `encode_frame` makes. Our own mistakes raise; theirs are data or
`RemoteProtocolError`.
"""

from typing import Final

import msgspec

from server.protocol import limits
from server.protocol.errors import Refusal, RemoteProtocolError
from server.protocol.events import EVENT_NAMES, AnyEvent, FilePiece
from server.protocol.frames import FrameDecoder, FrameReader, bytes_announced_by, request_id_of, with_raw
from server.protocol.requests import REQUEST_NAMES, AnyRequest, Chunk

VERSIONS: Final = (1,)
FEATURES: Final[tuple[str, ...]] = ("standby",)


class BadFrame(msgspec.Struct, frozen=True):
    """A line that is no request: the refusal to answer it with; fatal ones end the connection."""

    answer: int
    refusal: Refusal


class ServerConnection:
    """The server's end: bytes to requests.

    After a fatal `BadFrame` you must close the connection; nothing more comes out of it.
    """

    __slots__ = ("_is_dead", "_reader", "_waits_for_bytes")
    _decoder: Final[FrameDecoder[AnyRequest]] = FrameDecoder(
        AnyRequest, "request", REQUEST_NAMES.__contains__
    )

    def __init__(self) -> None:
        self._reader = FrameReader(limits.FRAME_BYTES_MAX_BEFORE_SIGN_IN)
        self._is_dead = False
        self._waits_for_bytes: AnyRequest | None = None

    @property
    def is_inside_frame(self) -> bool:
        """Whether a started frame waits for its end (the time limit for it is the caller's)."""
        return self._reader.is_inside_frame

    @property
    def buffered_bytes(self) -> int:
        """How much of an unfinished frame is held."""
        return self._reader.buffered_bytes

    def allow_long_frames(self) -> None:
        """The person signed in: frames may have their full length from here on."""
        self._reader.line_bytes_max = limits.FRAME_BYTES_MAX

    @property
    def _raw_bytes_max(self) -> int:
        """A stranger makes us keep no more in raw bytes than in a line."""
        line_bytes_max = self._reader.line_bytes_max
        is_stranger = line_bytes_max == limits.FRAME_BYTES_MAX_BEFORE_SIGN_IN
        return line_bytes_max if is_stranger else limits.CHUNK_BYTES_MAX

    def receive(self, data: bytes) -> list[AnyRequest | BadFrame]:
        """Take bytes, give what they completed."""
        self._reader.feed(data)
        found: list[AnyRequest | BadFrame] = []
        while not self._is_dead:
            frame = self._next()
            if frame is None:
                break
            self._is_dead = isinstance(frame, BadFrame) and frame.refusal.is_fatal
            found.append(frame)
        return found

    def _next(self) -> AnyRequest | BadFrame | None:
        if self._waits_for_bytes is None:
            line = self._reader.next_line()
            if line is None:
                return None
            if isinstance(line, Refusal):
                return BadFrame(0, line)
            request = self._decoder.decode(line)
            if isinstance(request, Refusal):
                return BadFrame(request_id_of(line), request)
            if not request.bytes:
                return with_raw(request, b"") if isinstance(request, Chunk) else request
            if request.bytes > self._raw_bytes_max:
                return BadFrame(request.id, Refusal("bad_bytes", {"limit": self._raw_bytes_max}))
            self._waits_for_bytes = request
            self._reader.expect_bytes(request.bytes)
        raw = self._reader.next_bytes()
        if raw is None:
            return None
        request, self._waits_for_bytes = self._waits_for_bytes, None
        if isinstance(request, Chunk):
            return with_raw(request, raw)
        # No other request carries raw bytes: they are passed over, the connection lives.
        return BadFrame(request.id, Refusal("unexpected_bytes"))


class ClientConnection:
    """The client's end: bytes to events. Nonsense raises `RemoteProtocolError`.

    Raw bytes behind an event are passed over, but for those of a `file_piece`.
    """

    _decoder: Final[FrameDecoder[AnyEvent]] = FrameDecoder(AnyEvent, "event", EVENT_NAMES.__contains__)

    def __init__(self) -> None:
        # A page of history holds many messages; a server may send longer lines than it takes.
        self._reader = FrameReader(limits.PEER_FRAME_BYTES_MAX)
        self._is_before_bytes = False
        self._waits_for_bytes: FilePiece | None = None

    def receive(self, data: bytes) -> list[AnyEvent]:
        """Take bytes, give the events they completed; events of unknown names are passed over."""
        self._reader.feed(data)
        found: list[AnyEvent] = []
        while True:
            raw = self._reader.next_bytes() if self._is_before_bytes else b""
            if raw is None:
                break
            self._is_before_bytes = False
            if self._waits_for_bytes is not None:
                found.append(with_raw(self._waits_for_bytes, raw))
                self._waits_for_bytes = None
            line = self._reader.next_line()
            if line is None:
                break
            if isinstance(line, Refusal):
                raise RemoteProtocolError(line.code)
            event = self._decoder.decode(line)
            if isinstance(event, FilePiece):
                self._waits_for_bytes = event
                self._expect(event.bytes)
            elif not isinstance(event, Refusal):
                found.append(event)
                self._expect(event.bytes)
            elif event.code == "unknown_request":
                self._expect(bytes_announced_by(line))
            else:
                raise RemoteProtocolError(f"{event.code}: {event.arguments.get('reason', '')}")
        return found

    def _expect(self, count: int) -> None:
        if not 0 <= count <= limits.CHUNK_BYTES_MAX:
            raise RemoteProtocolError("bad_bytes")
        self._is_before_bytes = count > 0
        self._reader.expect_bytes(count)
