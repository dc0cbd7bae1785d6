"""The scripted pair behind real listeners on loopback, for tests of what runs a conversation."""

import itertools
from collections.abc import Coroutine
from typing import Any, TypeVar

from server.network.channel import Channel
from server.network.errors import ClosedReason
from server.network.listener import Listener, listen
from server.network.loop_thread import LoopThread
from server.network.tls import TlsTerms
from tests.client.scripted_pair import ScriptedPair, ScriptedServer, ServerSide
from tests.waiting import DEADLINE_S

T = TypeVar("T")

_link_ids = itertools.count(1)


class _Door:
    """One accepted connection of a scripted server (a `ChannelHandler`)."""

    def __init__(self, server: ScriptedServer, doors: "ScriptedDoors") -> None:
        self._server = server
        self._doors = doors
        self.link_id = next(_link_ids)
        self.channel: Channel | None = None

    def opened(self, channel: Channel) -> None:
        self.channel = channel
        channel.established()
        self._server.sides[self.link_id] = ServerSide()
        self._doors.open[self.link_id] = self

    def received(self, data: bytes) -> None:
        if self.link_id in self._server.sides:
            self._server.receive(self.link_id, data)
        self._doors.flush()

    def resumed(self) -> None:
        self._doors.flush()

    def closed(self, reason: ClosedReason | None) -> None:
        self._server.sides.pop(self.link_id, None)
        self._doors.open.pop(self.link_id, None)


class ScriptedDoors:
    """Both scripted servers, listening. Everything runs on the given loop; call from other threads."""

    def __init__(self, thread: LoopThread, terms: TlsTerms | None = None) -> None:
        self._thread = thread
        self._terms = terms
        self.open: dict[int, _Door] = {}
        self.pair = ScriptedPair()
        self._listeners: dict[str, Listener] = {}
        for name in self.pair.servers:
            self.pair.addresses[name] = f"127.0.0.1:{self._listen(name, 0)}"

    @property
    def addresses(self) -> list[str]:
        return list(self.pair.addresses.values())

    def kill(self, name: str) -> None:
        """As if the process died: nothing is said, nobody listens."""
        self._run(self._kill(name))

    def restart(self, name: str) -> None:
        """The server comes back at its old port."""
        self.pair.servers[name].is_up = True
        self._listen(name, int(self.pair.addresses[name].rpartition(":")[2]))

    def post(self, counter: int, text: str) -> None:
        """Somebody else writes."""
        self._run(self._post(counter, text))

    def close(self) -> None:
        for listener in self._listeners.values():
            self._run(listener.close(timeout_s=1.0))

    def flush(self) -> None:
        """Write what the servers have to say (on the loop)."""
        for server in self.pair.servers.values():
            for link_id, side in server.sides.items():
                door = self.open.get(link_id)
                if side.to_client and door is not None and door.channel is not None:
                    door.channel.write(b"".join(side.to_client))
                    side.to_client.clear()

    def _listen(self, name: str, port: int) -> int:
        server = self.pair.servers[name]
        factory = lambda: _Door(server, self)  # noqa: E731
        self._listeners[name] = self._run(listen("127.0.0.1", port, factory, terms=self._terms))
        return self._listeners[name].port

    async def _kill(self, name: str) -> None:
        server = self.pair.servers[name]
        server.is_up = False
        listener = self._listeners.pop(name)
        listener.stop_accepting()
        for link_id in list(server.sides):
            channel = self.open[link_id].channel
            assert channel is not None
            channel.abort()
        server.sides.clear()
        await listener.close(timeout_s=0.0)

    async def _post(self, counter: int, text: str) -> None:
        self.pair.append("f" * 32, counter, text)
        self.pair.deliver()
        self.flush()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._thread.run_sync(coroutine, DEADLINE_S)
