"""The clients: devices that ask, wait, and ask again with the same id at either server until answered."""

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from server.archive.record import Draft
from server.engine.round import Answer, Ask
from server.state.bodies import DeviceBody, MessageBody, Way
from server.state.state import GENERAL
from tests.simulation.history import NO_VERDICT
from tests.simulation.wants import Request, Wants

if TYPE_CHECKING:
    from tests.simulation.machine import Machine
    from tests.simulation.process import Process
    from tests.simulation.world import World

STYLES: Final = ("waiting", "waiting", "pipelining", "doubling", "shuffling")
_WINDOW: Final = 6
# A device that is refused or cut off tries again after this long (s).
_AGAIN_S: Final = 0.08
# How often it still dials a machine that was replaced and serves.
_AT_THE_OLD_ONE: Final = 0.3

# Far above those of a server's own sessions.
_NUMBERS: Final = itertools.count(1_000_000_000)
_encode: Final = msgspec.msgpack.Encoder().encode


@dataclass(slots=True, eq=False)
class Connection:
    """A connection of a device to one life of a server: first in, first out."""

    process: "Process"
    is_open: bool = True
    arrives_at: float = 0.0
    asked: set[Request] = field(default_factory=set)
    number: int = field(default_factory=_NUMBERS.__next__)


class Device:
    """One device with its outbox."""

    def __init__(self, world: "World", name: str, requests: int, entry: DeviceBody | None = None) -> None:
        """`entry` is how it comes in; whoever is refused then gives up."""
        self._world: Final = world
        self._rng: Final = world.rng
        self.name: Final = name
        self.style: Final = self._rng.choice(STYLES)
        self._left = requests
        self._wants: Final = Wants(world, name, self.style)
        self._is_guest: Final = entry is not None
        self._entry = entry or self._own_entry()
        self._outbox: list[Request] = []
        self.is_known = False
        self._signing_in = False
        self._connection: Connection | None = None
        self._tries = 0
        self._is_looking = True
        if self.style == "shuffling":
            world.history.unordered.add(name)
        world.clock.after(self._rng.uniform(0.0, 0.5), self._connect)
        world.clock.after(self._rng.uniform(0.0, 0.5), self._look_after)

    def _own_entry(self) -> DeviceBody:
        """Openly; where there are accounts the first one becomes the administrator."""
        is_first = self.name == "0" and self._world.weather.accounts
        return DeviceBody(self.user, f"Person {self.name}", b"", way=Way.SETUP if is_first else "")

    @property
    def user(self) -> str:
        """The person with it."""
        return self._wants.user

    @property
    def is_done(self) -> bool:
        """Whether everything it wanted has a definite answer."""
        return not self._left and not self._outbox

    @property
    def shown(self) -> str:
        """Where it stands, for a message."""
        state = "is signed in" if self.is_known else "is not signed in"
        waiting = [(request.draft.counter, request.asked) for request in self._outbox]
        return f"{self.style}, {state}, waits for {waiting}, {self._left} left"

    def finish(self) -> None:
        """Ask for nothing new."""
        self._left = 0

    def order(self, requests: list[Request]) -> None:
        """Put requests into the outbox."""
        for request in requests:
            self._world.history.ask(request.draft)
            self._outbox.append(request)
        self._ask_all()
        if not self._is_looking:
            self._look_later()

    # --- what it wants

    def _want(self) -> None:
        """New requests, as many as its style allows."""
        window = 1 if self.style in ("waiting", "doubling") else _WINDOW
        fresh: list[Request] = []
        while self._left and len(self._outbox) + len(fresh) < window:
            self._left -= 1
            fresh.extend(self._wants.invent())
        if self.style == "shuffling":
            self._rng.shuffle(fresh)
        self.order(fresh)

    # --- connections

    def _connect(self) -> None:
        """Dial one server, the other one when it does not answer."""
        if self._connection is not None and self._connection.is_open:
            return
        names = sorted(self._world.machines)
        self._tries += 1
        machine = self._world.machines[names[(self._tries + len(self.name)) % 2]]
        if self._tries == 1:
            machine = self._world.machines[self._rng.choice(names)]
        replaced = self._world.replaced
        if replaced is not None and replaced.process is not None and self._rng.random() < _AT_THE_OLD_ONE:
            machine = replaced
        process = machine.process
        if process is None or process.is_paused:
            self._world.clock.after(_AGAIN_S, self._connect)
            return
        self._connection = connection = Connection(process)
        self._world.connected(connection, self)
        self._signing_in = False
        self._ask_all()

    def lost(self, connection: Connection) -> None:
        """The server is gone; go on at the other one."""
        connection.is_open = False
        if connection is self._connection:
            self._connection = None
            self._world.clock.after(self._rng.uniform(0.01, 2 * _AGAIN_S), self._connect)

    def _look_after(self) -> None:
        """Ask elsewhere when an answer does not come, and want something new now and then."""
        connection = self._connection
        patience_s = self._world.weather.patience_s
        oldest = min((request.asked for request in self._outbox if request.asked), default=0)
        waited_s = (self._world.ms() - oldest) / 1000 if oldest else 0.0
        is_stuck = waited_s > patience_s or self._signing_in
        is_fed_up = self._rng.random() < 0.5 or waited_s > 2 * patience_s
        if connection is not None and is_stuck and is_fed_up:
            self.lost(connection)
        self._want()
        self._is_looking = not self.is_done
        if self._is_looking:
            self._look_later()

    def _look_later(self) -> None:
        self._is_looking = True
        self._world.clock.after(self._rng.uniform(0.5, 1.5) * self._world.weather.think_s, self._look_after)

    # --- asking

    def _ask_all(self) -> None:
        """Everything without an answer that was not asked on this connection, in order."""
        connection = self._connection
        if connection is None or not connection.is_open:
            return
        if not self.is_known:
            self._sign_in(connection)
            return
        for request in self._outbox:
            if request in connection.asked:
                continue
            connection.asked.add(request)
            if request.home and not request.asked and self._world.machines[request.home].process:
                self._ask_at(request, self._world.machines[request.home])
            else:
                self._send(connection, request)
                if self.style == "doubling":
                    self._ask_at(request, self._world.by_name[connection.process.peer])

    def _sign_in(self, connection: Connection) -> None:
        if self._signing_in:
            return
        self._signing_in = True
        draft = Draft("device", self.name, 0, self._world.wall_ms(), _encode(self._entry))
        self._world.history.ask(draft)
        self._send(connection, Request(draft))

    def _ask_at(self, request: Request, machine: "Machine") -> None:
        process = machine.process
        if process is not None:
            self._send(Connection(process), request)

    def _send(self, connection: Connection, request: Request) -> None:
        world = self._world
        request.asked = max(1, world.ms())
        connection.arrives_at = max(connection.arrives_at, world.clock.now + world.client_s())
        world.clock.at(connection.arrives_at, lambda: self._arrive(connection, request))

    def _arrive(self, connection: Connection, request: Request) -> None:
        process = connection.process
        if process.is_dead or not connection.is_open:
            return
        asker = self._world.history.new_asker(request.draft)
        process.ask(
            Ask(request.draft, asker, connection.number),
            lambda answer: self._answer_sent(connection, request, answer),
        )

    def _answer_sent(self, connection: Connection, request: Request, answer: Answer) -> None:
        def arrive() -> None:
            if connection.is_open:
                self._answered(connection, request, answer)

        self._world.clock.after(self._world.client_s(), arrive)

    def _answered(self, connection: Connection, request: Request, answer: Answer) -> None:
        if request.draft.kind == "device":
            self._signed_in(connection, answer)
            return
        code = answer.refusal.code if answer.refusal else ""
        if code in ("unknown", "disk_full"):
            self.lost(connection)
        elif code == "not_signed_in":
            self.is_known = False
            self.lost(connection)
        elif request in self._outbox:
            request.answer = answer
            self._outbox.remove(request)
            if answer.refusal is None:
                self._wants.learned(request.draft)

    def _signed_in(self, connection: Connection, answer: Answer) -> None:
        """As the server's sessions do it: whoever the state knows is in."""
        self._signing_in = False
        if not connection.process.is_dead and self.name in connection.process.engine.state.devices:
            self.is_known = True
            self._ask_all()
        elif self._is_guest and answer.refusal is not None and answer.refusal.code not in NO_VERDICT:
            self._world.note(self.name, "is not let in:", answer.refusal.code)
            self._left = 0
            self._outbox.clear()
            connection.is_open = False
        else:
            if answer.refusal is not None and answer.refusal.code == "setup_done":
                # A disk has lied, and lost it; others administer by now.
                self._entry = msgspec.structs.replace(self._entry, way="")
            self.lost(connection)


def new_person(world: "World") -> list[Draft]:
    """What a new device asks for first: to be known, and a message."""
    name = f"new{world.rng.getrandbits(32):08x}"
    device = _encode(DeviceBody(name, f"Person {name}", b""))
    message = _encode(MessageBody(GENERAL, f"{name} is here"))
    time_ms = world.wall_ms()
    return [Draft("device", name, 0, time_ms, device), Draft("message", name, 1, time_ms, message)]
