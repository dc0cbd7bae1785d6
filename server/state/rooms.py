"""Rooms: the verdicts on making, entering, leaving and describing one, and what they change."""

from msgspec import structs

from server.archive.record import Draft, Header
from server.protocol import limits
from server.protocol.characters import is_line
from server.protocol.errors import Refusal
from server.protocol.names import clean_label, clean_room_name, free_name, name_key
from server.state.bodies import DeleteRoomBody, LeaveBody, MemberBody, RenameBody, RoomBody, TopicBody
from server.state.permissions import Act, refusal_of
from server.state.state import Room, RoomKind, State
from server.state.told import ADMINISTRATORS, EVERYBODY, Told


def judge_room(state: State, header: Header | Draft, body: RoomBody) -> Refusal | None:
    """A name is given once; after a merge a room whose name is taken gets another one."""
    if state.user_of_device(header.device) is None:
        return Refusal("not_signed_in")
    if clean_room_name(body.name) is None:
        return Refusal("bad_room_name", {"name": body.name[:64]})
    if body.room in state.rooms:
        return Refusal("room_name_taken", {"name": body.name})
    if body.room in state.users:
        # What is told to a room is told under its id, and so is what is told to a person.
        return Refusal("bad_request", {"reason": "the id of a person"})
    if header.origin is not None:
        return None
    if name_key(body.name) in state.room_by_name:
        return Refusal("room_name_taken", {"name": body.name})
    return refusal_of_more_rooms(state, state.devices[header.device].user)


def refusal_of_more_rooms(state: State, user: str) -> Refusal | None:
    """Why somebody may make no more rooms and groups. Private chats are as many as there are friends."""
    if state.rooms_made[user] >= limits.ROOMS_PER_PERSON_MAX:
        return Refusal("too_many_own_rooms", {"limit": limits.ROOMS_PER_PERSON_MAX})
    is_full = state.rooms_made.total() >= limits.ROOMS_MAX
    return Refusal("too_many_rooms", {"limit": limits.ROOMS_MAX}) if is_full else None


def fold_room(state: State, header: Header, body: RoomBody) -> Told:
    """The room exists, and its maker is in it and administers it.

    After a merge its maker may have left the chat: then it waits for whoever joins it first.
    """
    user = state.devices[header.device].user
    name = free_name(body.name, state.room_by_name)
    room = Room(body.room, name, (), maker=user, classic_name=state.classic_rooms.new(name))
    if state.users[user].has_left:
        state.put_room(room)
        return Told(audience=EVERYBODY)
    state.put_room(structs.replace(room, administrators=(user,)))
    state.add_member(body.room, user)
    return Told(audience=EVERYBODY, joined=((body.room, user),))


def judge_member(state: State, header: Header | Draft, body: MemberBody) -> Refusal | None:
    """Anybody may join a public room, once."""
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    if body.room in user.rooms and header.origin is not None:
        # Joined on both sides of a cut: the wish is fulfilled.
        return None
    refusal = refusal_of(state, Act.JOIN, body.room, user.id)
    if refusal is None and len(state.rooms[body.room].members) >= limits.ROOM_MEMBERS_MAX:
        return Refusal("room_full", {"limit": limits.ROOM_MEMBERS_MAX})
    return refusal


def fold_member(state: State, header: Header, body: MemberBody) -> Told | None:
    """The person is in the room from here on. Whoever comes where nobody can administer it does."""
    user = state.users[state.devices[header.device].user]
    if body.room in user.rooms or user.has_left:
        return None
    state.add_member(body.room, user.id)
    # Otherwise nobody would administer it ever again.
    state.take_over(body.room, user.id)
    return Told(audience=body.room, joined=((body.room, user.id),))


def judge_leave(state: State, header: Header | Draft, body: LeaveBody) -> Refusal | None:
    """Whoever is in it; left on both sides of a cut, the wish is fulfilled."""
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    if header.origin is not None and body.room not in user.rooms:
        return None
    return refusal_of(state, Act.LEAVE, body.room, user.id)


def fold_leave(state: State, header: Header, body: LeaveBody) -> Told | None:
    """The person is in the room no more. A group that nobody is in is closed."""
    return take_out(state, body.room, state.devices[header.device].user)


def take_out(state: State, room: str, user: str) -> Told | None:
    """Somebody is a member no more: the others are told, and so is that one."""
    if room not in state.users[user].rooms:
        return None
    state.remove_member(room, user)
    return Told(audience=room, others=(user,), left=((room, user),))


def judge_delete_room(state: State, header: Header | Draft, body: DeleteRoomBody) -> Refusal | None:
    """An administrator's right; deleted on both sides of a cut, the wish is fulfilled."""
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    room = state.rooms.get(body.room)
    if room is not None and room.is_deleted and header.origin is not None:
        return None
    return refusal_of(state, Act.DELETE, body.room, user.id)


def fold_delete_room(state: State, header: Header, body: DeleteRoomBody) -> Told | None:  # noqa: ARG001 - the table's shape
    """Nobody is in it any more, and its name is free. What was written in it stays in the archive.

    Everybody hears it of a public room, and the administrators of the chat find it in their audit; of a group
    only those who were in it, each by the own id, for nobody reads the room's.
    """
    room = state.rooms[body.room]
    if room.is_deleted:
        return None
    state.delete_room(room.id)
    left = tuple((room.id, member) for member in room.members)
    if room.kind is RoomKind.PUBLIC:
        return Told(audience=EVERYBODY, others=(ADMINISTRATORS,), left=left)
    return Told(audience=room.members[0], others=room.members[1:], left=left)


def judge_rename(state: State, header: Header | Draft, body: RenameBody) -> Refusal | None:
    """An administrator's right. A public room's name is given once, also by a merge; a group's is free."""
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    refusal = refusal_of(state, Act.RENAME, body.room, user.id)
    if refusal is not None:
        return refusal
    if state.rooms[body.room].kind is RoomKind.GROUP:
        is_clean = clean_label(body.name) == body.name != ""
        return None if is_clean else Refusal("bad_room_name", {"name": body.name[:64]})
    if clean_room_name(body.name) is None:
        return Refusal("bad_room_name", {"name": body.name[:64]})
    if state.room_by_name.get(name_key(body.name), body.room) != body.room:
        return Refusal("room_name_taken", {"name": body.name})
    return None


def fold_rename(state: State, header: Header, body: RenameBody) -> Told:  # noqa: ARG001 - the table's shape
    """Everybody hears the name of a public room, its members that of a group."""
    room = structs.replace(state.rooms[body.room], name=body.name)
    state.put_room(room)
    return Told(audience=EVERYBODY if room.kind is RoomKind.PUBLIC else room.id)


def judge_topic(state: State, header: Header | Draft, body: TopicBody) -> Refusal | None:
    """An administrator's right, and one line."""
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    is_short = is_line(body.topic) and len(body.topic.encode()) <= limits.TOPIC_BYTES_MAX
    if not is_short or len(body.topic) > limits.TOPIC_CHARACTERS_MAX:
        return Refusal("bad_topic", {"limit": limits.TOPIC_CHARACTERS_MAX})
    return refusal_of(state, Act.DESCRIBE, body.room, user.id)


def fold_topic(state: State, header: Header, body: TopicBody) -> Told:  # noqa: ARG001 - the table's shape
    """Its members are told."""
    state.put_room(structs.replace(state.rooms[body.room], topic=body.topic))
    return Told(audience=body.room)
