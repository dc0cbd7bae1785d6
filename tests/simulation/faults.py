"""The faults: what befalls the machines and the paths between them, and how it passes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from server.engine_round import Output

if TYPE_CHECKING:
    from tests.simulation.machine import Machine
    from tests.simulation.process import Process
    from tests.simulation.world import World


class Faults:
    """Draws faults of the kinds of this weather until `end`; `heal` takes all of them back."""

    def __init__(self, world: "World") -> None:
        self._world: Final = world
        self._rng: Final = world.rng
        self._is_over = False
        self.slow_sync_s: dict[str, float] = {}
        self.met = 0
        world.clock.after(world.weather.first_fault_s, self._next)

    def heal(self) -> None:
        """No more faults; everything works again, and whoever may run does."""
        self._is_over = True
        self.slow_sync_s.clear()
        self._world.network.heal()
        for machine in self._world.machines.values():
            machine.disk.is_broken = False
            if machine.process is not None and machine.process.is_ending:
                machine.crash()
            machine.start()
            if machine.process is not None:
                machine.process.resume()

    def after_round(self, process: "Process", output: Output) -> None:
        """Perhaps a crash between what this round decided and what of it leaves the process."""
        weather = self._world.weather
        if self._is_over or not (weather.crash_at_epoch or weather.crash_at_round):
            return
        has_epoch = any(record.is_epoch for _, write in output.writes for record in write.records)
        chance = weather.crash_at_epoch if has_epoch else weather.crash_at_round
        if self._rng.random() < chance and self._may_fell(process.machine):
            machine = process.machine
            moment = self._rng.random() * 2 * max(weather.sync_s, weather.network_s)
            is_dark = self._rng.random() < 0.3
            self._world.clock.after(moment, lambda: self._fell(machine, is_dark=is_dark))

    # --- drawing

    def _next(self) -> None:
        if self._is_over:
            return
        weather = self._world.weather
        kind = self._rng.choice(weather.faults)
        machine = self._world.machines[self._rng.choice("ab")]
        getattr(self, f"_{kind}")(machine)
        self._world.clock.after(self._rng.expovariate(1 / weather.fault_every_s), self._next)

    def _duration(self) -> float:
        return self._rng.expovariate(1 / self._world.weather.fault_for_s)

    def _note(self, who: str, what: str, *facts: float) -> None:
        """A fault that may cost a server the lead."""
        self.met += 1
        self._world.note(who, what, *facts)

    def _later(self, undo: Callable[[], None]) -> None:
        def unless_over() -> None:
            if not self._is_over:
                undo()

        self._world.clock.after(self._duration(), unless_over)

    def _may_fell(self, machine: "Machine") -> bool:
        """Whether this server may go down now."""
        other = self._world.machines[machine.peer].process
        return self._world.weather.is_overlapping or (other is not None and not other.is_paused)

    # --- the kinds

    def _fell(self, machine: "Machine", *, is_dark: bool) -> None:
        if self._is_over or machine.process is None:
            return
        self.met += 1
        machine.crash(is_dark=is_dark)
        self._later(machine.start)

    def _crash(self, machine: "Machine") -> None:
        if self._may_fell(machine):
            self._fell(machine, is_dark=False)

    def _power(self, machine: "Machine") -> None:
        if self._may_fell(machine):
            self._fell(machine, is_dark=True)

    def _stop(self, machine: "Machine") -> None:
        if self._may_fell(machine) and machine.process is not None and not machine.process.is_paused:
            self._note(machine.name, "is told to stop")
            machine.process.stop()
            self._later(machine.start)

    def _pause(self, machine: "Machine") -> None:
        process = machine.process
        if process is not None and not process.is_paused and self._may_fell(machine):
            self._note(machine.name, "stands still")
            process.pause()
            self._later(lambda: self._resume(process))

    def _resume(self, process: "Process") -> None:
        if not process.is_dead:
            self._world.note(process.name, "goes on")
            process.resume()

    def _cut(self, machine: "Machine") -> None:
        self._note("ab", "are cut off from each other")
        self._world.network.cut("a", "b")
        self._later(self._heal_paths)

    def _one_way(self, machine: "Machine") -> None:
        self._note(machine.name, "is not heard any more")
        self._world.network.cut(machine.name)
        self._later(self._heal_paths)

    def _flap(self, machine: "Machine") -> None:
        """Cut and healed a few times in a row."""
        for moment in range(self._rng.randint(2, 6)):
            at = moment * self._duration() / 3
            self._world.clock.after(at, lambda: None if self._is_over else self._cut(machine))

    def _heal_paths(self) -> None:
        self._world.note("ab", "the paths are open")
        self._world.network.heal()

    def _drop(self, machine: "Machine") -> None:
        """The connection breaks, perhaps a few times in a row, and both machines are well."""

        def drop() -> None:
            if not self._is_over and machine.process is not None and machine.process.wire is not None:
                self._world.note(machine.name, "loses its connection")
                machine.process.drop_wire()

        at = 0.0
        for _ in range(self._rng.randint(1, 8)):
            self._world.clock.after(at, drop)
            at += self._rng.expovariate(1 / 0.004)

    def _slow_net(self, machine: "Machine") -> None:
        delay_s = self._rng.uniform(0.05, 0.8)
        self._note(machine.name, "is heard late", delay_s)
        self._world.network.slow(machine.name, delay_s)
        self._later(self._heal_paths)

    def _slow_disk(self, machine: "Machine") -> None:
        self.slow_sync_s[machine.name] = self._rng.uniform(0.2, 2.5)
        self._note(machine.name, "has a slow disk", self.slow_sync_s[machine.name])
        self._later(lambda: self._quick_disk(machine))

    def _quick_disk(self, machine: "Machine") -> None:
        self._world.note(machine.name, "has a quick disk")
        self.slow_sync_s.pop(machine.name, None)

    def _broken_disk(self, machine: "Machine") -> None:
        """The next commit fails: the process must end, and may be started again."""
        if self._may_fell(machine):
            self._note(machine.name, "has a broken disk")
            machine.disk.is_broken = True
            self._later(machine.start)

    def _skew(self, machine: "Machine") -> None:
        """Somebody sets the clock on the wall."""
        machine.skew_ms = self._rng.randint(-3_600_000, 3_600_000)
