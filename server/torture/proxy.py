"""A proxy before one port: it copies bytes, and can hold them back each way as a broken network does.

While a way is held, nobody is told anything: bytes and the ends of connections wait, in the sockets
of whoever sends them. Nothing is read, so TLS stays what it is, end to end.
"""

import asyncio
import contextlib
import enum
import socket
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, Final, cast

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
        self._gate: _Gate | None = None
        self._is_refusing = False
        self._holds: Counter[Way] = Counter()
        self._connections: set[_Connection] = set()
        self._ends: set[_End] = set()
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._is_closing = False

    async def open(self) -> None:
        """Listen, always on the port of the first time. Raises OSError."""
        self._gate = _Gate(self.port, self._take)
        self.port = self._gate.port

    async def close(self) -> None:
        """End everything, and wait until every socket is closed."""
        self._is_closing = True
        await self._stop_listening()
        for connection in list(self._connections):
            connection.abort()
        await self._is_empty.wait()

    @property
    def connection_count(self) -> int:
        """Connections that were taken and are not over."""
        return len(self._connections)

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
            await self._stop_listening()

    async def accept(self) -> None:
        """Somebody listens again."""
        self._is_refusing = False
        if self._gate is None:
            await self.open()

    async def hold(self, ways: tuple[Way, ...]) -> None:
        """Let nothing pass these ways, from now on."""
        self._holds.update(ways)
        if self._gate is None:
            # Who dials waits, as with any machine that cannot be reached.
            await self.open()
        for connection in list(self._connections):
            connection.steer()

    async def let_go(self, ways: tuple[Way, ...], *, resets: bool) -> None:
        """Let everything pass that was held, or end what was held up."""
        self._holds.subtract(ways)
        if self._is_refusing and not self.is_cut:
            await self._stop_listening()
        for connection in list(self._connections):
            if resets:
                connection.abort()
            else:
                connection.steer()

    def forget(self, connection: "_Connection") -> None:
        """It is over."""
        self._connections.discard(connection)

    def end_opened(self, end: "_End") -> bool:
        """A socket is there; False: it is to end at once."""
        self._ends.add(end)
        self._is_empty.clear()
        return not self._is_closing

    def end_closed(self, end: "_End") -> None:
        """A socket is gone."""
        self._ends.discard(end)
        if not self._ends:
            self._is_empty.set()

    async def _take(self, taken: socket.socket) -> None:
        connection = _Connection(self)
        self._connections.add(connection)
        # From here on its socket is there, though nobody is told before the next turn of the loop.
        self.end_opened(connection.dialer)
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(lambda: connection.dialer, taken)
        except OSError:
            taken.close()
            self.end_closed(connection.dialer)
            self.forget(connection)

    async def _stop_listening(self) -> None:
        if self._gate is not None:
            gate, self._gate = self._gate, None
            await gate.close()


class _Gate:
    """A listening socket. asyncio's own server loses who comes in the moment in which it is closed."""

    def __init__(self, port: int, take: Callable[[socket.socket], Coroutine[Any, Any, None]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._take: Final = take
        self._taking: set[asyncio.Task[None]] = set()
        self._is_closing = False
        self._socket: Final = socket.create_server((_HOST, port))
        self._socket.setblocking(False)
        self.port: Final[int] = self._socket.getsockname()[1]
        self._accepting = self._loop.create_task(self._accept())

    async def close(self) -> None:
        """Let nobody in from now on; who came before this is taken."""
        self._is_closing = True
        # Somebody may have been let in in this very turn, and a cancel at once would lose them.
        with contextlib.suppress(NotImplementedError):
            self._loop.remove_reader(self._socket)
        self._loop.call_soon(self._accepting.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await self._accepting
        self._socket.close()
        await asyncio.gather(*self._taking)

    async def _accept(self) -> None:
        while not self._is_closing:
            taken, _address = await self._loop.sock_accept(self._socket)
            task = self._loop.create_task(self._take(taken))
            self._taking.add(task)
            task.add_done_callback(self._taking.discard)


class _Connection:
    """Two sockets, and what passes between them."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy: Final = proxy
        self.dialer: Final = _End(self, Way.IN)
        self.server: Final = _End(self, Way.OUT)
        self._dialing: asyncio.Task[None] | None = None

    def other(self, end: "_End") -> "_End":
        """Where the bytes of an end go."""
        return self.server if end is self.dialer else self.dialer

    def steer(self) -> None:
        """Do what the state of the network allows, after every change of anything."""
        if self._dialing is None and self.dialer.is_open and not self.proxy.is_cut:
            self._dialing = asyncio.get_running_loop().create_task(self._dial())
        for end in (self.dialer, self.server):
            target = self.other(end)
            is_held = self.proxy.is_held(end.way)
            end.read(wanted=not is_held and target.is_open and not target.is_full)
            if end.has_ended and not is_held:
                target.finish(is_lost=end.is_lost)
        if self.dialer.has_ended and (self.server.has_ended or self._dialing is None):
            self.proxy.forget(self)

    def abort(self) -> None:
        """Reset both sides."""
        if self._dialing is not None:
            self._dialing.cancel()
        for end in (self.dialer, self.server):
            end.finish(is_lost=True)
        self.proxy.forget(self)

    async def _dial(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self.server, _HOST, self.proxy.target_port)
        except OSError:
            if self.proxy.is_cut:
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
        if not self._connection.proxy.end_opened(self):
            self._transport.abort()
            return
        for data in self._early:
            self._transport.write(data)
        self._connection.steer()

    def data_received(self, data: bytes) -> None:
        self._connection.other(self).write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open, self.has_ended, self.is_lost = False, True, exc is not None
        self._connection.proxy.end_closed(self)
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
