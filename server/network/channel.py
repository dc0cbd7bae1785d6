"""The channel: one connection on an event loop, plain or TLS, with one owner and a handler behind it.

    connecting --(TLS done, or plain)--> open --close(), goodbye--> closing --> closed
         \\______________________ lost, refused, too slow _______________________/

Everything here runs on the loop's thread. A handler is told `opened` once, and then `closed` once;
when the handshake fails it is told nothing, because it was never made.
"""

import asyncio
import contextlib
import dataclasses
import enum
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Final, Protocol, cast

from server.network.errors import ClosedCode, ClosedReason
from server.network.tls import TlsStream, TlsTerms, tls_reason

_log = logging.getLogger(__name__)


class ChannelHandler(Protocol):
    """What stands behind a channel. An exception out of it closes this one channel and is logged."""

    def opened(self, channel: "Channel") -> None:
        """The channel can be written to. Called first, once."""

    def received(self, data: bytes) -> None:
        """Bytes came; never empty. After `pause_reading` what was on its way may still come once."""

    def resumed(self) -> None:
        """The write buffer is low again after `is_paused`: go on writing."""

    def closed(self, reason: ClosedReason | None) -> None:
        """It is over; None when both sides said goodbye. Called last, once."""


class ChannelOwner(Protocol):
    """Who made the channel: the listener or a dial."""

    def channel_opened(self, channel: "Channel", /) -> None: ...

    def channel_established(self, channel: "Channel", /) -> None: ...

    def channel_lost(self, channel: "Channel", reason: ClosedReason | None, /) -> None: ...


@dataclasses.dataclass(frozen=True, slots=True)
class ChannelLimits:
    """Bounds of one channel; `docs/protocol.md` names those that the other side can feel."""

    # Two round trips and a signature; five seconds is a very slow link.
    handshake_s: float = 5.0
    # After `close()`: time for the last bytes to leave and for the other side to hang up.
    close_s: float = 5.0
    # Above this, writers stop until a quarter of it is left: one large read of the kernel.
    write_buffer_bytes: int = 256 * 1024


DEFAULT_LIMITS = ChannelLimits()


class _State(enum.IntEnum):
    CONNECTING = 0
    OPEN = 1
    CLOSING = 2
    CLOSED = 3


# Beside the enumeration, whose members take a look-up each.
_OPEN: Final = _State.OPEN


class Channel(asyncio.Protocol):
    """One connection. Made by a listener or a dial; used by its handler, on the loop's thread."""

    __slots__ = (
        "_deadline",
        "_factory",
        "_handler",
        "_has_eof",
        "_limits",
        "_loop",
        "_owner",
        "_reason",
        "_state",
        "_terms",
        "_tls",
        "_transport",
        "alpn",
        "is_paused",
        "peer_address",
        "peer_name",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        handler_factory: Callable[[], ChannelHandler],
        owner: ChannelOwner,
        terms: TlsTerms | None = None,
        limits: ChannelLimits = DEFAULT_LIMITS,
    ) -> None:
        self._loop = loop
        self._factory = handler_factory
        self._handler: ChannelHandler | None = None
        self._owner = owner
        self._limits = limits
        self._state = _State.CONNECTING
        self._tls = TlsStream(terms) if terms else None
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._reason: ClosedReason | None = None
        self._has_eof = False
        self._terms = terms
        # The write buffer is above its mark: writers stop until `resumed`.
        self.is_paused = False
        self.peer_address: tuple[str, int] = ("", 0)
        # The protocol agreed on inside TLS, and the common name of a verified certificate.
        self.alpn: str | None = None
        self.peer_name: str | None = None

    # What the handler may do.

    def write(self, data: bytes) -> None:
        """Send; one call a flush. Nothing is refused: look at `is_paused` before the next one."""
        # Looked at here, not by `_is_usable`: this is called for every delivery.
        transport = self._transport
        if not data or self._state is not _OPEN or transport is None or transport.is_closing():
            # A transport that failed tells it later; until then it must not be touched.
            return
        transport.write(self._tls.protect(data) if self._tls else data)

    def close(self) -> None:
        """Send what is buffered, say goodbye, and end within a bounded time. Received data is dropped."""
        if self._is_usable():
            self._say_goodbye()
        elif self._state < _State.CLOSING:
            self.abort()

    def abort(self, reason: ClosedReason | None = None) -> None:
        """Drop the connection; unsent bytes are lost. `closed` follows soon, with the reason."""
        if self._state is _State.CLOSED:
            return
        self._state = _State.CLOSING
        self._reason = self._reason or reason or ClosedReason(ClosedCode.ABORTED)
        if self._transport is not None:
            self._transport.abort()

    def established(self) -> None:
        """The handler knows who this is: it is no longer one of the half-open."""
        self._owner.channel_established(self)

    def pause_reading(self) -> None:
        """Take nothing more from the socket: the other side feels it."""
        if self._is_usable() and self._transport is not None:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take from the socket again."""
        if self._is_usable() and self._transport is not None:
            self._transport.resume_reading()

    @property
    def is_open(self) -> bool:
        """Whether `write` still sends."""
        return self._state is _State.OPEN

    @property
    def buffered_bytes(self) -> int:
        """How much was written but not yet taken by the kernel."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def peer_chain(self) -> list[bytes]:
        """The certificates that the other side sent, its own first, as DER; not verified by this."""
        return self._tls.peer_chain() if self._tls else []

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._limits.write_buffer_bytes)
        self.peer_address = (transport.get_extra_info("peername") or ("", 0))[:2]
        if self._state is not _State.CONNECTING:
            self._transport.abort()
            return
        _send_at_once(transport)
        if self._tls is None:
            self._open()
            return
        self._deadline = self._loop.call_later(self._limits.handshake_s, self._handshake_too_slow)
        self._send(self._tls.begin())

    def data_received(self, data: bytes) -> None:
        if self._state >= _State.CLOSING:
            return
        if self._tls is None:
            self._tell_received(data)
        else:
            self._receive_tls(self._tls, data)

    def eof_received(self) -> bool:
        self._has_eof = True
        if self._state is _State.OPEN:
            if self._tls is not None:
                # Without a goodbye inside TLS somebody may have cut the stream.
                self._reason = ClosedReason(ClosedCode.LOST, "ended without a goodbye")
            self._finish()
        elif self._state is _State.CONNECTING:
            self._reason = ClosedReason(ClosedCode.LOST, "ended during the handshake")
        # The transport sends what is left and closes itself.
        return False

    def pause_writing(self) -> None:
        self.is_paused = True

    def resume_writing(self) -> None:
        self.is_paused = False
        # Not at once: asyncio's transport, when closed inside this call, ends twice.
        self._loop.call_soon(self._tell_resumed)

    def connection_lost(self, exc: Exception | None) -> None:
        said_goodbye = self._state is _State.CLOSING
        self._state = _State.CLOSED
        self._set_deadline(None)
        if self._reason is None and not said_goodbye:
            self._reason = ClosedReason(ClosedCode.LOST, str(exc or ""))
        handler, self._handler = self._handler, None
        if handler is not None:
            try:
                handler.closed(self._reason)
            except Exception:
                _log.exception("the handler of %s failed at its end", self.peer_address)
        self._owner.channel_lost(self, self._reason)

    # Inside.

    def _is_usable(self) -> bool:
        transport = self._transport
        return self._state is _State.OPEN and transport is not None and not transport.is_closing()

    def _receive_tls(self, tls: TlsStream, data: bytes) -> None:
        try:
            plain = tls.receive(data)
        except ssl.SSLError as error:
            self._send(tls.take_output())
            self._refuse(tls_reason(error))
            return
        self._answer_tls(tls)
        if tls.is_ready and self._state is _State.CONNECTING:
            self._check_protocol(tls)
        if plain and self._state is _State.OPEN:
            self._tell_received(plain)
        if tls.has_ended and self._is_usable():
            self._has_eof = True
            self._say_goodbye()

    def _answer_tls(self, tls: TlsStream) -> None:
        answer = tls.take_output()
        if answer and self.is_paused:
            # Asking for new keys without end while reading nothing would fill our memory.
            self.abort(ClosedReason(ClosedCode.TLS_FAILED, "wants answers and reads none"))
            return
        self._send(answer)

    def _check_protocol(self, tls: TlsStream) -> None:
        assert self._terms is not None
        self.alpn = tls.alpn
        if self.alpn != self._terms.alpn:
            self._refuse(ClosedReason(ClosedCode.WRONG_PROTOCOL, self.alpn or "none"))
            return
        self.peer_name = tls.peer_name()
        self._open()

    def _open(self) -> None:
        self._set_deadline(None)
        self._state = _State.OPEN
        try:
            self._handler = self._factory()
        except Exception:
            _log.exception("no handler could be made for %s", self.peer_address)
            self.abort(ClosedReason(ClosedCode.HANDLER_FAILED))
            return
        self._tell(lambda handler: handler.opened(self))
        self._owner.channel_opened(self)

    def _tell_received(self, data: bytes) -> None:
        # As `_tell`, without a function made anew for every read.
        if self._handler is None:
            return
        try:
            self._handler.received(data)
        except Exception as error:
            self._failed(error)

    def _tell(self, message: Callable[[ChannelHandler], None]) -> None:
        if self._handler is None:
            return
        try:
            message(self._handler)
        except Exception as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        _log.exception("the handler of %s failed", self.peer_address)
        self.abort(ClosedReason(ClosedCode.HANDLER_FAILED, repr(error)))

    def _tell_resumed(self) -> None:
        if self._is_usable() and not self.is_paused:
            self._tell(lambda handler: handler.resumed())

    def _send(self, data: bytes) -> None:
        if data and self._transport is not None:
            self._transport.write(data)

    def _say_goodbye(self) -> None:
        assert self._transport is not None
        if self._tls is not None:
            self._send(self._tls.end())
        # Reading on until the other side hangs up: a close with unread data in the kernel resets the
        # connection, and the reset would overtake the last words (such as why we close).
        self._transport.resume_reading()
        self._finish()
        if self._has_eof:
            self._transport.close()
            return
        try:
            self._transport.write_eof()
        except OSError:
            # The other side reset the connection, and the loop has not been told yet.
            self._transport.abort()

    def _refuse(self, reason: ClosedReason) -> None:
        _log.debug("refused %s: %s %s", self.peer_address, reason.code, reason.detail)
        self._reason = reason
        self._finish()
        assert self._transport is not None
        self._transport.close()

    def _finish(self) -> None:
        self._state = _State.CLOSING
        self._set_deadline(self._loop.call_later(self._limits.close_s, self._close_too_slow))

    def _close_too_slow(self) -> None:
        # With nothing left to send only the other side's goodbye is missing: that is its affair.
        if self.buffered_bytes and self._reason is None:
            self._reason = ClosedReason(ClosedCode.CLOSE_TIMEOUT, f"{self.buffered_bytes} bytes unsent")
        assert self._transport is not None
        self._transport.abort()

    def _handshake_too_slow(self) -> None:
        self.abort(ClosedReason(ClosedCode.HANDSHAKE_TIMEOUT))

    def _set_deadline(self, deadline: asyncio.TimerHandle | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = deadline


def _send_at_once(transport: asyncio.BaseTransport) -> None:
    """Small messages do not wait for the acknowledgement of the one before (Nagle's algorithm)."""
    connection = transport.get_extra_info("socket")
    with contextlib.suppress(OSError, AttributeError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
