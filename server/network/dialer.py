"""The dialer: from an address to a channel, or to a code that says why not; and how long to wait then."""

import asyncio
import dataclasses
import random
import socket
import ssl
from collections.abc import Callable
from typing import Any

from server.network.channel import DEFAULT_LIMITS, Channel, ChannelHandler, ChannelLimits
from server.network.errors import ClosedCode, ClosedReason, DialCode, DialError, dial_code
from server.network.resolving import resolve
from server.network.tls import CLIENT_ALPN, TlsTerms, Trust, client_context, fingerprint_of


@dataclasses.dataclass(frozen=True, slots=True)
class Dialed:
    """An open channel; `ca_pem` is the authority to store when the trust was a fingerprint."""

    channel: Channel
    ca_pem: str | None = None


async def dial(
    host: str,
    port: int,
    handler_factory: Callable[[], ChannelHandler],
    *,
    tls: TlsTerms | Trust | None = None,
    alpn: str = CLIENT_ALPN,
    timeout_s: float = 5.0,
    limits: ChannelLimits = DEFAULT_LIMITS,
) -> Dialed | DialError:
    """Dial on the running loop. `tls`: how to trust, or ready terms (the peer link), or None for plain.

    The handler was told `opened` when a channel comes back. Cancelling drops the connection.
    """
    attempt = _Attempt(host, port, handler_factory, limits, timeout_s)
    try:
        async with asyncio.timeout(timeout_s):
            if not isinstance(tls, Trust):
                return await attempt.connect(tls)
            if tls.ca_pem is not None:
                return await attempt.connect(client_context(tls.ca_pem, alpn=alpn))
            return await _dial_by_fingerprint(attempt, tls.fingerprint, alpn)
    except TimeoutError:
        return attempt.failed(DialCode.TIMEOUT, f"no answer within {timeout_s:g} s")


async def _dial_by_fingerprint(
    attempt: "_Attempt", fingerprint: bytes | None, alpn: str
) -> Dialed | DialError:
    """Look at the certificates over one connection, which carries nothing; talk over a second one.

    The second one trusts the fetched authority alone, so that OpenSSL itself enforces the pin, and
    not one byte of ours is sent before.
    """
    looker = _Looker()
    looked = await dataclasses.replace(attempt, handler_factory=lambda: looker).connect(
        client_context(None, alpn=alpn)
    )
    if isinstance(looked, DialError):
        return looked
    # The goodbye is on its way; nobody waits for the answer to it.
    looked.channel.abort()
    if not looker.chain:
        return attempt.failed(DialCode.TLS_FAILED, "no certificate was shown")
    shown = fingerprint_of(looker.chain[-1])
    if fingerprint is None:
        return dataclasses.replace(attempt.failed(DialCode.UNKNOWN_CERTIFICATE), fingerprint=shown)
    if shown != fingerprint:
        return dataclasses.replace(attempt.failed(DialCode.WRONG_CERTIFICATE), fingerprint=shown)
    try:
        ca_pem = ssl.DER_cert_to_PEM_cert(looker.chain[-1])
        dialed = await attempt.connect(client_context(ca_pem, alpn=alpn))
    except ssl.SSLError as error:
        return attempt.failed(DialCode.WRONG_CERTIFICATE, str(error))
    return dialed if isinstance(dialed, DialError) else dataclasses.replace(dialed, ca_pem=ca_pem)


@dataclasses.dataclass(frozen=True, slots=True)
class _Attempt:
    """Whom to dial and who listens then."""

    host: str
    port: int
    handler_factory: Callable[[], ChannelHandler]
    limits: ChannelLimits
    timeout_s: float

    def failed(self, code: DialCode, detail: str = "") -> DialError:
        return DialError(code, self.host, self.port, detail)

    async def connect(self, terms: TlsTerms | None) -> Dialed | DialError:
        """The first address of the host that answers; else the error of the last one."""
        try:
            found = await resolve(self.host, self.port)
        except OSError as error:
            return self.failed(DialCode.UNREACHABLE, error.strerror or str(error))
        result: Dialed | DialError = self.failed(DialCode.UNREACHABLE)
        for family, address in found:
            try:
                # A silent address must leave time for the others.
                async with asyncio.timeout(self.timeout_s / len(found)):
                    result = await self._connect_to(family, address, terms)
            except OSError as error:
                result = self.failed(dial_code(error), error.strerror or str(error))
            if isinstance(result, Dialed):
                break
        return result

    async def _connect_to(self, family: int, address: Any, terms: TlsTerms | None) -> Dialed | DialError:
        loop = asyncio.get_running_loop()
        owner = _DialOwner(loop.create_future())
        channel = Channel(loop, self.handler_factory, owner, terms, self.limits)
        connection = await _connected_socket(family, address)
        try:
            # The name says accepted; what it means is connected. `create_connection(sock=...)` of uvloop
            # gives the transport its socket a turn too late: one that ends before (reset, aborted by
            # the handler) would close its file twice, and hit whatever got the same number meanwhile.
            await loop.connect_accepted_socket(lambda: channel, connection)
            reason = await owner.outcome
        except BaseException:
            # Cancelled or out of time: nothing of this dial may live on.
            channel.abort()
            connection.close()
            raise
        if reason is not None:
            return self.failed(_DIAL_CODES.get(reason.code, DialCode.LOST), reason.detail)
        return Dialed(channel)


async def _connected_socket(family: int, address: Any) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


_DIAL_CODES = {
    ClosedCode.WRONG_CERTIFICATE: DialCode.WRONG_CERTIFICATE,
    ClosedCode.TLS_FAILED: DialCode.TLS_FAILED,
    ClosedCode.WRONG_PROTOCOL: DialCode.TLS_FAILED,
    ClosedCode.HANDSHAKE_TIMEOUT: DialCode.TIMEOUT,
}


class _DialOwner:
    """Waits for one channel: the outcome is None when it opened, else the reason it did not."""

    __slots__ = ("outcome",)

    def __init__(self, outcome: "asyncio.Future[ClosedReason | None]") -> None:
        self.outcome = outcome

    def channel_opened(self, _channel: Channel, /) -> None:
        if not self.outcome.done():
            self.outcome.set_result(None)

    def channel_established(self, _channel: Channel, /) -> None:
        """Nobody counts half-open connections on the dialling side."""

    def channel_lost(self, _channel: Channel, reason: ClosedReason | None, /) -> None:
        if not self.outcome.done():
            self.outcome.set_result(reason or ClosedReason(ClosedCode.LOST))


class _Looker:
    """Notes which certificates were shown, and hangs up."""

    __slots__ = ("chain",)

    def __init__(self) -> None:
        self.chain: list[bytes] = []

    def opened(self, channel: Channel) -> None:
        self.chain = channel.peer_chain()
        channel.close()

    def received(self, data: bytes) -> None:
        """What an unknown server says is not read."""

    def resumed(self) -> None:
        """Nothing is written."""

    def closed(self, reason: ClosedReason | None) -> None:
        """The chain is noted already."""


class BackOff:
    """How long to wait before dialling again: doubling from base to cap, each shortened by chance.

    The jitter (between half and all of it) keeps clients that lost one server together from
    arriving at the other together.
    """

    def __init__(self, rng: random.Random, base_s: float = 0.25, cap_s: float = 15.0) -> None:
        self._rng = rng
        self._base_s = base_s
        self._cap_s = cap_s
        self._failures = 0

    def next_s(self) -> float:
        """The next dial failed as well: wait this long."""
        wait_s = min(self._cap_s, self._base_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return wait_s * self._rng.uniform(0.5, 1.0)

    def reset(self) -> None:
        """A dial succeeded: start from the base again."""
        self._failures = 0
