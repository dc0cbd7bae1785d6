"""A proxy before one port: it copies bytes, and can hold them back each way as a broken network does.

While a way is held, nobody is told anything: bytes and the ends of connections wait, in the sockets
of whoever sends them. Nothing is read, so TLS stays what it is, end to end.
"""

import asyncio
import contextlib
import enum
from collections import Counter
from typing import Final, cast

_HOST: Final = "127.0.0.1"


class Way(enum.Enum):
    """The two ways through a connection."""

    IN = "in"  # From whoever dialled, to the server.
    OUT = "out"  # From the server.


class Proxy:
    """Listens on a port of its own for the server at `target_port`. On the loop's thread only.

    Call `open` once, and `close` exactly once at the end. Several faults may hold the same way: it is
    open again when the last one lets go.
    """

    def __init__(self, target_port: int) -> None:
        self.target_port: Final = target_port
        self.port = 0
        self._server: asyncio.Server | None = None
        self._is_refusing = False
        self._holds: Counter[Way] = Counter()
        self._connections: set[_Connection] = set()

    async def open(self) -> None:
        """Listen, always on the port of the first time. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, _HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """End everything at once."""
        self._stop_listening()
        for connection in list(self._connections):
            connection.abort()

    def is_held(self, way: Way) -> bool:
        """Whether nothing passes this way."""
        return self._holds[way] > 0

    @property
    def is_cut(self) -> bool:
        """Whether no connection can come to be: that needs both ways."""
        return self.is_held(Way.IN) or self.is_held(Way.OUT)

    async def refuse(self) -> None:
        """Nobody listens any more: a process that is dead. While the network is cut, that is not seen."""
        self._is_refusing = True
        if not self.is_cut:
            self._stop_listening()

    async def accept(self) -> None:
        """Somebody listens again."""
        self._is_refusing = False
        if self._server is None:
            await self.open()

    async def hold(self, ways: tuple[Way, ...]) -> None:
        """Let nothing pass these ways, from now on."""
        self._holds.update(ways)
        if self._server is None:
            # Who dials waits, as with any machine that cannot be reached.
            await self.open()
        for connection in list(self._connections):
            connection.steer()

    async def let_go(self, ways: tuple[Way, ...], *, resets: bool) -> None:
        """Let everything pass that was held, or end what was held up."""
        self._holds.subtract(ways)
        if self._is_refusing and not self.is_cut:
            self._stop_listening()
        for connection in list(self._connections):
            if resets:
                connection.abort()
            else:
                connection.steer()

    def forget(self, connection: "_Connection") -> None:
        """It is over."""
        self._connections.discard(connection)

    def _accept(self) -> "_End":
        connection = _Connection(self)
        self._connections.add(connection)
        return connection.dialer

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


class _Connection:
    """Two sockets, and what passes between them."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self.dialer: Final = _End(self, Way.IN)
        self.server: Final = _End(self, Way.OUT)
        self._dialing: asyncio.Task[None] | None = None

    def other(self, end: "_End") -> "_End":
        """Where the bytes of an end go."""
        return self.server if end is self.dialer else self.dialer

    def steer(self) -> None:
        """Do what the state of the network allows, after every change of anything."""
        if self._dialing is None and self.dialer.is_open and not self._proxy.is_cut:
            self._dialing = asyncio.get_running_loop().create_task(self._dial())
        for end in (self.dialer, self.server):
            target = self.other(end)
            is_held = self._proxy.is_held(end.way)
            end.read(wanted=not is_held and target.is_open and not target.is_full)
            if end.has_ended and not is_held:
                target.finish(is_lost=end.is_lost)
        if self.dialer.has_ended and (self.server.has_ended or self._dialing is None):
            self._proxy.forget(self)

    def abort(self) -> None:
        """Reset both sides."""
        if self._dialing is not None:
            self._dialing.cancel()
        for end in (self.dialer, self.server):
            end.finish(is_lost=True)
        self._proxy.forget(self)

    async def _dial(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self.server, _HOST, self._proxy.target_port)
        except OSError:
            if self._proxy.is_cut:
                # The refusal is held as well: ask again when the network is whole.
                self._dialing = None
            else:
                self.abort()


class _End(asyncio.Protocol):
    """One of the two sockets of a connection; `way` is where its bytes go."""

    def __init__(self, connection: _Connection, way: Way) -> None:
        self._connection = connection
        self.way: Final = way
        self._transport: asyncio.Transport | None = None
        self.is_open = False
        self.has_ended = False
        self.is_lost = False
        # Whether the other side does not take what is written.
        self.is_full = False
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True
        for data in self._early:
            self._transport.write(data)
        self._connection.steer()

    def data_received(self, data: bytes) -> None:
        self._connection.other(self).write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open, self.has_ended, self.is_lost = False, True, exc is not None
        self._connection.steer()

    def pause_writing(self) -> None:
        self.is_full = True
        self._connection.steer()

    def resume_writing(self) -> None:
        self.is_full = False
        self._connection.steer()

    def write(self, data: bytes) -> None:
        """Give it to the socket, once there is one."""
        if self._transport is None:
            self._early.append(data)
        elif self.is_open:
            self._transport.write(data)

    def read(self, *, wanted: bool) -> None:
        """Read on, or leave what comes where it is."""
        if self._transport is None or not self.is_open or self._transport.is_closing():
            return
        if wanted and not self._transport.is_reading():
            self._transport.resume_reading()
        elif not wanted and self._transport.is_reading():
            self._transport.pause_reading()

    def finish(self, *, is_lost: bool) -> None:
        """The other side is gone: an orderly end delivers what was written before."""
        if self._transport is None or not self.is_open:
            return
        with contextlib.suppress(OSError):
            if is_lost:
                self._transport.abort()
            else:
                self._transport.close()
