"""The pretended network: wires between the two servers, first in, first out, and what can befall them.

A path is one direction. A cut path holds back what is sent, as TCP does, and lets it through when it
heals. A dead process ends its wires, and whoever dials is refused; a dark machine is only silent.
"""

import random
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from server.replication import steps
from server.replication.messages import Append, Confirm, Forward, Match, Message
from server.sessions.facts import PeerNews
from tests.simulation.clock import Clock

if TYPE_CHECKING:
    from tests.simulation.machine import Machine
    from tests.simulation.process import Process

Item = Message | PeerNews

# How the real link backs off between two tries (s): at once, then doubling.
_FIRST_TRY_S: Final = 0.05
_LAST_TRY_S: Final = 1.0
# Messages that may come again over a later connection.
_REMEMBERED: Final = 40


@dataclass(slots=True)
class _Direction:
    """One direction of a wire: what is on its way; None is the end of the connection."""

    source: "Process"
    target: "Process"
    items: deque[Item | None] = field(default_factory=deque)
    held: int = 0
    arrives_at: float = 0.0


class Wire:
    """A connection between two processes."""

    def __init__(self, network: "Network", one: "Process", other: "Process") -> None:
        self._network: Final = network
        self._directions: Final = {
            one.name: _Direction(one, other),
            other.name: _Direction(other, one),
        }

    def send(self, source: str, message: Item) -> None:
        """Put a message on its way."""
        direction = self._directions[source]
        if isinstance(message, Append | Confirm | Match | Forward):
            # Not a hello: it names no session, and is told apart by the link itself.
            self._network.remember(direction.target.name, self, message)
        self._put(direction, message)

    def end(self, source: str, *, kept: int | None = None, is_silent: bool = False) -> None:
        """This side is gone. `kept`: how much of what is on its way still arrives (None: all)."""
        direction = self._directions[source]
        if kept is not None:
            while len(direction.items) > kept:
                direction.items.pop()
        if not is_silent:
            self._put(direction, None)

    def on_its_way(self, source: str) -> int:
        """How many messages have not arrived."""
        return len(self._directions[source].items)

    def leads_to_the_dead(self) -> bool:
        """Whether one of its ends has died."""
        return any(direction.source.is_dead for direction in self._directions.values())

    def healed(self) -> None:
        """The paths are open again: what was held goes on, or is held once more."""
        for direction in self._directions.values():
            held, direction.held = direction.held, 0
            for _ in range(held):
                self._schedule(direction)

    def is_in_use(self) -> bool:
        """Whether one of its ends still has it."""
        return any(direction.source.wire is self for direction in self._directions.values())

    def _put(self, direction: _Direction, item: Item | None) -> None:
        direction.items.append(item)
        self._schedule(direction)

    def _schedule(self, direction: _Direction) -> None:
        network = self._network
        delay = network.delay(direction.source.name)
        direction.arrives_at = max(direction.arrives_at, network.clock.now + delay)
        network.clock.at(direction.arrives_at, lambda: self._arrive(direction))

    def _arrive(self, direction: _Direction) -> None:
        if not direction.items:
            return  # It was lost with the process that sent it.
        if self._network.is_cut(direction.source.name, direction.target.name):
            direction.held += 1
            return
        item = direction.items.popleft()
        target = direction.target
        if target.wire is not self:
            return
        if item is None:
            target.lose_wire()
        elif not isinstance(item, PeerNews):
            target.put(steps.Received(item))
        elif target.front is not None:
            target.front.hear(item)


class Network:
    """The two paths, and who seeks whom. The server of the lower name dials, the other one probes."""

    def __init__(self, clock: Clock, rng: random.Random, delay_s: float) -> None:
        self.clock: Final = clock
        self._rng: Final = rng
        self._delay_s: Final = delay_s
        self._cut: set[str] = set()
        # From and to these nothing goes, and they cannot be dialed.
        self._isolated: set[str] = set()
        self._slow_s: dict[str, float] = {}
        self._wires: list[Wire] = []
        self.machines: dict[str, Machine] = {}
        # What a server was sent lately, with the wire that it was sent over.
        self._said: dict[str, deque[tuple[Wire, Message]]] = {}

    def remember(self, target: str, wire: Wire, message: Message) -> None:
        """Keep a message that was sent, for the case that it comes again."""
        self._said.setdefault(target, deque(maxlen=_REMEMBERED)).append((wire, message))

    def old_messages(self, target: str, rng: random.Random) -> list[tuple[Wire, Message]]:
        """A few of the messages that were sent to a server lately, in any order."""
        said = list(self._said.get(target, ()))
        return rng.sample(said, min(len(said), rng.randint(1, 12)))

    def bring(self, target: "Process", wire: Wire, message: Message) -> None:
        """A message of an older connection arrives in the one there is now."""
        if target.wire is not None and target.wire is not wire:
            target.world.note(target.name, "hears late", message)
            target.put(steps.Received(message))

    def delay(self, source: str) -> float:
        """How long the next message from a server takes (s)."""
        return self._rng.uniform(0.3, 1.7) * self._delay_s + self._slow_s.get(source, 0.0)

    def is_cut(self, source: str, target: str) -> bool:
        """Whether nothing from this server arrives at that one."""
        return source in self._cut or not self._isolated.isdisjoint((source, target))

    def is_apart(self, one: str, other: str) -> bool:
        """Whether these two can find each other."""
        return self.is_cut(one, other) or self.is_cut(other, one)

    def cut(self, *sources: str) -> None:
        """Nothing that these servers send arrives any more."""
        self._cut.update(sources)

    def heal(self) -> None:
        """All paths are open and quick, but those of an isolated server."""
        self._cut.clear()
        self._slow_s.clear()
        for wire in self._wires:
            wire.healed()

    def isolate(self, name: str) -> None:
        """No other server reaches this one, nor it any."""
        self._isolated.add(name)

    def let_in(self, name: str) -> None:
        """They do again."""
        self._isolated.discard(name)
        for wire in self._wires:
            wire.healed()

    def slow(self, source: str, delay_s: float) -> None:
        """What this server sends takes longer."""
        self._slow_s[source] = delay_s

    # --- finding each other

    def seek(self, process: "Process", tries: int = 0) -> None:
        """Dial or probe until there is a wire."""
        wait = self._rng.uniform(0.5, 1.0) * min(_LAST_TRY_S, _FIRST_TRY_S * 2**tries) if tries else 0.0
        self.clock.after(wait, lambda: self._try(process, tries))

    def _try(self, process: "Process", tries: int) -> None:
        if process.is_dead or process.wire is not None:
            return
        machine = self.machines[process.peer]
        if not (self.is_apart(process.name, machine.name) or machine.is_dark or process.is_paused):
            round_trip_s = self.delay(process.name) + self.delay(process.peer)
            self.clock.after(round_trip_s, lambda: self._found(process, machine))
        self.seek(process, tries + 1)

    def _found(self, process: "Process", machine: "Machine") -> None:
        other = machine.process
        if process.is_dead or process.wire is not None or machine.is_dark or machine.name != process.peer:
            return
        if other is None:
            process.put(steps.PeerRefused())
        elif other.peer != process.name:
            # It is a machine of the chat that knows more than the other one, or less.
            if machine.peer == process.name:
                other.look()
            else:
                process.machine.hear_retired()
        elif process.name < process.peer and not (other.is_paused or process.is_paused):
            self._connect(process, other)

    def _connect(self, dialer: "Process", listener: "Process") -> None:
        wire = Wire(self, dialer, listener)
        self._wires = [w for w in self._wires if w.is_in_use()]
        self._wires.append(wire)
        if listener.wire is not None:
            listener.lose_wire()
        dialer.take_wire(wire)
        listener.take_wire(wire)

    def reset_stale(self, machine: "Machine") -> None:
        """A machine is back: a wire to its former life is reset when its packets get there."""
        other = self.machines[machine.peer].process
        if other is not None:
            self.clock.after(2 * self._delay_s, lambda: self._reset(other))

    def _reset(self, process: "Process") -> None:
        if (
            process.wire is not None
            and process.wire.leads_to_the_dead()
            and not self.is_apart(process.name, process.peer)
        ):
            process.lose_wire()
