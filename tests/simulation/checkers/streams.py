"""What people read and were told, against the archive at rest: nothing left out, nothing else.

Nothing else means also: nothing of a room that they were not in, or not in any more.
"""

from dataclasses import dataclass, field

from server.archive.store import StoreReader
from server.state.bodies import MessageBody
from server.state.fold import decode_body, fold
from server.state.state import State
from tests.simulation.checkers.book import Book
from tests.simulation.checkers.log_end import at_its_end
from tests.simulation.checkers.rights import read_book
from tests.simulation.history import Identity, PromiseError
from tests.simulation.people import Person
from tests.simulation.world import World

Place = tuple[int, Identity]


@dataclass(slots=True)
class _Archive:
    """The messages with their rooms; each request with whether it was accepted."""

    book: Book
    state: State = field(default_factory=State)
    rooms: dict[Place, str] = field(default_factory=dict)
    accepted: dict[Identity, bool] = field(default_factory=dict)


def check_streams(world: World) -> None:
    """Each person holds exactly the messages of the archive, from where it began to read."""
    archive = at_its_end(world, _archived)
    for person in world.people:
        lacks, extra = _gaps(person, archive)
        if lacks or extra:
            what = f"{person.name} lacks {lacks[:5]}, holds {extra[:5]} besides"
            raise PromiseError("stream complete", what)
        _rooms(world, person, archive)
        _answers(world, person, archive)


def is_complete(world: World) -> bool:
    """Whether everybody has read everything."""
    if not world.people:
        return True
    archive = at_its_end(world, _archived)
    return not any(_gaps(person, archive) != ([], []) for person in world.people)


def _archived(world: World) -> _Archive:
    archive = _Archive(at_its_end(world, read_book))
    for record in StoreReader(world.machines["a"].disk.durable).all_records():
        told = fold(archive.state, record).told
        archive.accepted[record.id] = record.id not in archive.state.voids
        if told is not None and told.number:
            archive.rooms[record.index, record.id] = told.audience
    return archive


def _gaps(person: Person, archive: _Archive) -> tuple[list[Place], list[Place]]:
    """What a person lacks, and what it holds that is not archived there."""
    start, device = person.kept.held_from, archive.state.devices.get(person.device)
    if start is None or device is None:
        return [(0, (person.name, 0))], []
    book, rooms = archive.book, archive.rooms
    held = {one for one in person.kept.held if one[0] > start}
    due = {one for one in rooms if one[0] > start and book.is_due(rooms[one], device.user, one[0])}
    return sorted(due - held), sorted(held - rooms.keys())


def _rooms(world: World, person: Person, archive: _Archive) -> None:
    """Nobody holds what was written in a room that he is not in any more, or never was."""
    user = archive.state.devices[person.device].user
    for place in person.kept.held:
        room = archive.rooms.get(place)
        if room is None:
            # Before the own archive begins: two disks have lied, and it is another one now.
            continue
        if not archive.book.is_readable(room, user, place[0]):
            what = f"{person.name} ({user}) holds {place} of {room}: {archive.book.rooms[room]}"
            raise PromiseError("members read", what)
        world.history.seen["messages read in groups"] += room in archive.book.rooms


def _answers(world: World, person: Person, archive: _Archive) -> None:
    """What a person was told of the own messages holds."""
    accepted = archive.accepted
    for counter in person.stored:
        identity = person.device, counter
        if identity not in world.history.excused and not accepted.get(identity):
            raise PromiseError("P2", f"{identity} was told to be stored, and is {accepted.get(identity)}")
    for counter, code in person.refused.items():
        identity = person.device, counter
        # On one side of a cut it was accepted; on the other one somebody had put the writer out, or there was
        # no such file.
        hangs_on_side = code == "unknown_file" or not _is_for_all(world, identity)
        was_elsewhere = hangs_on_side and (world.history.cuts or world.history.replaced)
        if accepted.get(identity) and not was_elsewhere:
            raise PromiseError(
                "honest refusals", f"{person.device} was told {code} for {counter}: it is stored"
            )


def _is_for_all(world: World, identity: Identity) -> bool:
    draft = world.history.asked[identity][0]
    body = decode_body(draft.kind, draft.body)
    return not isinstance(body, MessageBody) or body.room == "general"
