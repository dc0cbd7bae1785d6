"""What people read and were told, against the archive at rest: nothing left out, nothing else."""

from server.archive.store import StoreReader
from server.state.fold import fold
from server.state.state import GENERAL, State
from tests.simulation.history import Identity, PromiseError
from tests.simulation.people import Person
from tests.simulation.world import World

Place = tuple[int, Identity]


def check_streams(world: World) -> None:
    """Each person holds exactly the messages of the archive, from where it began to read."""
    messages, accepted = _archived(world)
    for person in world.people:
        lacks, extra = _gaps(person, messages)
        if lacks or extra:
            what = f"{person.name} lacks {lacks[:5]}, holds {extra[:5]} besides"
            raise PromiseError("stream complete", what)
        _answers(world, person, accepted)


def is_complete(world: World) -> bool:
    """Whether everybody has read everything."""
    if not world.people:
        return True
    messages, _ = _archived(world)
    return not any(_gaps(person, messages) != ([], []) for person in world.people)


def _archived(world: World) -> tuple[list[Place], dict[Identity, bool]]:
    """The messages of the archive, and for each request whether it was accepted."""
    state = State()
    messages: list[Place] = []
    accepted: dict[Identity, bool] = {}
    for record in StoreReader(world.machines["a"].disk.durable).all_records():
        outcome = fold(state, record)
        accepted[record.id] = outcome.refusal is None
        if outcome.told is not None and outcome.told.number and outcome.told.audience == GENERAL:
            messages.append((record.index, record.id))
    return messages, accepted


def _gaps(person: Person, messages: list[Place]) -> tuple[list[Place], list[Place]]:
    """What a person lacks, and what it holds that is not archived there."""
    start = person.kept.held_from
    if start is None:
        return [(0, (person.name, 0))], []
    held = {one for one in person.kept.held if one[0] > start}
    due = {one for one in messages if one[0] > start}
    return sorted(due - held), sorted(held - due)


def _answers(world: World, person: Person, accepted: dict[Identity, bool]) -> None:
    """What a person was told of the own messages holds."""
    for counter in person.stored:
        identity = person.device, counter
        if identity not in world.history.excused and not accepted.get(identity):
            raise PromiseError("P2", f"{identity} was told to be stored, and is {accepted.get(identity)}")
    for counter, code in person.refused.items():
        if accepted.get((person.device, counter)):
            raise PromiseError(
                "honest refusals", f"{person.device} was told {code} for {counter}: it is stored"
            )
