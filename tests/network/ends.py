"""Both ends of a channel for the tests: handlers that note what they are told, and a running loop."""

import asyncio
import contextlib
import dataclasses
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from server.accounts.certificates import Authority, make_authority, make_server_identity
from server.network.channel import DEFAULT_LIMITS, Channel, ChannelHandler, ChannelLimits
from server.network.clock import SystemClock
from server.network.dialer import Dialed, dial
from server.network.errors import ClosedReason, DialError
from server.network.listener import Listener, ListenerLimits, listen
from server.network.loop_thread import LoopThread
from server.network.tls import TlsTerms, Trust, server_context
from tests.waiting import DEADLINE_S, wait_until

T = TypeVar("T")


class Recorder:
    """A handler that notes everything and may answer in `on_received`.

    `fails_in` names a method that raises, `ends_in` one that aborts the channel.
    """

    def __init__(
        self,
        on_received: Callable[[Channel, bytes], None] | None = None,
        fails_in: str = "",
        is_established: bool = True,
        ends_in: str = "",
    ) -> None:
        self.told: list[str] = []
        self.data = bytearray()
        self.reason: ClosedReason | None = None
        self.channel: Channel | None = None
        self._on_received = on_received
        self._fails_in = fails_in
        self._is_established = is_established
        self._ends_in = ends_in

    @property
    def is_closed(self) -> bool:
        return "closed" in self.told

    def wait_closed(self) -> ClosedReason | None:
        wait_until(lambda: self.is_closed)
        return self.reason

    def opened(self, channel: Channel) -> None:
        self.channel = channel
        self._note("opened")
        if self._is_established:
            channel.established()

    def received(self, data: bytes) -> None:
        self.data += data
        self._note("received")
        if self._on_received is not None and self.channel is not None:
            self._on_received(self.channel, data)

    def resumed(self) -> None:
        self._note("resumed")

    def closed(self, reason: ClosedReason | None) -> None:
        self.reason = reason
        self._note("closed")

    def _note(self, name: str) -> None:
        self.told.append(name)
        if name == self._fails_in:
            raise RuntimeError(f"planted in {name}")
        if name == self._ends_in and self.channel is not None:
            self.channel.abort()


def echo(channel: Channel, data: bytes) -> None:
    """Give back what came."""
    channel.write(data)


@dataclasses.dataclass
class Ends:
    """A loop in a thread; what is opened on it is closed at the end."""

    thread: LoopThread
    listeners: list[Listener] = dataclasses.field(default_factory=list)
    # What was dialed: the loop must not end with an open transport.
    dialed: list[Channel] = dataclasses.field(default_factory=list)
    # The handlers of the connections that the listeners took, in order.
    served: list[Recorder] = dataclasses.field(default_factory=list)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.thread.run_sync(coroutine, DEADLINE_S)

    def on_loop(self, function: Callable[[], T]) -> T:
        async def call() -> T:
            return function()

        return self.run(call())

    def listen(
        self,
        make: Callable[[], Recorder] = Recorder,
        terms: TlsTerms | None = None,
        limits: ListenerLimits | None = None,
        channel_limits: ChannelLimits = DEFAULT_LIMITS,
        host: str = "127.0.0.1",
    ) -> Listener:
        def serve() -> ChannelHandler:
            recorder = make()
            self.served.append(recorder)
            return recorder

        listener = self.run(listen(host, 0, serve, terms=terms, limits=limits, channel_limits=channel_limits))
        self.listeners.append(listener)
        return listener

    def try_dial(
        self,
        port: int,
        recorder: Recorder,
        tls: TlsTerms | Trust | None = None,
        timeout_s: float = DEADLINE_S,
        limits: ChannelLimits = DEFAULT_LIMITS,
    ) -> Dialed | DialError:
        found = self.run(
            dial("127.0.0.1", port, lambda: recorder, tls=tls, timeout_s=timeout_s, limits=limits)
        )
        if isinstance(found, Dialed):
            self.dialed.append(found.channel)
        return found

    def dial(self, port: int, recorder: Recorder, tls: TlsTerms | Trust | None = None) -> Channel:
        dialed = self.try_dial(port, recorder, tls)
        assert isinstance(dialed, Dialed), dialed
        return dialed.channel

    def try_dial_host(self, host: str, port: int, recorder: Recorder) -> Dialed | DialError:
        return self.run(dial(host, port, lambda: recorder))

    async def dial_and_cancel(self, silent: socket.socket, recorder: Recorder, trust: Trust) -> socket.socket:
        """Give up while the handshake waits for the server, whose end of the connection is given."""
        silent.setblocking(False)
        port = silent.getsockname()[1]
        task = asyncio.ensure_future(dial("127.0.0.1", port, lambda: recorder, tls=trust))
        loop = asyncio.get_running_loop()
        accepted, _ = await loop.sock_accept(silent)
        assert await loop.sock_recv(accepted, 1)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return accepted

    def listen_on(self, host: str, port: int) -> Listener:
        return self.run(listen(host, port, Recorder))

    async def listen_and_stop_at_once(self) -> int:
        """Stop in the same turn of the loop, before the accepting task ever ran."""
        listener = await listen("127.0.0.1", 0, Recorder)
        listener.stop_accepting()
        return listener.port

    def pair(
        self, client: Recorder, server: Recorder, identity: "Identity | None" = None
    ) -> tuple[Channel, Channel]:
        """A connection between two recorders; TLS with an identity."""
        terms = identity.terms if identity else None
        trust = identity.trust if identity else None
        listener = self.listen(lambda: server, terms)
        near = self.dial(listener.port, client, trust)
        wait_until(lambda: server.channel)
        assert server.channel is not None
        return near, server.channel

    def close(self) -> None:
        for channel in self.dialed:
            self.on_loop(channel.abort)
        for listener in self.listeners:
            self.run(listener.close(timeout_s=1.0))
        # An aborted transport closes its socket in the next turns of the loop.
        for _ in range(3):
            self.run(asyncio.sleep(0))


@dataclasses.dataclass(frozen=True)
class Identity:
    """A server's certificate and how a client trusts it."""

    authority: Authority
    chain_pem: bytes
    key_pem: bytes

    @property
    def terms(self) -> TlsTerms:
        return server_context(self.chain_pem, self.key_pem)

    @property
    def ca_pem(self) -> str:
        return self.authority.certificate_pem.decode()

    @property
    def trust(self) -> Trust:
        return Trust(ca_pem=self.ca_pem)


def make_identity(authority: Authority | None = None, server_id: str = "a") -> Identity:
    authority = authority or make_authority("test", SystemClock().wall_ms())
    identity = make_server_identity(authority, server_id, [], SystemClock().wall_ms())
    return Identity(authority, identity.chain_pem, identity.key_pem)


def raw_connection(port: int, host: str = "127.0.0.1", source: str = "") -> socket.socket:
    """A blocking socket of the standard library: an end that shares no code with the channel."""
    return socket.create_connection(
        (host, port), timeout=DEADLINE_S, source_address=(source, 0) if source else None
    )


def read_to_end(connection: socket.socket | ssl.SSLSocket) -> bytes:
    """All bytes until the other side hangs up, politely or not; TimeoutError when it does not."""
    data = bytearray()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while part := connection.recv(65536):
            data += part
    return bytes(data)
