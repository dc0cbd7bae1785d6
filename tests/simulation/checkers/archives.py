"""The two archives at rest: nothing lost, nothing doubled, nothing invented, one order (P2, P3, P4)."""

from dataclasses import dataclass

from server.archive.erasing import ERASABLE, is_erased, target_of
from server.archive.record import GENESIS_HASH, DamagedRecordError, Epoch, Record
from server.archive.store import StoreReader
from server.state.fold import fold
from server.state.state import State
from server.state.told import Outcome
from tests.simulation.history import History, PromiseError
from tests.simulation.machine import Machine
from tests.simulation.world import World

# What one server accepted alone counts after a merge only if it can.
_PROVISIONAL = frozenset(
    {"add", "remove", "administer", "rename", "topic", "friend", "leave", "delete_room"}
    | {"invite", "take_back", "standing", "password", "revoke"}
)


@dataclass(frozen=True, slots=True)
class _Log:
    """The durable log of one server, folded once for all that look at it."""

    name: str
    records: list[Record]
    outcomes: list[Outcome]
    state: State


def check_archives(world: World) -> None:
    """Both durable logs against everything that was asked and answered."""
    logs = [_read(machine) for machine in world.machines.values()]
    for log in logs:
        _once(log)
        _asked_for(log, world.history)
        _erased(log, is_deletion_lost=bool(world.history.liars))
        _in_order(log, world.history)
        if not world.history.liars:
            _shown_stays(log, world.history)
        _nothing_waits(log.name, world)
    _equal(*logs)
    _acknowledged(world, logs[0])


def _read(machine: Machine) -> _Log:
    records = list(StoreReader(machine.disk.durable).all_records())
    _chain(machine.name, records)
    state = State()
    return _Log(machine.name, records, [fold(state, record) for record in records], state)


def _nothing_waits(name: str, world: World) -> None:
    """What a merge took out of the log was re-submitted, all of it."""
    waiting = StoreReader(world.by_name[name].disk.durable).quarantine(b"", 1)
    if waiting:
        raise PromiseError("quarantine empty", f"{name} still holds {waiting[0].draft.id}")


def _chain(name: str, log: list[Record]) -> None:
    index, previous_hash = 0, GENESIS_HASH
    for record in log:
        try:
            record.check_follows(index, previous_hash)
        except DamagedRecordError as error:
            raise PromiseError("chain", f"the log of {name}: {error}") from error
        index, previous_hash = record.index, record.hash


def _once(log: _Log) -> None:
    """P3: one record an id; a second one only where a merge brings back what stands there void."""
    is_accepted: dict[tuple[str, int], bool] = {}
    for record, outcome in zip(log.records, log.outcomes, strict=True):
        is_again = record.id in is_accepted
        if is_again and (is_accepted[record.id] or record.header.origin is None):
            raise PromiseError("P3 once", f"{record.id} stands twice in the log of {log.name}")
        is_accepted[record.id] = outcome.refusal is None


def _asked_for(log: _Log, history: History) -> None:
    """P3: nothing is invented."""
    for record in log.records:
        if record.is_epoch:
            continue
        # What is erased by now is known by its digest, which its place in the chain vouches for.
        digests = [draft.digest for draft in history.asked.get(record.id, [])]
        if record.header.digest not in digests:
            raise PromiseError("P3 invention", f"nobody asked for {record.id} in the log of {log.name}")


def _erased(log: _Log, *, is_deletion_lost: bool) -> None:
    """Nothing of what was written in a deleted message is left, and of the others everything is.

    A disk that lied is filled again with what is erased by now, and the other server may be gone for good
    before the deletion itself comes. Such a message is told as a deleted one.
    """
    for record in log.records:
        kind = record.header.kind
        if kind not in ERASABLE or record.id in log.state.voids:
            continue
        target = record.id if kind == "message" else target_of(kind, record.body)
        assert target is not None, record.id
        is_deleted = log.state.is_deleted(*target)
        is_gone = is_erased(kind, record.body)
        if is_deleted != is_gone and not (is_gone and is_deletion_lost):
            raise PromiseError("erased", f"{record.id} in the log of {log.name}, deleted: {is_deleted}")


def _in_order(log: _Log, history: History) -> None:
    """P4: what a device asks for in order stands in order, also when it had to ask again.

    What a merge moved stands in its own order, behind what was written meanwhile. Left out are devices
    that use their counters in any order on purpose, or were told that an answer is unknown (then a
    later request may stand before the repeated one), and ids that were given to two things and asked
    at both servers at once; and what a server that was replaced had acknowledged alone, or a lying disk
    had lost: another try of it may have waited at a server that the later ones did not pass. Nor does it
    hold for what was refused once: whoever asked went on without it, and another try may be archived as void.
    """
    alone, refused = history.acknowledged_by_replaced(), history.refused()
    latest: dict[tuple[str, Epoch | None], int] = {}
    for record in log.records:
        device, counter = record.id
        if record.is_epoch or device in history.unordered:
            continue
        if record.id in history.twins | history.excused | refused:
            continue
        origin = record.header.origin
        if record.id in alone and (origin is None or origin.epoch.server not in history.replaced):
            continue
        line = device, origin.epoch if origin else None
        if counter < latest.get(line, 0):
            what = f"({device}, {counter}) stands behind {latest[line]} in the log of {log.name}"
            raise PromiseError("P4 order", what)
        latest[line] = counter


def _shown_stays(log: _Log, history: History) -> None:
    """What a server showed to clients is in its archive, at the place where it was shown."""
    for index, digest in history.shown.get(log.name, {}).items():
        if index > len(log.records) or log.records[index - 1].hash != digest:
            raise PromiseError("what was shown stays", f"record {index} is gone from the log of {log.name}")


def _equal(*logs: _Log) -> None:
    one, other = ([record.hash for record in log.records] for log in logs)
    if one != other:
        same = sum(1 for left, right in zip(one, other, strict=False) if left == right)
        raise PromiseError("archives equal", f"{len(one)} and {len(other)} records, {same} the same")


def _acknowledged(world: World, log: _Log) -> None:
    """P2: what was acknowledged is there, accepted, at its place, with its number.

    In both logs, which are equal. A merge gives it another place, which its clients are told.
    """
    numbers = _numbers(log)
    for answered in world.history.answered:
        answer = answered.answer
        identity = (answer.device, answer.counter)
        if answer.refusal is not None or identity in world.history.excused:
            continue
        found = numbers.get(identity)
        if found is not None and (world.history.is_moved(answered) or world.history.liars):
            # A merge gave it another place, or kept the other thing that its id was used for; or it
            # cannot hold any more, which the rights are checked for.
            void = log.state.voids.get(identity)
            is_provisional = answered.draft.kind in _PROVISIONAL
            # Who joined where the other side had ended the room is in it no more.
            is_provisional |= void is not None and void.code == "deleted_room"
            if found[1] or identity in world.history.twins or is_provisional:
                continue
        if found is None or found[:2] != (answer.index, True):
            what = f"{identity} was acknowledged at {answer.index} by {answered.server}"
            raise PromiseError("P2", f"{what}; in the log of {log.name}: {found}")
        if found[2] != answer.number:
            what = f"{identity} was told number {answer.number}, it is {found[2]} in {log.name}"
            raise PromiseError("numbers", what)


def _numbers(log: _Log) -> dict[tuple[str, int], tuple[int, bool, int]]:
    """Each id with its index, whether it was accepted, and its message number (0: none)."""
    return {
        record.id: (record.index, outcome.refusal is None, outcome.told.number if outcome.told else 0)
        for record, outcome in zip(log.records, log.outcomes, strict=True)
    }
