"""The answers: definite, in time, the same for everybody who asked the same thing (P5)."""

from server.archive.store import StoreReader
from server.state.bodies import DeleteRoomBody, LeaveBody, RemoveBody
from server.state.fold import decode_body
from tests.simulation.history import NO_VERDICT, Answered, History, PromiseError
from tests.simulation.world import World

# Nobody may do anything in a group that he is not in: he is told that there is none.
_IN_A_GROUP = {"unknown_room", "not_an_administrator"}
# A room may be on one side of a cut only, or deleted by somebody else.
_OF_A_ROOM = {"unknown_room", "deleted_room"}
# What a device may be told without having made a mistake of its own.
_EXPECTED = {
    "room": {"room_name_taken"},
    # On the other side of a cut a room may not be there, or somebody not in it.
    "member": {"already_a_member", *_OF_A_ROOM},
    "message": {*_OF_A_ROOM, "not_a_member", "not_friends"},
    "edit": {"deleted_message", *_OF_A_ROOM, "not_a_member", "not_friends"},
    "delete": {"deleted_message", *_OF_A_ROOM, "not_a_member"},
    "react": {"deleted_message", *_OF_A_ROOM, "not_a_member", "not_friends"},
    "delete_room": {*_OF_A_ROOM, "not_a_member", "not_an_administrator"},
    "device": {
        *("wrong_secret", "setup_done", "name_taken", "wrong_password", "account_disabled"),
        *("bad_invite", "invite_used"),
    },
    "group": {"unknown_person", "blocked"},
    "add": {*_IN_A_GROUP, "already_a_member", "unknown_person", "blocked"},
    "remove": {*_IN_A_GROUP, "unknown_person"},
    "leave": {"unknown_room"},
    "administer": {*_IN_A_GROUP, "unknown_person", "last_administrator"},
    "rename": _IN_A_GROUP,
    "topic": _IN_A_GROUP,
    "friend": {"blocked", "already_friends", "already_asked", "not_friends", "not_asked", "unknown_person"},
    "invite": {"forbidden"},
    "take_back": {"bad_invite", "invite_used"},
    "standing": {"forbidden", "unknown_person", "last_chat_administrator", "account_disabled"},
    "password": {"wrong_password"},
    "revoke": {"unknown_device"},
}
# What a guest is told about whatever it is, once somebody wanted the device, or the person, away.
_AWAY = frozenset({"device_revoked", "account_disabled"})
# What was refused for a right that somebody did not have may be accepted when it is asked again a moment
# later, for a refusal is not archived: who asks at two servers at once may hear both.
_ABOUT_RIGHTS = frozenset(
    {"group", "add", "remove", "leave", "administer", "rename", "topic", "friend", "delete_room"}
    | {"invite", "take_back", "standing", "password", "revoke"}
)
_FOR_WANT_OF_A_RIGHT = frozenset({"unknown_room", "not_friends"})


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
        if any(answered.answer.refusal is None for answered in told):
            told = [answered for answered in told if not _may_change(world.history, answered)]
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


def _may_change(history: History, answered: Answered) -> bool:
    """Whether it was refused for something that is otherwise a moment later."""
    refusal, kind = answered.answer.refusal, answered.draft.kind
    if refusal is None:
        return False
    is_guest = answered.draft.device.startswith("guest")
    if kind in _ABOUT_RIGHTS or refusal.code in _AWAY or (is_guest and kind == "device"):
        return True
    room = str(refusal.arguments.get("room"))
    return refusal.code in _FOR_WANT_OF_A_RIGHT and not _is_public(history, room)


def _is_public(history: History, room: str) -> bool:
    device, _, counter = room.rpartition("-")
    made = history.asked.get((device, int(counter))) if counter.isdecimal() else None
    return made is not None and made[0].kind == "room"


def _in_its_turn(world: World) -> None:
    """Who makes a room and writes in it right behind is not told that there is no such room.

    Nor who makes a group, unless somebody wanted the maker out of it.
    """
    history = world.history
    left, ended = _wanted_out(history), _wanted_deleted(history)
    made = {
        (one.draft.id, f"{one.draft.device}-{one.draft.counter}")
        for one in history.answered
        if one.draft.kind in ("room", "group") and one.answer.refusal is None and not history.is_moved(one)
    }
    made = {
        (maker, room) for maker, room in made if (_person(maker[0]), room) not in left and room not in ended
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


def _person(device: str) -> str:
    """Whose device it is; a guest may have several."""
    return f"user of {device.partition('-')[0]}"


def _wanted_out(history: History) -> set[tuple[str, str]]:
    """Who was ever to leave which room, wanting it or not."""
    out: set[tuple[str, str]] = set()
    for draft in (draft for drafts in history.asked.values() for draft in drafts):
        body = decode_body(draft.kind, draft.body)
        if isinstance(body, LeaveBody):
            out.add((_person(draft.device), body.room))
        elif isinstance(body, RemoveBody):
            out.add((body.user, body.room))
    return out


def _wanted_deleted(history: History) -> set[str]:
    """Which rooms were ever to be deleted."""
    drafts = (draft for drafts in history.asked.values() for draft in drafts if draft.kind == "delete_room")
    bodies = (decode_body(draft.kind, draft.body) for draft in drafts)
    return {body.room for body in bodies if isinstance(body, DeleteRoomBody)}


def _is_expected(world: World, answered: Answered, code: str) -> None:
    draft = answered.draft
    if code == "id_reuse" and draft.id in world.history.twins:
        return
    is_away = code in _AWAY and draft.device.startswith("guest")
    if not is_away and code not in _EXPECTED[draft.kind]:
        raise PromiseError("honest refusals", f"{answered.server} told {draft.id} ({draft.kind}): {code}")


def _one_winner(world: World, verdicts: dict[tuple[str, int, bytes], list[Answered]]) -> None:
    """An id given to two things, a name wanted by two: the archive has one, and it was told so."""
    reader = StoreReader(world.machines["a"].disk.durable)
    # Of a device that was signed out at the same moment neither is kept.
    voids = {identity for process in world.running for identity in process.engine.state.voids}
    for identity in world.history.twins:
        index = reader.index_of_id(*identity)
        record = None if index is None else reader.record(index)
        for draft in world.history.asked[identity]:
            for answered in verdicts.get((*identity, draft.body), []):
                if world.history.is_moved(answered) or world.history.liars:
                    continue
                is_archived = record is not None and record.header.digest == draft.digest
                is_kept = is_archived and identity not in voids
                if (answered.answer.refusal is None) != is_kept:
                    raise PromiseError("one winner", f"{identity}: {answered}, archived: {is_kept}")
