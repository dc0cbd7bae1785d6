"""The connection for files between two pretended servers: the real link and its copying, another wire."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from server.cluster.file_link import FileLink
from server.cluster.file_messages import FileMessage

if TYPE_CHECKING:
    from server.sessions.file_store import FileStore
    from server.sessions.hub import Hub
    from tests.simulation.process import Process

_AGAIN_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class _Identity:
    """Of a peer's identity what the link looks at: the lower id dials."""

    server: str
    peer: str


class FilePath(FileLink):
    """One side's, for one second server."""

    def __init__(self, process: "Process", peer: str, hub: "Hub", files: "FileStore") -> None:
        nothing: Any = None
        identity: Any = _Identity(process.name, peer)
        is_strict = process.world.weather.settings.strict
        super().__init__(identity, nothing, None, hub, files, is_strict=is_strict)
        self._process: Final = process
        self._peer: Final = peer
        # How often the records' link came and went.
        self._ups = 0

    def link_up(self) -> None:
        """The peer is there: dial, now and then."""
        self._ups += 1
        if self._is_dialer:
            self._look(self._ups)

    def link_down(self) -> None:
        """It is gone."""
        self._ups += 1
        super().link_down()

    def _look(self, ups: int) -> None:
        if ups == self._ups:
            if self._channel is None:
                self._dial()
            self._hub.call_later(_AGAIN_S, partial(self._look, ups))

    def _dial(self) -> None:
        other = self._process.world.by_name[self._peer].process
        if other is None or other.front is None or other.wire is None or self._process.wire is None:
            return
        path, front = other.front.file_path, other.front
        if path is None or self._process.world.network.is_apart(self._process.name, self._peer):
            return
        here, there = _End(self._process, self), _End(other, path)
        here.other, there.other = there, here
        front.loop.run(partial(path.prove, there))
        self.prove(here)

    def prove(self, end: "_End") -> None:
        """The other side is who it says."""
        channel: Any = end
        self.peer_proved(channel)

    def hear(self, end: "_End", message: FileMessage) -> None:
        """From the other side."""
        channel: Any = end
        self.peer_said(channel, message)

    def lose(self, end: "_End") -> None:
        """The connection ended."""
        channel: Any = end
        self.peer_channel_closed(channel)


class _End:
    """One end of a connection; to the link it is the channel. First in, first out."""

    def __init__(self, process: "Process", path: FilePath) -> None:
        self._process: Final = process
        self._path: Final = path
        self._arrives_at = 0.0
        self.is_open = True
        self.other: _End | None = None

    def send(self, message: FileMessage) -> None:
        """To the other side."""
        if self.is_open and not self._process.is_dead:
            self._travel(lambda other: other.take(message))

    def take(self, message: FileMessage) -> None:
        """From the other side."""
        self._on_loop(lambda: self._path.hear(self, message))

    def close(self) -> None:
        """From this side."""
        if self.is_open:
            self._travel(lambda other: other.lost())
            self.is_open = False

    def lost(self) -> None:
        """It is no connection any more."""
        if self.is_open:
            self.is_open = False
            self._on_loop(lambda: self._path.lose(self))

    def _on_loop(self, action: Callable[[], None]) -> None:
        front = self._process.front
        if front is not None and not self._process.is_dead:
            front.loop.run(action)

    def _travel(self, arrive: Callable[["_End"], None]) -> None:
        network = self._process.world.network
        at = max(self._arrives_at, network.clock.now + network.delay(self._process.name))
        self._arrives_at = at
        network.clock.at(at, partial(self._arrive, arrive))

    def _arrive(self, arrive: Callable[["_End"], None]) -> None:
        other = self.other
        assert other is not None
        name, peer = self._process.name, other._process.name
        if self._process.world.network.is_apart(name, peer) or other._process.is_dead:
            self.lost()
            other.lost()
        elif other.is_open:
            arrive(other)
