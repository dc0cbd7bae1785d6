"""The listener: takes connections, a channel and a handler each, and bounds those that are half-open.

Half-open is a connection of which its handler does not yet know who it is. Beyond the limit of all,
nothing more is accepted: the next ones wait in the kernel's queue and are not reset. Beyond the
limit of one address (of IPv6 a /64) its next connections wait here, unread, so that the others get past them.
"""

import asyncio
import collections
import contextlib
import dataclasses
import ipaddress
import logging
import socket
import sys
from collections.abc import Callable
from typing import Any, Final

from server.i18n.marking import marked
from server.network.channel import DEFAULT_LIMITS, Channel, ChannelHandler, ChannelLimits
from server.network.errors import ClosedReason, listen_error
from server.network.origins import origin_of
from server.network.resolving import resolve
from server.network.tls import TlsTerms

_log = logging.getLogger(__name__)

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LOOPBACK: Final[tuple[_Network, ...]] = (
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("::1/128"),
)
# A storm of reconnects waits in the kernel instead of being dropped; the kernel may allow less.
_BACKLOG: Final = 4096
# When the process has no file left for an accepted connection: look again after this.
_RETRY_S: Final = 0.2


@dataclasses.dataclass(frozen=True, slots=True)
class ListenerLimits:
    """How many strangers are served at once."""

    # A sign-in over a slow line takes a second: after a failover hundreds of them are under way at once.
    half_open_max: int = 512
    half_open_per_address_max: int = 16
    # Of one address; an office behind one address reconnects after a failover and needs them all.
    # Beyond it somebody is doing this on purpose, and only then a connection is closed unheard.
    waiting_per_address_max: int = 128
    # Networks without a limit for one address.
    trusted_networks: tuple[_Network, ...] = _LOOPBACK


async def listen(
    host: str,
    port: int,
    handler_factory: Callable[[], ChannelHandler],
    *,
    terms: TlsTerms | None = None,
    limits: ListenerLimits | None = None,
    channel_limits: ChannelLimits = DEFAULT_LIMITS,
) -> "Listener":
    """Listen on one address (port 0: a free one) on the running loop. Raises NetworkError."""
    try:
        # A name such as `localhost` means IPv4 as well; whoever dials it tries both.
        found = await resolve(host, port)
        family, address = min(found, key=lambda place: place[0] != socket.AF_INET)
        listening = _bind(family, address)
    except OSError as error:
        raise listen_error(error, host, port) from error
    return Listener(listening, handler_factory, terms, limits or ListenerLimits(), channel_limits)


class Listener:
    """A listening socket and the channels that came from it. On the loop's thread only."""

    def __init__(
        self,
        listening: socket.socket,
        handler_factory: Callable[[], ChannelHandler],
        terms: TlsTerms | None,
        limits: ListenerLimits,
        channel_limits: ChannelLimits,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = listening
        self._factory = handler_factory
        self._terms = terms
        self._limits = limits
        self._channel_limits = channel_limits
        self._channels: set[Channel] = set()
        self._half_open: dict[Channel, str] = {}
        self._half_open_by_origin: collections.Counter[str] = collections.Counter()
        self._waiting: dict[str, collections.deque[socket.socket]] = {}
        self._attaching: set[asyncio.Task[None]] = set()
        self._is_stopping = False
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        name = listening.getsockname()
        self.host: str = name[0]
        self.port: int = name[1]
        self._accepting = self._loop.create_task(self._accept_for_ever())
        self._accepting.add_done_callback(self._accepting_ended)

    @property
    def channel_count(self) -> int:
        """Connections that are alive, the half-open ones included."""
        return len(self._channels)

    @property
    def half_open_count(self) -> int:
        """Connections whose handler has not yet called `established`."""
        return len(self._half_open)

    def stop_accepting(self) -> None:
        """Stop listening: whoever dials now is refused at once and goes to the other server."""
        if self._is_stopping:
            return
        self._is_stopping = True
        # A connection may have been taken in this very turn of the loop, and a cancelled accept would
        # lose it: no more are taken from now on, and the cancel comes after the last one was handed over.
        with contextlib.suppress(NotImplementedError):
            self._loop.remove_reader(self._socket)
        self._loop.call_soon(self._accepting.cancel)
        for waiting in self._waiting.values():
            for connection in waiting:
                connection.close()
        self._waiting.clear()

    async def close(self, timeout_s: float = 5.0) -> None:
        """Stop listening, close every channel, and wait until they are gone; then drop the rest."""
        self.stop_accepting()
        with contextlib.suppress(asyncio.CancelledError):
            await self._accepting
        for channel in list(self._channels):
            channel.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._is_empty.wait(), timeout_s)
        for channel in list(self._channels):
            channel.abort()
        await self._is_empty.wait()

    # What the channels tell.

    def channel_opened(self, channel: Channel) -> None:
        """Nothing to do: the handler was told, and it is still half-open."""

    def channel_established(self, channel: Channel) -> None:
        self._leave_half_open(channel)

    def channel_lost(self, channel: Channel, reason: ClosedReason | None) -> None:
        _log.debug("%s ended: %s", channel.peer_address, reason)
        self._forget(channel)

    # Inside.

    async def _accept_for_ever(self) -> None:
        while not self._is_stopping:
            await self._has_room.wait()
            try:
                connection, address = await self._loop.sock_accept(self._socket)
            except OSError as error:
                # No file left, or a connection that was gone before it was taken.
                _log.warning(marked("No connection can be taken on port %s: %s"), self.port, error)
                await asyncio.sleep(_RETRY_S)
                continue
            self._admit(connection, _plain_address(address[0]))
            # The channels that are open get their turn between two newcomers.
            await asyncio.sleep(0)

    def _accepting_ended(self, accepting: "asyncio.Task[None]") -> None:
        self._socket.close()
        if not accepting.cancelled() and accepting.exception() is not None:
            _log.error("port %s takes no more connections", self.port, exc_info=accepting.exception())

    def _admit(self, connection: socket.socket, address: str) -> None:
        origin = origin_of(address)
        if self._half_open_by_origin[origin] < self._limits.half_open_per_address_max or any(
            ipaddress.ip_address(address) in network for network in self._limits.trusted_networks
        ):
            self._attach(connection, origin)
            return
        waiting = self._waiting.setdefault(origin, collections.deque())
        if len(waiting) < self._limits.waiting_per_address_max:
            waiting.append(connection)
        else:
            _log.info("too many connections of %s wait: one was closed", address)
            connection.close()

    def _attach(self, connection: socket.socket, origin: str) -> None:
        channel = Channel(self._loop, self._factory, self, self._terms, self._channel_limits)
        self._channels.add(channel)
        self._is_empty.clear()
        self._half_open[channel] = origin
        self._half_open_by_origin[origin] += 1
        if len(self._half_open) >= self._limits.half_open_max:
            self._has_room.clear()
        task = self._loop.create_task(self._connect(channel, connection))
        self._attaching.add(task)
        task.add_done_callback(self._attaching.discard)

    async def _connect(self, channel: Channel, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: channel, connection)
        except OSError as error:
            _log.debug("a connection was gone before it was served: %s", error)
            connection.close()
            self._forget(channel)

    def _forget(self, channel: Channel) -> None:
        self._leave_half_open(channel)
        self._channels.discard(channel)
        if not self._channels:
            self._is_empty.set()

    def _leave_half_open(self, channel: Channel) -> None:
        origin = self._half_open.pop(channel, None)
        if origin is None:
            return
        self._half_open_by_origin[origin] -= 1
        if not self._half_open_by_origin[origin]:
            del self._half_open_by_origin[origin]
        self._has_room.set()
        # An origin has somebody waiting only while it stands at its own limit, so whoever leaves
        # makes room for exactly one of the same origin.
        waiting = self._waiting.get(origin)
        if waiting:
            self._attach(waiting.popleft(), origin)
        if not waiting:
            self._waiting.pop(origin, None)


def _bind(family: int, address: Any) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A restarted server takes its port back at once. On Windows the flag would instead let
        # another program share the port.
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.bind(address)
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def _plain_address(address: str) -> str:
    """An IPv4 address that came through an IPv6 socket is still that IPv4 address; no zone."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(parsed)
