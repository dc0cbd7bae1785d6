"""The two servers as processes: killed, paused, started again, watched for an end that nobody ordered."""

import os
import signal
from typing import Final

import msgspec

from server.cluster.pair_processes import NAMES, PairProcesses, ServerProcess
from server.i18n.translation import _
from server.torture.cuts import PairNetwork

# None on Windows, which has no such signals; by name, for the type checker sees one system at a time.
_STOP: Final[int | None] = getattr(signal, "SIGSTOP", None)
_CONTINUE: Final[int | None] = getattr(signal, "SIGCONT", None)
CAN_PAUSE: Final = _STOP is not None


class End(msgspec.Struct, frozen=True):
    """A server ended by itself; `is_spoken`: with exit code 1, and it said why."""

    place: int
    is_spoken: bool
    text: str


class TwoServers:
    """Places are 0 and 1, as in `NAMES`. With a network before them it is told who listens."""

    def __init__(self, pair: PairProcesses, network: PairNetwork | None) -> None:
        self._pair: Final = pair
        self._network: Final = network
        self._killed: set[int] = set()
        self._told: list[ServerProcess] = []
        # By place, oldest first: pauses of one process may overlap, and it may die in them.
        self._paused: list[tuple[int, ServerProcess]] = []
        # Started again, and not listening yet.
        self._coming: set[int] = set()

    def start(self) -> None:
        """Start both; raises `FolderError`."""
        self._pair.start()

    def stop(self) -> None:
        """Stop both cleanly."""
        while self._paused:
            self.resume(self._paused[0][0])
        self._pair.stop()

    @property
    def running(self) -> list[int]:
        """The places whose process lives."""
        return [place for place, server in enumerate(self._pair.servers) if server.process.poll() is None]

    def kill(self, place: int) -> None:
        """`kill -9`."""
        self._killed.add(place)
        server = self._pair.servers[place]
        server.process.kill()
        # At once: the other server asks now whether anybody listens.
        self._refuse(place)
        server.kill()

    def start_again(self, place: int) -> None:
        """Start one that is down; it is ready a moment later."""
        self._pair.servers[place] = self._pair.make(place)
        self._killed.discard(place)
        self._coming.add(place)

    def pause(self, place: int) -> None:
        """The process stands still; its connections stay open."""
        assert _STOP is not None
        server = self._pair.servers[place]
        self._paused.append((place, server))
        os.kill(server.process.pid, _STOP)

    def resume(self, place: int) -> None:
        """The longest pause at a place is over: the process goes on, unless it is dead or paused again."""
        oldest = next(paused for paused in self._paused if paused[0] == place)
        self._paused.remove(oldest)
        server = oldest[1]
        if server.process.poll() is None and oldest not in self._paused:
            assert _CONTINUE is not None
            os.kill(server.process.pid, _CONTINUE)

    def look(self) -> list[End]:
        """Open the way to servers that listen now; give those that ended by themselves, each once."""
        for place in list(self._coming):
            if self._pair.servers[place].wait_ready(0):
                self._coming.discard(place)
                if self._network is not None:
                    self._network.accept(place)
        ends = []
        for place, server in enumerate(self._pair.servers):
            code = server.process.poll()
            if code is not None and place not in self._killed and server not in self._told:
                self._told.append(server)
                self._coming.discard(place)
                self._refuse(place)
                text = _("server {name} ended by itself with code {code}: {errors}")
                text = text.format(name=NAMES[place], code=code, errors=server.errors)
                ends.append(End(place, code == 1 and bool(server.errors), text))
        return ends

    def _refuse(self, place: int) -> None:
        if self._network is not None:
            self._network.refuse(place)
