"""The phases of a run: faults come and go, then quiet, then a lasting fault of one kind, then rest."""

from server.archive.reading import StoreReader
from server.engine.round import Answer, Ask
from tests.simulation.checkers.files import missing_files
from tests.simulation.checkers.streams import is_complete
from tests.simulation.devices import Device, new_person
from tests.simulation.history import PromiseError
from tests.simulation.machine import Machine
from tests.simulation.people import Person
from tests.simulation.process import Process
from tests.simulation.world import World

# What a quiet pair may take beyond the times that its settings name (s).
_MARGIN_S = 2.0
_ACKNOWLEDGED_S = 2.0
# A lasting slowness of one disk, and how often a bad connection breaks (s).
_SLOW_SYNC_S = 0.6
_DROP_EVERY_S = 0.4
_ALARMS_S = 0.2
# A client finds out within this that a machine fell silent: ping, doubt, suspicion, and a dial.
_SILENT_S = 6.0
# Long enough for a few dozen requests, each with its round trips and syncs.
_MERGED_S = 10.0
# A piece of a file that does not come is waited for that long before the file is asked for again.
_COPIED_S = 70.0
# The derived tables reach the disk within a second.
_REST_S = 1.3
_RESTS_MAX = 20


def live(world: World) -> None:
    """All phases in order; raises `PromiseError` when something that must happen does not."""
    world.clock.run_until(world.weather.safety_s)
    _become_level(world)
    if world.weather.ending != "level":
        _endure(world, world.weather.ending)
        _become_level(world)
    _answer_everything(world)
    _rest(world)
    _no_false_alarms(world)


def _become_level(world: World) -> None:
    """Without faults both servers reach dual, whatever both did alone."""
    world.note("ab", "quiet")
    world.faults.heal()
    # A sync that began on a slow disk ends in its time.
    world.clock.run_until(max(world.clock.now, world.disks_busy_until))
    # Whoever was about to be taken for dead is; a slowness that was about to be noticed is.
    settings = world.weather.settings
    world.clock.run_until(world.clock.now + settings.silence_s + _ALARMS_S)
    limit_s = settings.quick_s + settings.silence_s + settings.confirm_s + _MARGIN_S
    if not world.clock.wait_for(lambda: _is_level(world), limit_s):
        raise PromiseError("liveness", f"not dual after {limit_s:.1f} s: {_shown(world)}")
    limit_s = settings.boot_wait_s + settings.silence_s + _MARGIN_S
    if not world.clock.wait_for(lambda: all(p.engine.replica.is_serving for p in world.running), limit_s):
        raise PromiseError("liveness", f"nobody serves after {limit_s:.1f} s: {_shown(world)}")
    for process in world.running:
        _probe(world, process, _ACKNOWLEDGED_S, copies=2)


def _endure(world: World, ending: str) -> None:
    """A fault that lasts: whoever is reachable acknowledges within detection and two seconds."""
    victim = world.machines[world.rng.choice("ab")]
    world.faults.met += 1
    settings = world.weather.settings
    limit_s = settings.silence_s + _ACKNOWLEDGED_S
    world.note(victim.name, f"from here on: {ending}")
    is_reachable = _BEGIN[ending](world, victim)
    if ending == "slow_disk":
        limit_s += settings.confirm_s + 3 * _SLOW_SYNC_S
    for process in world.running:
        if is_reachable or process.machine is not victim:
            _probe(world, process, limit_s, copies=1)
    world.clock.run_until(world.clock.now + world.rng.uniform(0.0, 1.0))


def _kill(_: World, victim: Machine) -> bool:
    victim.crash()
    return False


def _darken(_: World, victim: Machine) -> bool:
    victim.crash(is_dark=True)
    return False


def _cut(world: World, _: Machine) -> bool:
    world.network.cut(*(machine.name for machine in world.machines.values()))
    return True


def _mute(world: World, victim: Machine) -> bool:
    world.network.cut(victim.name)
    return True


def _slow(world: World, victim: Machine) -> bool:
    world.faults.slow_sync_s[victim.name] = _SLOW_SYNC_S
    return True


def _fill(world: World, victim: Machine) -> bool:
    victim.disk.is_full = True
    world.faults.restart(victim)
    return False


def _crowd(_: World, victim: Machine) -> bool:
    victim.has_little_room = True
    return False


def _pause(_: World, victim: Machine) -> bool:
    assert victim.process is not None
    victim.process.pause()
    return False


def _keep_dropping(world: World, victim: Machine) -> bool:
    """The connection breaks again and again, until the end of this fault."""
    ends_at = world.clock.now + 30 * _DROP_EVERY_S

    def drop() -> None:
        if victim.process is not None and victim.process.wire is not None:
            victim.process.drop_wire()
        if world.clock.now < ends_at and world.faults.is_dropping:
            world.clock.after(_DROP_EVERY_S, drop)

    world.faults.is_dropping = True
    drop()
    return True


_BEGIN = {
    "alone": _kill,
    "dark": _darken,
    "cut": _cut,
    "one_way": _mute,
    "slow_disk": _slow,
    "full_disk": _fill,
    "little_room": _crowd,
    "paused": _pause,
    "dropping": _keep_dropping,
}


def _probe(world: World, process: Process, limit_s: float, *, copies: int) -> None:
    """A new device at this server signs in and has a message acknowledged in time."""
    answers: list[Answer] = []
    for draft in new_person(world):
        world.history.ask(draft)
        asker = world.history.new_asker(draft)
        process.ask(Ask(draft, asker), answers.append)
        if not world.clock.wait_for(lambda: bool(answers), limit_s):
            raise PromiseError(
                "liveness", f"{process.name} answers nothing in {limit_s:.1f} s: {_shown(world)}"
            )
        answer = answers.pop()
        if answer.refusal is not None or answer.copies < copies:
            raise PromiseError("liveness", f"{process.name} answers {answer}: {_shown(world)}")


def _answer_everything(world: World) -> None:
    """Every request that any device ever made gets a definite answer."""
    clients: list[Device | Person] = [*world.devices, *world.people]
    for client in clients:
        client.finish()
    for person in world.people:
        person.start()
        person.read_on()
    # A device that had no patience, or was told that something is unknown, needs a few tries.
    limit_s = 5 * world.weather.patience_s + _MARGIN_S + (_SILENT_S if world.people else 0.0)
    if not world.clock.wait_for(lambda: all(client.is_done for client in clients), limit_s):
        waiting = {client.name: client.shown for client in clients if not client.is_done}
        raise PromiseError("P5", f"not answered in {limit_s:.1f} s of quiet: {waiting}")
    # Whoever writes nothing finds out by a ping that its server is gone.
    world.clock.wait_for(lambda: is_complete(world), _SILENT_S, step_s=0.5)


def _rest(world: World) -> None:
    """Nothing is asked, what a merge hands on two at a time is handed on, and everything is on disk."""
    world.clock.wait_for(lambda: not _is_merging(world), _MERGED_S, step_s=0.1)
    _let_go(world)
    world.clock.wait_for(lambda: not missing_files(world), _COPIED_S, step_s=0.25)
    # What was kept and read is still said for a while, which nobody waits for.
    for _ in range(_RESTS_MAX):
        asked = world.history.asked_count
        world.clock.run_until(world.clock.now + _REST_S)
        if world.history.asked_count == asked:
            break
    if world.history.asks:
        raise PromiseError("P5", f"never answered: {list(world.history.asks.values())}")


def _let_go(world: World) -> None:
    """A server that was replaced, and is back, comes to its end."""
    old = world.replaced
    if old is None or old.is_gone:
        return
    if not world.clock.wait_for(lambda: old.retiring.is_done, _MERGED_S, step_s=0.1):
        raise PromiseError("liveness", f"{old.name} does not get rid of all that it held: {_shown(world)}")


def _is_merging(world: World) -> bool:
    """Whether anything still waits on a disk to be re-submitted."""
    disks = [machine.disk.durable for machine in world.machines.values()]
    return any(StoreReader(disk).quarantine(b"", 1) for disk in disks)


def _no_false_alarms(world: World) -> None:
    """Who leads changes only by faults: at most twice a fault, and not at all in gentle weather."""
    leads = world.history.seen["leads"]
    limit = 1 + 2 * world.faults.met
    if leads > limit:
        raise PromiseError("no false alarms", f"{leads} times somebody took the lead, {limit} at most")


def _is_level(world: World) -> bool:
    replicas = [process.engine.replica for process in world.running]
    roles = sorted(replica.role.name for replica in replicas)
    return roles == ["follower", "leader"] and all(replica.mode == "dual" for replica in replicas)


def _shown(world: World) -> str:
    """Where the servers stand, for a message."""
    return "; ".join(
        f"{process.name}: {replica.role.name} {replica.mode} {replica.log.epoch} "
        f"last {replica.log.last_index} durable {replica.durable} commit {replica.commit}"
        for process in world.running
        for replica in (process.engine.replica,)
    )
