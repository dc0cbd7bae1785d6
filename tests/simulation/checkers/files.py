"""Files: both copies before the message, none lost that a message names, and as many uses as there are."""

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING

from server.archive.erasing import ErasedBody
from server.archive.record import Draft
from server.archive.store import StoreReader
from server.engine.round import PairState
from server.state.bodies import DeleteBody, FileBody, MessageBody
from server.state.fold import decode_body, fold
from server.state.state import State
from tests.simulation.checkers.log_end import at_its_end
from tests.simulation.history import Identity, PromiseError

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import World

# The file, the room, and who sent it there.
Use = tuple[str, str, str]


def check_copies(process: "Process", draft: Draft, file: FileBody, pair: PairState) -> None:
    """A server hands a message with a file on: every disk that counts has the file."""
    if draft.origin is not None or process.engine.state.has_seen(*draft.id):
        # A retired server brings it, without its files in this world; or it is archived, and asked again.
        return
    machines = process.world.by_name
    # Whoever does not lead may not count itself; then the other disk does.
    is_alone = pair.mode != "dual" and pair.role == "leader"
    for name in (process.name,) if is_alone else (process.name, process.peer):
        if file.sha256 not in machines[name].shelf.whole:
            who = f"{process.name} ({pair.role}, {pair.mode})"
            what = f"{who} takes {draft.id}: its file is not on the disk of {name}"
            raise PromiseError("a file before its message", what)


def check_files(world: "World") -> None:
    """At rest: what is carried is there, on both disks, and counted once for each message."""
    if not world.weather.files:
        return
    uses = at_its_end(world, _uses)
    world.history.seen["files carried"] += len(uses)
    for process in world.running:
        counted = {
            (use.sha256, use.room, use.person): use.messages for use in process.engine.state.files.all()
        }
        if counted != uses:
            raise PromiseError("uses of files", f"{process.name} counts {counted}, there are {dict(uses)}")
    missing = missing_files(world)
    if missing:
        raise PromiseError("files are kept", f"a message carries these, and a disk lacks them: {missing}")


def missing_files(world: "World") -> list[tuple[str, str]]:
    """Files that messages carry, with the disk that lacks them.

    What only a machine has that is gone, or was replaced, nobody can copy from it. Where a disk has lied, it
    may have lost the deletion of a message whose file was erased for it.
    """
    if not world.weather.files:
        return []
    shelves = {machine.name: machine.shelf.whole for machine in world.machines.values()}
    others: list[Collection[str]] = [
        one.shelf.whole for one in world.by_name.values() if one.name not in shelves
    ]
    if world.history.liars:
        others += [one.shelf.erased for one in world.by_name.values()]
    return [
        (sha256[:8], name)
        for sha256 in sorted({use[0] for use in at_its_end(world, _uses)})
        for name, whole in shelves.items()
        if sha256 not in whole and not any(sha256 in other for other in others)
    ]


def _uses(world: "World") -> Counter[Use]:
    """By the log: each accepted message that was not deleted."""
    state, found, deleted = State(), dict[Identity, Use](), set[Identity]()
    for record in StoreReader(world.machines["a"].disk.durable).all_records():
        if fold(state, record).refusal is not None:
            continue
        body = decode_body(record.header.kind, record.body)
        if isinstance(body, DeleteBody):
            deleted.add((body.device, body.counter))
        elif record.header.kind == "message":
            user = state.devices[record.header.device].user
            if isinstance(body, ErasedBody) and body.sha256:
                found[record.id] = body.sha256, body.room, user
            elif isinstance(body, MessageBody) and body.file is not None:
                found[record.id] = body.file.sha256, body.room, user
    return Counter(use for identity, use in found.items() if identity not in deleted)
