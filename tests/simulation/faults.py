"""The faults: what befalls the machines and the paths between them, and how it passes."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from server.archive.store import Write
from server.replication.messages import Message
from tests.simulation.front import NEW_ADDRESSES
from tests.simulation.plan import Fault, is_gentle

if TYPE_CHECKING:
    from tests.simulation.machine import Machine
    from tests.simulation.network import Wire
    from tests.simulation.process import Process
    from tests.simulation.world import World

# A supervisor starts a process again that ended by itself, after this (s).
_RESTART_S: Final = 0.25
_LOOK_S: Final = 0.01
# How long a running server takes to notice that it was given another second one.
_NOTICED_S: Final = 1.0
_LOST_FOR_GOOD: Final = 0.2
# What a cut takes out of a log is re-submitted about then.
_MERGE_S: Final = 0.3


@dataclass(slots=True)
class _Armed:
    """A crash that waits for its boundary."""

    fault: Fault
    left: int


class Faults:
    """Carries out a plan; `heal` takes everything back."""

    def __init__(self, world: "World", plan: tuple[Fault, ...], seed: int) -> None:
        self._world: Final = world
        self._seed: Final = seed
        self._is_over = False
        self._armed: list[_Armed] = []
        self.is_dropping = False
        # There is one replacement a run; the machine that is given up may be lost for good.
        self._is_replacing = False
        self._is_old_one_lost = False
        self.slow_sync_s: dict[str, float] = {}
        # Faults that may cost a server the lead.
        self.met = 0
        for fault in plan:
            world.clock.at(fault.at, partial(self._begin, fault))

    def heal(self) -> None:
        """No more faults; everything works again, and whoever may run does."""
        self._is_over = True
        self.is_dropping = False
        self._armed.clear()
        self.slow_sync_s.clear()
        self._world.network.heal()
        for name in self._world.by_name:
            self._world.network.let_in(name)
        if self._is_old_one_lost and self._world.replaced is not None:
            self._world.lose(self._world.replaced)
        for machine in self._world.by_name.values():
            machine.disk.heal()
            machine.has_little_room = False
            if machine.process is not None and machine.process.is_ending:
                machine.crash()
            machine.start()
            if machine.process is not None:
                machine.process.resume()
        self._is_old_one_lost = False

    def passed(self, process: "Process", point: str, writes: list[Write]) -> bool:
        """A process is between two effects; True when it died here."""
        for armed in self._armed:
            fault = armed.fault
            if fault.target != process.machine.place or fault.point not in (point, ""):
                continue
            if not self._is_moment(fault.what, writes):
                continue
            if armed.left:
                armed.left -= 1
                if not fault.point:
                    self._world.history.seen[f"boundaries of {process.name}"] += 1
            elif self._may_fell(process.machine):
                self._armed.remove(armed)
                self._world.note(process.name, f"falls, {point}")
                self._fell(fault, process.machine)
                return True
        return False

    def _is_moment(self, what: str, writes: list[Write]) -> bool:
        """Whether this is what a crash waits for."""
        if what == "epoch":
            return any(record.is_epoch for write in writes for record in write.records)
        if what == "merge":
            cuts = self._world.history.cuts
            return bool(cuts) and self._world.clock.now < cuts[-1][0] + _MERGE_S
        return what == "any" or any(write.cut_to is not None for write in writes)

    # --- beginning and end

    def _begin(self, fault: Fault) -> None:
        if self._is_over:
            return
        self.met += not is_gentle(fault)
        self._world.history.seen[f"fault {fault.kind}"] += 1
        rng = random.Random(f"{self._seed} {fault.number}")
        kind: Callable[[Fault, Machine, random.Random], None] = getattr(self, f"_{fault.kind}")
        kind(fault, self._world.machines[fault.target], rng)

    def _after(self, delay_s: float, action: Callable[[], None]) -> None:
        """Later, unless the faults are over by then."""

        def unless_over() -> None:
            if not self._is_over:
                action()

        self._world.clock.after(delay_s, unless_over)

    def _may_fell(self, machine: "Machine") -> bool:
        """Whether this server may go down now."""
        other = self._world.by_name[machine.peer].process
        return self._world.weather.is_overlapping or (other is not None and not other.is_paused)

    def _fell(self, fault: Fault, machine: "Machine", *, is_dark: bool = False) -> None:
        if machine.process is not None:
            machine.crash(is_dark=is_dark, keep=fault.keep)
            self._after(fault.for_s, machine.start)

    # --- processes

    def _crash(self, fault: Fault, machine: "Machine", _: random.Random) -> None:
        if self._may_fell(machine):
            self._fell(fault, machine)

    def _power(self, fault: Fault, machine: "Machine", _: random.Random) -> None:
        if self._may_fell(machine):
            self._fell(fault, machine, is_dark=True)

    def _crash_at(self, fault: Fault, _: "Machine", __: random.Random) -> None:
        self._armed.append(_Armed(fault, fault.skip))

    def _stop(self, fault: Fault, machine: "Machine", _: random.Random) -> None:
        if self._may_fell(machine) and machine.process is not None and not machine.process.is_paused:
            self._world.note(machine.name, "is told to stop")
            machine.process.stop()
            self._after(fault.for_s, machine.start)

    def _pause(self, fault: Fault, machine: "Machine", _: random.Random) -> None:
        process = machine.process
        if process is not None and not process.is_paused and self._may_fell(machine):
            self._world.note(machine.name, "stands still")
            process.pause()
            self._after(fault.for_s, process.resume)

    def _double(self, fault: Fault, machine: "Machine", rng: random.Random) -> None:
        """The other one takes over and dies at some moment of it."""
        self.met += 1
        other = self._world.by_name[machine.peer]
        moment = rng.uniform(0.0, 0.03)

        def look() -> None:
            process = other.process
            if process is None:
                return
            if process.engine.replica.role.name == "leader":
                self._after(moment, partial(self._fell, fault, other))
            else:
                self._after(_LOOK_S, look)

        self._fell(fault, machine)
        look()

    def _stale_first(self, fault: Fault, machine: "Machine", rng: random.Random) -> None:
        """The other one goes on alone, dies, and stays away while the one with less starts."""
        self.met += 2
        other = self._world.by_name[machine.peer]
        alone_s = fault.for_s
        away_s = rng.uniform(0.2, 2.0) * self._world.weather.settings.boot_wait_s

        def swap() -> None:
            other.crash(is_dark=True)
            machine.start()
            self._after(away_s, other.start)

        machine.crash(is_dark=rng.random() < 0.5)
        self._after(alone_s, swap)

    # --- another machine

    def _replace(self, fault: Fault, machine: "Machine", rng: random.Random) -> None:
        """It is given up, rightly or not; a new one takes its place, and it comes back, or never."""
        if self._is_replacing or not self._may_fell(machine):
            return
        self._is_replacing = True
        self.met += 4
        falls = rng.choice((self._burn, self._go_dark, self._lose_touch, self._lose_touch))
        falls(machine)
        joins_s = rng.uniform(0.0, 2.0)
        back_s = rng.choice((0.0, 1.0, joins_s, joins_s, joins_s)) + rng.expovariate(1 / fault.for_s)
        self._after(joins_s, partial(self._take_in, fault, machine, rng))
        self._after(back_s, partial(self._come_back, machine))
        for _ in range(rng.choice((0, 0, 1, 3))):
            back_s += rng.expovariate(1 / 0.3)
            self._after(back_s, partial(self._kill_again, machine, rng))

    def _burn(self, machine: "Machine") -> None:
        machine.crash()

    def _go_dark(self, machine: "Machine") -> None:
        machine.crash(is_dark=True)

    def _lose_touch(self, machine: "Machine") -> None:
        """It goes on alone, and so does the other one."""
        self._world.note(machine.name, "is cut off from all servers")
        self._world.network.isolate(machine.name)

    def _take_in(self, fault: Fault, machine: "Machine", rng: random.Random) -> None:
        left = self._world.by_name[machine.peer]
        if left.disk.is_lying or left.disk.durable.last_key("records") is None:
            # Nobody gives away the place of the one that has all.
            return
        self._is_old_one_lost = rng.random() < _LOST_FOR_GOOD
        name = rng.choice(sorted(NEW_ADDRESSES))
        self._world.replace(machine, name, noticed_s=rng.uniform(0.0, _NOTICED_S))
        self._after(rng.expovariate(1 / fault.for_s), self._world.by_name[name].start)

    def _come_back(self, machine: "Machine") -> None:
        self._world.network.let_in(machine.name)
        machine.start()

    def _kill_again(self, machine: "Machine", rng: random.Random) -> None:
        self.met += 1
        machine.crash()
        self._after(rng.uniform(0.0, 0.5), machine.start)

    # --- paths

    def _cut(self, fault: Fault, machine: "Machine", _: random.Random) -> None:
        self._world.note("ab", "are cut off from each other")
        self._world.network.cut(machine.name, machine.peer)
        self._after(fault.for_s, self._heal_paths)

    def _one_way(self, fault: Fault, machine: "Machine", _: random.Random) -> None:
        self._world.note(machine.name, "is not heard any more")
        self._world.network.cut(machine.name)
        self._after(fault.for_s, self._heal_paths)

    def _flap(self, fault: Fault, machine: "Machine", rng: random.Random) -> None:
        for moment in range(rng.randint(2, 6)):
            self.met += 1
            at = moment * rng.random() * fault.for_s
            self._after(at, partial(self._cut, fault, machine, rng))

    def _slow_net(self, fault: Fault, machine: "Machine", rng: random.Random) -> None:
        delay_s = rng.uniform(0.05, 0.8)
        self._world.note(machine.name, "is heard late", delay_s)
        self._world.network.slow(machine.name, delay_s)
        self._after(fault.for_s, self._heal_paths)

    def _heal_paths(self) -> None:
        self._world.note("ab", "the paths are open")
        self._world.network.heal()

    def _drop(self, __: Fault, machine: "Machine", rng: random.Random) -> None:
        def drop() -> None:
            if machine.process is not None and machine.process.wire is not None:
                self._world.note(machine.name, "loses its connection")
                machine.process.drop_wire()

        at = 0.0
        for _ in range(rng.randint(1, 8)):
            self._after(at, drop)
            at += rng.expovariate(1 / 0.004)

    def _late(self, fault: Fault, machine: "Machine", rng: random.Random) -> None:
        for wire, message in self._world.network.old_messages(machine.name, rng):
            self._after(rng.random() * fault.for_s, partial(self._bring_late, machine, wire, message))

    def _bring_late(self, machine: "Machine", wire: "Wire", message: Message) -> None:
        if machine.process is not None:
            self._world.network.bring(machine.process, wire, message)

    # --- disks and clocks

    def _slow_disk(self, fault: Fault, machine: "Machine", rng: random.Random) -> None:
        self.slow_sync_s[machine.name] = rng.uniform(0.2, 2.5)
        self._world.note(machine.name, "has a slow disk", self.slow_sync_s[machine.name])
        self._after(fault.for_s, partial(self._quicken, machine))

    def _quicken(self, machine: "Machine") -> None:
        self.slow_sync_s.pop(machine.name, None)

    def _broken_disk(self, fault: Fault, machine: "Machine", _: random.Random) -> None:
        if self._may_fell(machine):
            self._world.note(machine.name, "has a broken disk")
            machine.disk.is_broken = True
            self._after(fault.for_s, machine.start)

    def _full_disk(self, fault: Fault, machine: "Machine", _: random.Random) -> None:
        if self._may_fell(machine):
            self._world.note(machine.name, "has a full disk")
            machine.disk.is_full = True
            self._after(fault.for_s, partial(self._free, machine))
            self.restart(machine)

    def _free(self, machine: "Machine") -> None:
        machine.disk.is_full = False

    def restart(self, machine: "Machine") -> None:
        """As a supervisor does, as long as the disk is full, and once more."""
        if machine.disk.is_full:
            self._world.clock.after(_RESTART_S, partial(self.restart, machine))
            self.met += machine.process is None
        machine.start()

    def _little_room(self, fault: Fault, machine: "Machine", rng: random.Random) -> None:
        """Somebody else's files come and go as well."""
        moments = sorted(rng.random() * fault.for_s for _ in range(2 * rng.randint(0, 4)))
        self._set_room(machine, is_little=True)
        for number, moment in enumerate((*moments, fault.for_s)):
            self._after(moment, partial(self._set_room, machine, is_little=bool(number % 2)))

    def _set_room(self, machine: "Machine", *, is_little: bool) -> None:
        self._world.note(machine.name, "has little room" if is_little else "has room again")
        machine.has_little_room = is_little

    def _lying_disk(self, fault: Fault, machine: "Machine", _: random.Random) -> None:
        """It says that it has synced; then the power goes."""
        if not machine.disk.is_lying and self._may_fell(machine):
            self._world.note(machine.name, "has a disk that lies")
            machine.disk.lie()
            self._after(fault.for_s, partial(self._fell, fault, machine, is_dark=True))

    def _skew(self, _: Fault, machine: "Machine", rng: random.Random) -> None:
        machine.skew_ms = rng.randint(-3_600_000, 3_600_000)

    # --- clients

    def _slow_reader(self, fault: Fault, _: "Machine", rng: random.Random) -> None:
        people = self._world.people
        if people:
            person = rng.choice(people)
            person.stop_reading()
            self._world.clock.after(fault.for_s, person.read_on)

    def _restart_app(self, fault: Fault, _: "Machine", rng: random.Random) -> None:
        people = self._world.people
        if people:
            person = rng.choice(people)
            person.end()
            self._world.clock.after(fault.for_s, person.start)
