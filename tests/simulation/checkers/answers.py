"""The answers: definite, in time, the same for everybody who asked the same thing (P5)."""

from server.archive.store import StoreReader
from tests.simulation.history import NO_VERDICT, Answered, PromiseError
from tests.simulation.world import World

# What a device may be told without having made a mistake of its own.
_EXPECTED = {
    "room": {"room_name_taken"},
    # On the other side of a cut a room may not be there, or somebody not in it.
    "member": {"already_a_member", "unknown_room"},
    "message": {"unknown_room", "not_a_member"},
    "edit": {"deleted_message"},
    "delete": {"deleted_message"},
    "react": {"deleted_message"},
    "device": {"wrong_secret"},
}


def check_answers(world: World) -> None:
    """Each verdict that was told against every other one about the same thing, and the archive."""
    verdicts: dict[tuple[str, int, bytes], list[Answered]] = {}
    for answered in world.history.answered:
        refusal = answered.answer.refusal
        if refusal is not None:
            if refusal.code in NO_VERDICT:
                continue
            _is_expected(world, answered, refusal.code)
        draft = answered.draft
        verdicts.setdefault((draft.device, draft.counter, draft.body), []).append(answered)
    for identity, everything in verdicts.items():
        told = [answered for answered in everything if not world.history.is_moved(answered)]
        if _is_resubmitted(world, identity[:2]):
            # One server had taken it, or was about to: that stands, whatever the other one had said.
            told = [answered for answered in told if answered.answer.refusal is None]
        told = [answered for answered in told if not _was_room_elsewhere(world, answered)]
        # What a lying disk lost may get another place, or another verdict.
        if not world.history.liars and len({(a.answer.index, a.answer.refusal is None) for a in told}) > 1:
            raise PromiseError("one verdict", f"{identity[:2]}: {[(a.server, a.answer) for a in told]}")
    _one_winner(world, verdicts)
    _in_its_turn(world)


def _is_resubmitted(world: World, identity: tuple[str, int]) -> bool:
    reader = StoreReader(world.machines["a"].disk.durable)
    index = reader.index_of_id(*identity)
    record = None if index is None else reader.record(index)
    return record is not None and record.header.origin is not None


def _was_room_elsewhere(world: World, answered: Answered) -> bool:
    """Whether it was refused for a room that only another server had then: a merge brought it later."""
    refusal = answered.answer.refusal
    if refusal is None or refusal.code != "unknown_room":
        return False
    device, _, counter = str(refusal.arguments["room"]).rpartition("-")
    return bool(device) and counter.isdecimal() and _is_resubmitted(world, (device, int(counter)))


def _in_its_turn(world: World) -> None:
    """Who makes a room and writes in it right behind is not told that there is no such room."""
    history = world.history
    made = {
        (one.draft.id, f"{one.draft.device}-{one.draft.counter}")
        for one in history.answered
        if one.draft.kind == "room" and one.answer.refusal is None and not history.is_moved(one)
    }
    for answered in history.answered:
        refusal, device = answered.answer.refusal, answered.draft.device
        if refusal is None or refusal.code != "unknown_room" or history.is_moved(answered) or history.liars:
            continue
        for maker, room in made:
            is_own = maker[0] == device and maker[1] < answered.draft.counter
            if is_own and room == refusal.arguments["room"] and not _is_resubmitted(world, maker):
                what = f"{answered.server} told {answered.draft.id}: {refusal}, it had made that room"
                raise PromiseError("judged in its turn", what)


def _is_expected(world: World, answered: Answered, code: str) -> None:
    draft = answered.draft
    if code == "id_reuse" and draft.id in world.history.twins:
        return
    if code not in _EXPECTED[draft.kind]:
        raise PromiseError("honest refusals", f"{answered.server} told {draft.id} ({draft.kind}): {code}")


def _one_winner(world: World, verdicts: dict[tuple[str, int, bytes], list[Answered]]) -> None:
    """An id given to two things, a name wanted by two: the archive has one, and it was told so."""
    reader = StoreReader(world.machines["a"].disk.durable)
    for identity in world.history.twins:
        index = reader.index_of_id(*identity)
        record = None if index is None else reader.record(index)
        for draft in world.history.asked[identity]:
            for answered in verdicts.get((*identity, draft.body), []):
                if world.history.is_moved(answered) or world.history.liars:
                    continue
                is_archived = record is not None and record.header.digest == draft.digest
                if (answered.answer.refusal is None) != is_archived:
                    raise PromiseError("one winner", f"{identity}: {answered}, archived: {is_archived}")
