"""A proxy before one port: it copies bytes, and can hold them back each way as a broken network does.

While a way is held, nobody is told anything: bytes and the ends of connections wait, in the sockets
of whoever sends them and at most one piece here. Nothing is understood, so TLS stays what it is, end to end.

A connection is one task that owns its sockets, and nothing but sockets: a transport of a loop belongs
to nobody while it is being made, and uvloop never says `connection_lost` when it is cancelled then.
"""

import asyncio
import contextlib
import enum
import logging
import socket
from collections import Counter
from collections.abc import Callable
from typing import Final

_log = logging.getLogger(__name__)
_HOST: Final = "127.0.0.1"
# What is read at once: many lines of a burst, and no more than one connection may hold here.
_PIECE_BYTES: Final = 65_536


class Way(enum.Enum):
    """The two ways through a connection."""

    IN = "in"  # From whoever dialled, to the server.
    OUT = "out"  # From the server.


class Proxy:
    """Listens on a port of its own for the server at `target_port`. On the loop's thread only.

    Call `open` once, and `close` at the end. Several faults may hold the same way: it is open again
    when the last one lets go.
    """

    def __init__(self, target_port: int) -> None:
        self.target_port: Final = target_port
        self.port = 0
        self._gate: _Gate | None = None
        self._is_refusing = False
        self._holds: Counter[Way] = Counter()
        self._passable: Final = {way: asyncio.Event() for way in Way}
        for event in self._passable.values():
            event.set()
        self._connections: set[_Connection] = set()

    async def open(self) -> None:
        """Listen, always on the port of the first time. Raises OSError."""
        self._gate = _Gate(self.port, self._take)
        self.port = self._gate.port

    async def close(self) -> None:
        """End everything, and wait until every socket is closed. Idempotent, and again after a cancel."""
        self._stop_listening()
        self._reset_all()
        while self._connections:
            await asyncio.wait([connection.task for connection in self._connections])

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
        return any(map(self.is_held, Way))

    async def refuse(self) -> None:
        """Nobody listens any more: a process that is dead. While the network is cut, that is not seen."""
        self._is_refusing = True
        if not self.is_cut:
            self._stop_listening()

    async def accept(self) -> None:
        """Somebody listens again."""
        self._is_refusing = False
        if self._gate is None:
            await self.open()

    async def hold(self, ways: tuple[Way, ...]) -> None:
        """Let nothing pass these ways, from now on."""
        self._holds.update(ways)
        self._steer()
        if self._gate is None:
            # Who dials waits, as with any machine that cannot be reached.
            await self.open()

    async def let_go(self, ways: tuple[Way, ...], *, resets: bool) -> None:
        """Let everything pass that was held, or end what was held up."""
        self._holds.subtract(ways)
        self._steer()
        if self._is_refusing and not self.is_cut:
            self._stop_listening()
        if resets:
            self._reset_all()

    async def passage(self, *ways: Way) -> None:
        """Wait until none of these ways is held."""
        while held := [way for way in ways if self.is_held(way)]:
            await self._passable[held[0]].wait()

    def forget(self, connection: "_Connection") -> None:
        """It is over, and its sockets are closed."""
        self._connections.discard(connection)

    def _steer(self) -> None:
        for way, event in self._passable.items():
            if self.is_held(way):
                event.clear()
            else:
                event.set()

    def _take(self, taken: socket.socket) -> None:
        self._connections.add(_Connection(self, taken))

    def _reset_all(self) -> None:
        for connection in self._connections:
            connection.task.cancel()

    def _stop_listening(self) -> None:
        if self._gate is not None:
            gate, self._gate = self._gate, None
            gate.close()


class _Gate:
    """A listening socket. asyncio's own server loses who comes in the moment in which it is closed."""

    def __init__(self, port: int, take: Callable[[socket.socket], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._take: Final = take
        self._socket: Final = socket.create_server((_HOST, port))
        self._socket.setblocking(False)
        self.port: Final[int] = self._socket.getsockname()[1]
        self._loop.add_reader(self._socket, self._let_in)

    def close(self) -> None:
        """Let nobody in from now on; who came before this is taken."""
        self._loop.remove_reader(self._socket)
        with self._socket:
            self._let_in()

    def _let_in(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                taken, _address = self._socket.accept()
                self._take(taken)


class _OverError(Exception):
    """One side is gone, and the other may know."""


class _Connection:
    """Two sockets, and what passes between them, until `task` is done: cancel it to reset both sides."""

    def __init__(self, proxy: Proxy, taken: socket.socket) -> None:
        self._proxy: Final = proxy
        self._sockets: Final = contextlib.ExitStack()
        self._dialer: Final = self._own(taken)
        self.task: Final = asyncio.get_running_loop().create_task(self._run())
        # Not in the coroutine: one that is cancelled before its first step runs none of its lines.
        self.task.add_done_callback(self._end)

    def _own(self, opened: socket.socket) -> socket.socket:
        self._sockets.enter_context(opened)
        opened.setblocking(False)
        with contextlib.suppress(OSError):
            # As loops do it for their transports: what is small goes at once.
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def _end(self, task: asyncio.Task[None]) -> None:
        self._sockets.close()
        self._proxy.forget(self)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a connection through a proxy failed", exc_info=error)

    async def _run(self) -> None:
        server = await self._dial()
        if server is None:
            return
        try:
            # Both ways are over when the group is, however often it is cancelled.
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(self._dialer, server, Way.IN))
                group.create_task(self._carry(server, self._dialer, Way.OUT))
        except* _OverError:
            pass

    async def _dial(self) -> socket.socket | None:
        loop = asyncio.get_running_loop()
        while True:
            await self._proxy.passage(*Way)
            server = self._own(socket.socket())
            try:
                await loop.sock_connect(server, (_HOST, self._proxy.target_port))
            except OSError:
                server.close()
                # A refusal is held as well: ask again when the network is whole.
                if not self._proxy.is_cut:
                    return None
            else:
                return server

    async def _carry(self, source: socket.socket, target: socket.socket, way: Way) -> None:
        """Copy one way. Raises _OverError when one side is gone and the other may know."""
        loop = asyncio.get_running_loop()
        while True:
            await self._proxy.passage(way)
            try:
                piece = await loop.sock_recv(source, _PIECE_BYTES)
            except OSError:
                piece = b""
            await self._proxy.passage(way)
            if not piece:
                raise _OverError
            try:
                await loop.sock_sendall(target, piece)
            except OSError as error:
                # That the target is gone is news that goes the other way.
                await self._proxy.passage(Way.OUT if way is Way.IN else Way.IN)
                raise _OverError from error
