"""A machine: its disk, and the server process that lives on it, one life after the other."""

from typing import TYPE_CHECKING, Final

from server.replication.steps import Halt
from tests.simulation.disk import SimulatedDisk
from tests.simulation.history import PromiseError
from tests.simulation.process import Process
from tests.simulation.retiring import Retiring
from tests.simulation.shelf import Shelf

if TYPE_CHECKING:
    from tests.simulation.world import World

# Some moment of the year 2026 (Unix time, ms).
_EPOCH_MS: Final = 1_780_000_000_000


class Machine:
    """One of the two, or one that was. `is_dark`: without power, so nobody is refused, there is only silence.

    `has_little_room`: what the watch of a running server sees on its disk. `name` is the id of its
    server, `peer` the one that its data folder names, `place` "a" or "b" ("" when another one has it).
    """

    def __init__(self, world: "World", name: str, peer: str, place: str) -> None:
        self.world: Final = world
        self.name: Final = name
        self.peer = peer
        self.place = place
        self.is_first: Final = place == "a"
        # With an empty log it may begin the archive: no new machine may.
        self.is_founder: Final = name == "a"
        # When a running server has seen that its folder names another peer.
        self.looks_at = 0.0
        # It was told that another one has its place; it burned and never comes back.
        self.is_retired = False
        self.is_gone = False
        self.retiring: Final = Retiring(self)
        self.disk: Final = SimulatedDisk()
        self.shelf: Final = Shelf()
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
        """Start the server, unless it runs; one that is retired only hands over."""
        if self.is_gone:
            return
        self.is_dark = False
        if self.process is not None:
            return
        if self.is_retired:
            self.retiring.begin()
        else:
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
        if is_dark:
            self.shelf.lose_power(self.world.rng)
        self.retiring.end()

    def halted(self, halt: Halt) -> None:
        """The server itself refuses to go on; in this world nothing happens that only a person can mend."""
        raise PromiseError("no reason to stop", f"{self.name} halts: {halt.code} {halt.arguments}")

    def ended(self, process: Process) -> None:
        """A life is over."""
        assert self.process is process
        self.process = None
        self.world.ended(process)
        if self.is_retired:
            self.retiring.begin()

    def hear_retired(self) -> None:
        """The other one has another second server: noted first of all, then the server ends."""
        process = self.process
        if process is not None and not (process.is_ending or process.is_paused):
            self.world.note(self.name, "is told that it is retired")
            self.is_retired = True
            process.stop()
