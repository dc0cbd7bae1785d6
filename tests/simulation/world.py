"""The world of one run: two machines, their network, the devices, the faults, and the history of it all."""

import random
from functools import partial
from typing import Any, Final

from server.archive.store import StoreReader
from server.replication.steps import Halt
from tests.simulation.audit import Audit
from tests.simulation.clock import Clock
from tests.simulation.devices import Connection, Device
from tests.simulation.faults import Faults
from tests.simulation.history import History, PromiseError
from tests.simulation.machine import Machine
from tests.simulation.network import Network
from tests.simulation.process import Process
from tests.simulation.weather import draw_weather

_YEAR_2026_MS: Final = 1_780_000_000_000


class World:
    """Everything of a run hangs here; only its `rng` is drawn from."""

    def __init__(self, seed: int) -> None:
        self.rng: Final = random.Random(seed)
        self.weather: Final = draw_weather(self.rng)
        self.clock: Final = Clock()
        self.history: Final = History()
        self.network: Final = Network(self.clock, self.rng, self.weather.network_s)
        self.machines: Final = {"a": Machine(self, "a", "b"), "b": Machine(self, "b", "a")}
        self.network.machines = self.machines
        self.audit: Final = Audit(self.machines, self.history, self.weather.answer_s_max)
        self.faults: Final = Faults(self)
        self.disks_busy_until = 0.0
        self._connections: list[tuple[Connection, Device]] = []
        for machine in self.machines.values():
            self.clock.after(self.rng.uniform(0.0, 0.2), machine.start)
        self.devices: Final = [
            Device(self, f"{number:x}", self.weather.requests_each) for number in range(self.weather.devices)
        ]

    @property
    def running(self) -> list[Process]:
        """The servers that are there."""
        return [machine.process for machine in self.machines.values() if machine.process is not None]

    @property
    def has_diverged(self) -> bool:
        """Whether a server refused to join because both have records that the other lacks."""
        return any(machine.halt is not None for machine in self.machines.values())

    def note(self, who: str, what: str, *facts: Any) -> None:
        """A line of the trace."""
        self.history.note(self.clock.now, who, what, *facts)

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
        if process.machine.is_dark:
            return
        for connection, device in self._connections:
            if connection.process is process and connection.is_open:
                self.clock.after(self.client_s(), partial(device.lost, connection))

    def refused(self, process: Process, halt: Halt) -> None:
        """A server refuses to join: only justified when it has what the other one lacks."""
        if halt.code not in ("diverged", "no_common_history"):
            raise PromiseError("halt", f"{process.name} halts: {halt.code} {halt.arguments}")
        mine, theirs = (self._held_by(name) for name in (process.name, process.peer))
        if not mine - theirs or not theirs - mine:
            raise PromiseError("refusal", f"{process.name} refuses to join, and only one of both wrote")

    def _held_by(self, name: str) -> set[bytes]:
        """The records of requests in the log of a server, on disk or on their way to it, by hash."""
        machine = self.machines[name]
        if machine.process is not None:
            log = machine.process.engine.replica.log
            records = [log.record(index) for index in range(1, log.last_index + 1)]
        else:
            records = list(StoreReader(machine.disk.durable).all_records())
        return {r.hash for r in records if r is not None and not r.is_epoch}
