"""Groups: the verdicts on making one and on who is in it and administers it, and what they change.

To put somebody out of a room and to administer it is done alike in public rooms.
"""

from msgspec import structs

from server.archive.record import Draft, Header
from server.protocol import limits
from server.protocol.errors import Refusal
from server.protocol.names import clean_label
from server.state.bodies import AddBody, AdministerBody, GroupBody, RemoveBody
from server.state.permissions import Act, refusal_of
from server.state.rooms import refusal_of_more_rooms, take_out
from server.state.state import Room, RoomKind, State
from server.state.told import Told


def judge_group(state: State, header: Header | Draft, body: GroupBody) -> Refusal | None:
    """Anybody may make one, with people who have not blocked the maker; they need not be friends."""
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    if clean_label(body.name) != body.name or not body.name:
        return Refusal("bad_room_name", {"name": body.name[:64]})
    if body.room in state.rooms or body.room in state.users:
        return Refusal("bad_request", {"reason": "the id of another room, or of a person"})
    if len(set(body.users) | {user.id}) != len(body.users) + 1:
        return Refusal("bad_request", {"reason": "somebody is named twice"})
    if header.origin is not None:
        return None
    if len(body.users) >= limits.ROOM_MEMBERS_MAX:
        return Refusal("room_full", {"limit": limits.ROOM_MEMBERS_MAX})
    refusal = refusal_of_more_rooms(state, user.id)
    if refusal is not None:
        return refusal
    refusals = (_refusal_to_take_in(state, user.id, other) for other in body.users)
    return next((refusal for refusal in refusals if refusal is not None), None)


def fold_group(state: State, header: Header, body: GroupBody) -> Told:
    """The group exists. Whom a merge does not know any more, or who blocked the maker since, is left out."""
    user = state.devices[header.device].user
    taken = [other for other in body.users if _refusal_to_take_in(state, user, other) is None]
    # Its maker may have left the chat on the other side of a cut.
    members = taken if state.users[user].has_left else [user, *taken]
    # Nor may it be administered by somebody who was sent away there.
    able = [member for member in members if not state.users[member].is_disabled]
    administrators = tuple((able or members)[:1])
    state.put_room(Room(body.room, body.name, (), RoomKind.GROUP, administrators, maker=user))
    for member in members:
        state.add_member(body.room, member)
    joined = tuple((body.room, member) for member in members)
    return Told(audience=body.room, joined=joined)


def judge_add(state: State, header: Header | Draft, body: AddBody) -> Refusal | None:
    """An administrator's right."""
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    refusal = refusal_of(state, Act.ADD, body.room, user.id)
    if refusal is not None:
        return refusal
    if state.devices[header.device].is_revoked:
        # A merge brings it: nobody is taken in by a device that was signed out on the other side of the cut.
        return Refusal("device_revoked")
    if body.user in state.rooms[body.room].members:
        # Taken in on both sides of a cut: the wish is fulfilled.
        return None if header.origin is not None else Refusal("already_a_member", {"room": body.room})
    if len(state.rooms[body.room].members) >= limits.ROOM_MEMBERS_MAX:
        return Refusal("room_full", {"limit": limits.ROOM_MEMBERS_MAX})
    return _refusal_to_take_in(state, user.id, body.user)


def fold_add(state: State, header: Header, body: AddBody) -> Told | None:  # noqa: ARG001 - the table's shape
    """That one reads the group from here on."""
    if body.user in state.rooms[body.room].members:
        return None
    state.add_member(body.room, body.user)
    return Told(audience=body.room, joined=((body.room, body.user),))


def judge_remove(state: State, header: Header | Draft, body: RemoveBody) -> Refusal | None:
    """An administrator's right, and not about oneself: that is leaving."""
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    refusal = refusal_of(state, Act.REMOVE, body.room, user.id)
    if refusal is not None:
        return refusal
    if body.user == user.id:
        return Refusal("not_yourself")
    if body.user not in state.rooms[body.room].members and header.origin is None:
        return Refusal("unknown_person", {"user": body.user[:64]})
    return None


def fold_remove(state: State, header: Header, body: RemoveBody) -> Told | None:  # noqa: ARG001 - as above
    """That one reads the room no more."""
    return take_out(state, body.room, body.user) if body.user in state.users else None


def judge_administer(state: State, header: Header | Draft, body: AdministerBody) -> Refusal | None:
    """An administrator's right, about any member. The last one stays until there is another."""
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    refusal = refusal_of(state, Act.ADMINISTER, body.room, user.id)
    if refusal is not None:
        return refusal
    if body.is_administrator and state.devices[header.device].is_revoked:
        return Refusal("device_revoked")
    room = state.rooms[body.room]
    if body.user not in room.members:
        return Refusal("unknown_person", {"user": body.user[:64]})
    if not body.is_administrator and room.administrators == (body.user,):
        return Refusal("last_administrator", {"room": room.id})
    return None


def fold_administer(state: State, header: Header, body: AdministerBody) -> Told:  # noqa: ARG001 - as above
    """Its members are told."""
    room = state.rooms[body.room]
    others = tuple(member for member in room.administrators if member != body.user)
    administrators = (*others, body.user) if body.is_administrator else others
    state.put_room(structs.replace(room, administrators=administrators))
    return Told(audience=body.room)


def _refusal_to_take_in(state: State, user: str, other: str) -> Refusal | None:
    if other not in state.users:
        return Refusal("unknown_person", {"user": other[:64]})
    if state.users[other].has_left:
        return Refusal("has_left", {"user": other})
    return Refusal("blocked", {"user": other}) if state.has_blocked(other, user) else None
