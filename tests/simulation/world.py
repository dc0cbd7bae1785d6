"""The world of one run: two machines, their network, the devices, the faults, and the history of it all."""

import random
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from server.archive.store import StoreReader
from server.state.bodies import DeviceBody
from server.state.fold import fold
from server.state.state import State
from tests.simulation.accounts import Guests
from tests.simulation.checkers.audit import Audit
from tests.simulation.clock import Clock
from tests.simulation.devices import Connection, Device
from tests.simulation.faults import Faults
from tests.simulation.history import History, Identity
from tests.simulation.line import Line
from tests.simulation.machine import Machine
from tests.simulation.network import Network
from tests.simulation.people import Person
from tests.simulation.process import Process
from tests.simulation.script import Script

_YEAR_2026_MS: Final = 1_780_000_000_000


class World:
    """Everything of a run hangs here; only its `rng` is drawn from."""

    def __init__(self, script: "Script") -> None:
        self.rng: Final = random.Random(script.seed)
        self.weather: Final = script.weather
        self.plan: Final = script.plan
        self.clock: Final = Clock()
        self.history: Final = History()
        self.network: Final = Network(self.clock, self.rng, self.weather.network_s)
        # The pair by its places, "a" and "b"; by the ids of their servers all that there ever were.
        self.machines: Final = {"a": Machine(self, "a", "b", "a"), "b": Machine(self, "b", "a", "b")}
        self.by_name: Final = dict(self.machines)
        # The machine whose place was given to a new one.
        self.replaced: Machine | None = None
        self.network.machines = self.by_name
        self.audit: Final = Audit(self.by_name, self.history, self.weather.answer_s_max)
        self.faults: Final = Faults(self, script.kept_plan, script.seed)
        self.disks_busy_until = 0.0
        # Rooms that somebody made, by their ids.
        self.rooms: list[str] = []
        # Groups into which somebody was ever taken, by the person.
        self.groups: dict[str, list[str]] = {}
        # And those that somebody was ever made an administrator of.
        self.groups_led: dict[str, list[str]] = {}
        self.guests: Final = Guests(self)
        self._connections: list[tuple[Connection, Device]] = []
        self.lines: list[Line] = []
        # What checkers made of the log, and where it ended then.
        self.worked_out: dict[Callable[[World], Any], tuple[bytes, Any]] = {}
        for machine in self.machines.values():
            self.clock.after(self.rng.uniform(0.0, 0.2), machine.start)
        self.devices: Final = [
            Device(self, f"{number:x}", self.weather.requests_each) for number in range(self.weather.devices)
        ]
        self.people: Final = [Person(self, number + 1) for number in range(self.weather.people)]

    def end(self) -> None:
        """The run is over."""
        for machine in self.by_name.values():
            if machine.process is not None and machine.process.front is not None:
                machine.process.is_dead = True
                machine.process.front.loop.end()

    def add_device(self, name: str, requests: int, entry: DeviceBody) -> None:
        """Somebody else comes, or gives up."""
        self.devices.append(Device(self, name, requests, entry))

    @property
    def user_ids(self) -> list[str]:
        """Everybody who is there, as far as their devices know; somebody whose name was taken may not be."""
        people = [person.user for person in self.people if person.is_connected]
        return list(dict.fromkeys(people + [device.user for device in self.devices if device.is_known]))

    @property
    def running(self) -> list[Process]:
        """The servers of the pair that are there."""
        return [machine.process for machine in self.machines.values() if machine.process is not None]

    def note(self, who: str, what: str, *facts: Any) -> None:
        """A line of the trace."""
        self.history.note(self.clock.now, who, what, *facts)

    def lie_came_out(self, name: str) -> None:
        """The disk of a server lost what it had reported as synced: what it was the last to hold is gone."""
        self.note(name, "has lost what it had synced")
        self.history.liars.add(name)
        # Both may go back behind what they have shown.
        self.history.shown.clear()
        held = self._held()
        self.history.excused.update(
            answered.draft.id for answered in self.history.answered if answered.draft.id not in held
        )

    def _held(self) -> set[Identity]:
        """What stands on any disk, accepted or to be handed on."""
        held: set[Identity] = set()
        for machine in self.by_name.values():
            if machine.is_gone or machine.retiring.is_done:
                # Nobody will ever ask it again.
                continue
            reader = StoreReader(machine.disk.durable)
            state = State()
            # A void record of the same id is no copy of what the other server had accepted.
            held.update(r.id for r in reader.all_records() if fold(state, r).refusal is None)
            held.update(row.draft.id for row in reader.quarantine(b"", 10**6))
        return held

    # --- another machine in the place of one

    def replace(self, old: Machine, name: str, *, noticed_s: float) -> None:
        """A new machine is paired with the one that is left, which notices when it next looks."""
        place, left = old.place, self.by_name[old.peer]
        self.note(name, "takes the place of", old.name)
        self.history.seen["replacements"] += 1
        new = self.machines[place] = self.by_name[name] = Machine(self, name, left.name, place)
        self.replaced, old.place = old, ""
        self.history.replaced.add(old.name)
        left.peer, left.looks_at = name, self.clock.now + noticed_s
        if left.process is None:
            # It reads its folder when it starts.
            left.looks_at = 0.0
        new.skew_ms = left.skew_ms

    def lose(self, machine: Machine) -> None:
        """A machine that was replaced never comes back: what it alone had is gone, that was known."""
        self.note(machine.name, "is gone for good")
        machine.crash(is_dark=True)
        machine.is_gone = True
        left = self.by_name[machine.peer]
        pairs = zip(*(StoreReader(one.disk.durable).all_records() for one in (machine, left)), strict=False)
        fork = sum(1 for one, other in pairs if one.hash == other.hash)
        self.history.cut(self.clock.now, machine.name, fork)
        alone, promised = set[Identity](), set[Identity]()
        for answered in self.history.answered:
            if answered.answer.refusal is None:
                # Where a disk had lied, the lost one may have had the last copy of anything.
                is_alone = answered.server == machine.name and answered.answer.copies == 1
                (alone if is_alone or self.history.liars else promised).add(answered.draft.id)
        self.history.excused.update(alone - promised - self._held())

    # --- times, drawn

    def ms(self) -> int:
        """Virtual time (ms)."""
        return round(self.clock.now * 1000)

    def wall_ms(self) -> int:
        """Unix time of the devices (ms)."""
        return _YEAR_2026_MS + self.ms()

    def sync_s(self, name: str) -> float:
        """How long the next sync of a disk takes."""
        taken_s = self.rng.uniform(0.5, 2.0) * self.weather.sync_s + self.faults.slow_sync_s.get(name, 0.0)
        self.disks_busy_until = max(self.disks_busy_until, self.clock.now + taken_s)
        return taken_s

    def client_s(self) -> float:
        """How long a line takes between a device and a server."""
        return self.rng.uniform(0.0001, 0.003)

    # --- who is told what

    def connected(self, connection: Connection, device: Device) -> None:
        """A device dialed a server."""
        self._connections = [(c, d) for c, d in self._connections if c.is_open]
        self._connections.append((connection, device))

    def ended(self, process: Process) -> None:
        """A server died: its clients see it, unless the whole machine is dark."""
        for asker in process.askers:
            self.history.asks.pop(asker, None)
        lines = [line for line in self.lines if line.process is process]
        for line in lines:
            line.cut_short()
        if process.machine.is_dark:
            return
        for line in lines:
            line.broke()
        for connection, device in self._connections:
            if connection.process is process and connection.is_open:
                self.clock.after(self.client_s(), partial(device.lost, connection))
