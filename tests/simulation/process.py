"""One life of a server: the real engine, replica, state and store, from their start to their end.

It stands for three threads: rounds of the engine, one group of writes at a time at the disk, and the
sending to peer and clients a moment later. A crash takes what has not left yet.
"""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from math import inf
from typing import TYPE_CHECKING, Final

from server.archive.disk import DiskError
from server.archive.store import Store, StoreReader, Write
from server.engine.engine import Engine
from server.engine.opening import open_log
from server.engine.round import Answer, Ask, DiskSpace, EngineInput, Output, Stop
from server.replication import steps
from server.replication.replica import Replica
from tests.simulation.front import Front

if TYPE_CHECKING:
    from tests.simulation.machine import Machine
    from tests.simulation.network import Wire

TICK_S: Final = 0.05
# How long an input waits for its round: the engine thread is woken.
ROUND_S: Final = 0.0004
CLUSTER: Final = "simulated"


class Process:
    """A running server. `put` is the way in."""

    def __init__(self, machine: "Machine", life: int) -> None:
        self.machine: Final = machine
        self.world: Final = machine.world
        self.name: Final = machine.name
        # Whom it seeks, and whom its replica counted with when this round began.
        self.peer = self.counts_with = machine.peer
        self.life: Final = life
        self.wire: Wire | None = None
        self.is_dead = False
        self.is_paused = False
        self.is_ending = False
        self.stood_still_s = 0.0
        self._has_little_room = False
        # The epoch record of this lead: nothing may be served before it is durable.
        self.lead_index = 0
        # Where the other one's log ended when they met last in this life.
        self.other_had: float = inf
        # How far it committed, in this life, beside one that counts: both disks have it.
        self.both_index = 0
        self.role = "recovering"
        self._paused_at = 0.0
        self._inbox: list[EngineInput] = []
        self._is_round_due = False
        self._waiting: list[tuple[int, Write]] = []
        self._is_syncing = False
        self._leaves_at = 0.0
        self._store = Store(machine.disk)
        self._reader = StoreReader(machine.disk.durable)
        self.engine: Final = self._open()
        self.front: Final = Front(self) if self.world.weather.has_fronts else None
        self.askers: dict[int, tuple[Callable[[Answer], None], float]] = {}
        self.world.clock.after(0.0, self._tick)
        self.world.network.seek(self)

    def _open(self) -> Engine:
        world = self.world
        state, log = open_log(self._reader)
        replica = Replica(
            me=self.name,
            peer=self.peer,
            cluster=CLUSTER,
            log=log,
            commit=state.index,
            settings=world.weather.settings,
            make_nonce=lambda: f"{world.rng.getrandbits(32):08x}",
            may_lead_at_once=log.members == (self.name,) or (not log.spans and self.machine.is_founder),
            is_founder=self.machine.is_founder,
            now=world.clock.now,
            may_lead_alone=log.last_index >= self.machine.confirmed_index,
        )
        return Engine(replica, state, self._reader)

    # --- in

    def put(self, given: EngineInput) -> None:
        """Have the engine take this in its next round."""
        if self.is_dead:
            return
        self._inbox.append(given)
        if not self._is_round_due and not self.is_paused:
            self._is_round_due = True
            self.world.clock.after(self.world.rng.random() * ROUND_S, self._round)

    def ask(self, ask: Ask, answered: Callable[[Answer], None]) -> None:
        """A client asks; `answered` is called once, unless this life ends before."""
        self.askers[ask.asker] = (answered, self.world.clock.now - self.stood_still_s)
        self.put(ask)

    def take_wire(self, wire: "Wire") -> None:
        """There is a proven connection to the peer."""
        self.world.note(self.name, "is connected")
        self.wire = wire
        self.put(steps.LinkUp())
        if self.front is not None:
            self.front.linked()

    def lose_wire(self) -> None:
        """The connection ended."""
        self.world.note(self.name, "is not connected any more")
        self.wire = None
        self.put(steps.LinkDown())
        if self.front is not None:
            self.front.unlinked()
        self.world.network.seek(self)

    def look(self) -> None:
        """Whether the folder names another second server than it did."""
        if self.is_dead or self.is_paused or self.machine.peer == self.peer:
            return
        if self.wire is not None:
            self.drop_wire()
        self.peer = self.machine.peer
        self.world.note(self.name, "has another second server:", self.peer)
        if self.front is not None:
            self.front.peer_replaced()
        self.put(steps.PeerReplaced(self.peer))

    # --- life

    def pause(self) -> None:
        """The process stands still; its machine goes on taking packets."""
        self.is_paused = True
        self._paused_at = self.world.clock.now

    def resume(self) -> None:
        """It goes on, and does not know that time has passed."""
        if self.is_dead or not self.is_paused:
            return
        self.is_paused = False
        self.stood_still_s += self.world.clock.now - self._paused_at
        if self.world.rng.random() < 0.5:
            self._inbox.insert(0, steps.Tick())
        if self._inbox:
            self._is_round_due = True
            self._round()
        if self.front is not None:
            self.front.loop.go_on()

    def stop(self) -> None:
        """A clean stop: what is in hand is synced, then the process ends."""
        self.put(Stop())
        self.is_ending = True

    def die(self, *, is_silent: bool = False, keep: str = "") -> None:
        """Whatever has not left is gone."""
        if self.is_dead:
            return
        self.is_dead = True
        disk, rng = self.machine.disk, self.world.rng
        left = {"keep": disk.unsynced, "lose": 0, "torn": disk.unsynced // 2}
        if disk.crash(left[keep] if keep else rng.randint(0, disk.unsynced)):
            self.world.lie_came_out(self.name)
        if self.wire is not None:
            kept = rng.randint(0, self.wire.on_its_way(self.name))
            self.wire.end(self.name, kept=kept, is_silent=is_silent)
        if self.front is not None:
            self.front.loop.end()
        self.machine.ended(self)

    def _tick(self) -> None:
        if self.is_dead:
            return
        if not self.is_paused:
            if self._has_little_room != self.machine.has_little_room:
                self._has_little_room = self.machine.has_little_room
                self.put(DiskSpace(self._has_little_room))
            if self.world.clock.now >= self.machine.looks_at:
                self.look()
            self._inbox.append(steps.Tick())
            if not self._is_round_due:
                # Nobody has to wake the thread: it waits no longer than this.
                self._round()
        self.world.clock.after(TICK_S, self._tick)

    def _round(self) -> None:
        self._is_round_due = False
        if self.is_dead or self.is_paused or not self._inbox:
            return
        inputs, self._inbox = self._inbox, []
        output = self.engine.handle(inputs, self.world.clock.now, self.machine.time_ms())
        self.world.audit.check(self, inputs, output)
        self.counts_with = self.engine.replica.peer
        if not (output.writes or output.loads or output.has_news or self._waiting or self.is_ending):
            # As most rounds.
            return
        if (
            output.halt is None
            and (output.writes or output.has_news)
            and self._falls("handled", output.writes)
        ):
            return
        self._hand_out(output)
        if output.halt is not None:
            self.machine.halted(output.halt)
        elif self.is_ending and not self._is_syncing and not self._waiting:
            self.die()

    def _falls(self, point: str, writes: list[tuple[int, Write]]) -> bool:
        """Whether it dies between two effects, here."""
        return self.world.faults.passed(self, point, [write for _, write in writes])

    # --- out

    def _hand_out(self, output: Output) -> None:
        self._waiting.extend(output.writes)
        if self._waiting and not self._is_syncing:
            self._write()
            if self.is_dead or self._falls("written", output.writes):
                return
        for load in output.loads:
            self.world.clock.after(self.world.sync_s(self.name), partial(self._load, load))
        if output.has_news:
            leaves_at = self.world.clock.now + self.world.rng.random() * self.world.weather.io_s
            self._leaves_at = max(self._leaves_at, leaves_at)
            self.world.clock.at(self._leaves_at, lambda: self._send(output))

    @property
    def _is_mark_kept_up(self) -> bool:
        """As long as something of what was confirmed is missing, the mark stays as it is."""
        return self.engine.replica.may_lead_alone

    def confirmed_after(self, writes: Iterable[Write]) -> int:
        """The mark when these are written, behind those that wait: what is cut on purpose is not claimed."""
        confirmed = self.machine.confirmed_index
        if not self._is_mark_kept_up:
            return confirmed
        cuts = (write.cut_to for write in chain((waiting for _, waiting in self._waiting), writes))
        return min([confirmed, *(cut for cut in cuts if cut is not None)])

    def _write(self) -> None:
        self.machine.confirmed_index = self.confirmed_after(())
        group, self._waiting = self._waiting, []
        self._is_syncing = True
        try:
            self._store.commit([write for _, write in group])
        except DiskError:
            self.is_ending = True
            self.world.clock.after(0.0, self.die)
            return
        self.world.clock.after(self.world.sync_s(self.name), lambda: self._synced(group))

    def _synced(self, group: list[tuple[int, Write]]) -> None:
        if self.is_dead:
            return
        ticket = max(ticket for ticket, _ in group)
        self.machine.disk.sync()
        if self._is_mark_kept_up:
            last = self.machine.disk.durable.last_key("records")
            self.machine.confirmed_index = last if isinstance(last, int) else 0
        self._is_syncing = False
        if self._falls("synced", group):
            return
        if self._waiting:
            self._write()
        elif self.is_ending and not self._inbox:
            self.die()
        if ticket:
            self.put(steps.Persisted(ticket))

    def _load(self, load: steps.Load) -> None:
        if not self.is_dead:
            self.put(steps.Loaded(tuple(self._reader.records(load.first, load.bytes_max))))

    def _send(self, output: Output) -> None:
        if self.is_dead:
            return
        for item in output.messages:
            if isinstance(item, steps.DropLink):
                self.drop_wire()
            elif self.wire is not None:
                self.world.note(self.name, "says", item.message)
                self.wire.send(self.name, item.message)
                if self._falls("sent", output.writes):
                    return
        if self.front is not None:
            self.front.deliver(output)
        for answer in output.answers:
            answered, _ = self.askers.pop(answer.asker)
            answered(answer)
            if self._falls("answered", output.writes):
                return

    def drop_wire(self) -> None:
        """Close the connection to the peer."""
        if self.wire is not None:
            self.world.note(self.name, "ends the connection")
            self.wire.end(self.name)
            self.lose_wire()
