"""A machine: its disk, and the server process that lives on it, one life after the other."""

from typing import TYPE_CHECKING, Final

from server.replication.steps import Halt
from tests.simulation.disk import SimulatedDisk
from tests.simulation.history import PromiseError
from tests.simulation.process import Process

if TYPE_CHECKING:
    from tests.simulation.world import World

# Some moment of the year 2026 (Unix time, ms).
_EPOCH_MS: Final = 1_780_000_000_000


class Machine:
    """One of the two. `is_dark`: without power, so nobody is refused, there is only silence.

    `has_little_room`: what the watch of a running server sees on its disk.
    """

    def __init__(self, world: "World", name: str, peer: str) -> None:
        self.world: Final = world
        self.name: Final = name
        self.peer: Final = peer
        self.disk: Final = SimulatedDisk()
        # How far the disk ever was durable: a start with less may not lead alone.
        self.confirmed_index = 0
        self.process: Process | None = None
        self.is_dark = False
        self.has_little_room = False
        self.skew_ms = 0
        self._lives = 0

    def time_ms(self) -> int:
        """What this machine's clock on the wall says."""
        return _EPOCH_MS + self.skew_ms + round(self.world.clock.now * 1000)

    def start(self) -> None:
        """Start the server, unless it runs."""
        self.is_dark = False
        if self.process is None:
            self._lives += 1
            self.world.note(self.name, "starts", f"life {self._lives}")
            self.process = Process(self, self._lives)
            self.world.network.reset_stale(self)
            for line in self.world.lines:
                if line.process.machine is self and line.process.is_dead:
                    line.machine_is_back()

    def crash(self, *, is_dark: bool = False, keep: str = "") -> None:
        """Kill the process, or cut the power; `keep` says what is left of what was not synced."""
        self.is_dark = is_dark
        if self.process is not None:
            self.world.note(self.name, "loses power" if is_dark else "is killed")
            self.process.die(is_silent=is_dark, keep=keep)

    def halted(self, halt: Halt) -> None:
        """The server itself refuses to go on; in this world nothing happens that only a person can mend."""
        raise PromiseError("no reason to stop", f"{self.name} halts: {halt.code} {halt.arguments}")

    def ended(self, process: Process) -> None:
        """A life is over."""
        assert self.process is process
        self.process = None
        self.world.ended(process)
