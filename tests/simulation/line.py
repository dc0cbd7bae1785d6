"""A connection between a client's program and a server: bytes both ways, first in, first out."""

import math
import random
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from server.sessions.session import Session
from tests.simulation.history import PromiseError

if TYPE_CHECKING:
    from tests.simulation.people import Person
    from tests.simulation.process import Process
    from tests.simulation.world import World

# What a server may write ahead of a client that takes nothing; the real buffers are larger.
BUFFER_BYTES: Final = 1_500
# A page of the past that was being read when it stopped may still be written.
WRITES_WHILE_PAUSED_MAX: Final = 1
# How often a write arrives in two pieces, with time for an end between them.
_IN_PIECES: Final = 0.1
_BETWEEN_S: Final = 0.05
# TCP sends again what was not confirmed, at the latest after this (s).
_SENT_AGAIN_S: Final = 1.0


class _Told(msgspec.Struct):
    """Of an event what the order is seen by."""

    event: str
    index: int = 0
    rows: list[list[Any]] = []


_decode: Final = msgspec.json.Decoder(_Told).decode


class Line:
    """The server's channel, and the client's end of it. A call is not answered: things arrive later."""

    peer_address: Final = ("10.0.0.9", 40_000)

    def __init__(self, world: "World", process: "Process", person: "Person", link_id: int) -> None:
        self._world: Final = world
        # Of its own: a server goes through its sets of sessions in any order.
        self._rng: Final = random.Random(world.rng.getrandbits(64))
        self._process: Final = process
        self._person: Final = person
        self.link_id: Final = link_id
        self.is_open = True
        self._arrives_at = {"server": 0.0, "client": 0.0}
        self._unread: list[bytes] = []
        self._unserved: list[bytes] = []
        self._is_server_reading = True
        # Something was sent that the machine did not take: the client's own one sends it again.
        self._has_unconfirmed = False
        # What is under way to the client after this time was lost with the server's process.
        self._lost_from = math.inf
        self._while_paused = 0
        # The last message that the server told on this line.
        self._told_index = 0
        self._is_behind_cursor = True
        self._session: Session | None = None
        world.lines.append(self)
        assert process.front is not None
        process.front.loop.run(self._accept)

    @property
    def process(self) -> "Process":
        """The life of a server that it leads to."""
        return self._process

    # --- the client's end

    def send(self, data: bytes) -> None:
        """From the client."""
        self._travel("server", lambda: self._serve(data))

    def hang_up(self) -> None:
        """The client closes, or its program dies."""
        if self.is_open:
            self.is_open = False
            self._on_loop(self._close_session)

    def read_on(self) -> None:
        """The client takes what waits for it."""
        unread, self._unread = self._unread, []
        for data in unread:
            if self.is_open:
                self._person.heard(self, data)
        if unread and self.is_open and self._session is not None:
            self._on_loop(self._session.resumed)

    def machine_is_back(self) -> None:
        """The machine runs again, after a life that ended in the dark."""
        if self._has_unconfirmed:
            self._world.clock.after(self._rng.uniform(0.0, _SENT_AGAIN_S), self.broke)

    def cut_short(self) -> None:
        """The server's process died: what it had written arrives up to some place."""
        now = self._world.clock.now
        self._lost_from = self._rng.uniform(now, max(now, self._arrives_at["client"]))

    def broke(self) -> None:
        """The client sees the end."""
        if self.is_open:
            self._travel("client", self._lost)

    # --- the server's channel, for its session

    @property
    def is_paused(self) -> bool:
        """Whether the client takes nothing at the moment."""
        return self.buffered_bytes > BUFFER_BYTES

    @property
    def buffered_bytes(self) -> int:
        """What waits for the client."""
        return sum(map(len, self._unread))

    def write(self, data: bytes) -> None:
        """To the client. Messages wait in the archive, not here, while it takes nothing."""
        if self._process.is_dead:
            # A task of its loop was thrown away, and tidies up.
            return
        if b'"code":"unknown_file"' in data:
            # Whether it is heard or not: what was written behind it may come before it, at the other server.
            self._world.history.unordered.add(self._person.device)
        if b'"event":"messages"' in data:
            self._while_paused = self._while_paused + 1 if self.is_paused else 0
            if self._while_paused > WRITES_WHILE_PAUSED_MAX:
                raise PromiseError(
                    "queues are bounded", f"{self._person.name} takes nothing and is written to"
                )
            self._check_order(data)
        elif b'"event":"diverged"' in data:
            self._check_order(data)
        if self._rng.random() < _IN_PIECES:
            middle = self._rng.randrange(len(data))
            self._travel("client", partial(self._hear, data[:middle]))
            self._arrives_at["client"] += self._rng.random() * _BETWEEN_S
            data = data[middle:]
        self._travel("client", partial(self._hear, data))

    def _check_order(self, data: bytes) -> None:
        """Each run once, in the order of the log: a client would pass over what comes twice.

        Only the first one behind a cursor may begin before it: at the start, and behind each position.
        """
        for told in map(_decode, data.splitlines()):
            if told.event == "diverged":
                self._told_index, self._is_behind_cursor = told.index, True
            elif told.event == "messages":
                new = told.rows[-1 if self._is_behind_cursor else 0][0]
                if new <= self._told_index:
                    what = f"{self._person.name} is told {new} behind {self._told_index}"
                    raise PromiseError("told once", what)
                self._told_index, self._is_behind_cursor = told.rows[-1][0], False
            elif told.event == "position":
                self._is_behind_cursor = True

    def close(self) -> None:
        """Politely: what was written arrives."""
        self._travel("client", self._lost)

    def abort(self) -> None:
        """At once."""
        self._travel("client", self._lost)

    def established(self) -> None:
        """Nothing waits for it here."""

    def pause_reading(self) -> None:
        """The session takes no more for now."""
        self._is_server_reading = False

    def resume_reading(self) -> None:
        """It does again."""
        self._is_server_reading = True
        unserved, self._unserved = self._unserved, []
        for data in unserved:
            self._serve(data)

    # --- inside

    def _accept(self) -> None:
        assert self._process.front is not None
        self._session = self._process.front.new_session()
        channel: Any = self
        self._session.opened(channel)

    def _serve(self, data: bytes) -> None:
        if self._process.is_dead and not self._process.machine.is_dark:
            # The machine is back, and knows nothing of this connection.
            self.broke()
        elif self._process.is_dead:
            self._has_unconfirmed = True
        elif self._session is None:
            # It was accepted by the machine; the process stands still.
            self._on_loop(lambda: self._serve(data))
        elif not self._is_server_reading:
            self._unserved.append(data)
        else:
            session = self._session
            self._on_loop(lambda: session.received(data) if self.is_open else None)

    def _hear(self, data: bytes) -> None:
        if not self.is_open or self._world.clock.now > self._lost_from:
            return
        if self._person.is_reading:
            self._person.heard(self, data)
        else:
            self._unread.append(data)

    def _lost(self) -> None:
        if self.is_open:
            self.is_open = False
            if not self._process.is_dead:
                self._on_loop(self._close_session)
            self._person.lost(self)

    def _close_session(self) -> None:
        if self._session is not None:
            self._session.closed(None)

    def _on_loop(self, action: Callable[[], None]) -> None:
        assert self._process.front is not None
        self._process.front.loop.run(action)

    def _travel(self, end: str, arrive: Callable[[], None]) -> None:
        at = max(self._arrives_at[end], self._world.clock.now + self._rng.uniform(0.0001, 0.003))
        self._arrives_at[end] = at
        self._world.clock.at(at, lambda: arrive() if self.is_open else None)
