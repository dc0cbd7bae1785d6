"""The network of a pair on one computer: four proxies, and where a cut of one server holds what."""

import contextlib
from typing import Final

from server.cluster.pair_processes import PairPorts
from server.network.loop_thread import LoopThread
from server.torture.faults import FaultKind
from server.torture.plan import CutPlace, PlannedFault
from server.torture.proxy import Proxy, Way

_PATIENCE_S: Final = 5.0
_BOTH: Final = (Way.IN, Way.OUT)

# What is held where: (proxy, ways).
Holds = list[tuple[Proxy, tuple[Way, ...]]]


class PairNetwork:
    """Places are 0 and 1. Any thread; `start` once, `stop` exactly once at the end."""

    def __init__(self, ports: PairPorts) -> None:
        self._thread: Final = LoopThread("network")
        self._to_clients_port: Final = (Proxy(ports.clients[0]), Proxy(ports.clients[1]))
        self._to_peer_port: Final = (Proxy(ports.servers[0]), Proxy(ports.servers[1]))
        self._proxies: Final = (*self._to_clients_port, *self._to_peer_port)

    def start(self) -> None:
        """Listen before both servers. Raises OSError."""
        self._thread.start()
        for proxy in self._proxies:
            self._thread.run_sync(proxy.open(), _PATIENCE_S)

    def stop(self) -> None:
        """End every connection, of each proxy and whatever another one says."""
        with contextlib.ExitStack() as endings:
            endings.callback(self._thread.stop)
            for proxy in self._proxies:
                endings.callback(self._close, proxy)

    @property
    def ports(self) -> PairPorts:
        """Where clients and the other server find each server."""
        first, second = self._to_clients_port
        first_peer, second_peer = self._to_peer_port
        return PairPorts((first.port, second.port), (first_peer.port, second_peer.port))

    def refuse(self, place: int) -> None:
        """The process is dead: whoever dials it is refused."""
        for proxy in (self._to_clients_port[place], self._to_peer_port[place]):
            self._thread.run_sync(proxy.refuse(), _PATIENCE_S)

    def accept(self, place: int) -> None:
        """The process listens again."""
        for proxy in (self._to_clients_port[place], self._to_peer_port[place]):
            self._thread.run_sync(proxy.accept(), _PATIENCE_S)

    def cut(self, place: int, planned: PlannedFault) -> Holds:
        """Cut off a server as planned; give back what this says to `heal`."""
        holds = self._holds(place, planned)
        for proxy, ways in holds:
            self._thread.run_sync(proxy.hold(ways), _PATIENCE_S)
        return holds

    def heal(self, holds: Holds, *, resets: bool) -> None:
        """Let everything pass, or reset what was cut."""
        for proxy, ways in holds:
            self._thread.run_sync(proxy.let_go(ways, resets=resets), _PATIENCE_S)

    def _close(self, proxy: Proxy) -> None:
        self._thread.run_sync(proxy.close(), _PATIENCE_S)

    def _holds(self, place: int, planned: PlannedFault) -> Holds:
        cut = planned.cut
        assert cut is not None
        # At the server's own ports what is sent to it comes in; at the other's port it dials itself.
        is_both = planned.kind is FaultKind.PARTITION
        own = _BOTH if is_both else ((Way.IN,) if cut.is_towards else (Way.OUT,))
        others = _BOTH if is_both else ((Way.OUT,) if cut.is_towards else (Way.IN,))
        holds: Holds = []
        if cut.place is not CutPlace.CLIENTS:
            holds += [(self._to_peer_port[place], own), (self._to_peer_port[1 - place], others)]
        if cut.place is not CutPlace.SERVERS:
            holds.append((self._to_clients_port[place], own))
        return holds
