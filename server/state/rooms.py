"""Rooms: the verdicts on making and joining one, and what they change."""

from server.archive.record import Draft, Header
from server.protocol import limits
from server.protocol.errors import Refusal
from server.protocol.names import clean_room_name, free_name, name_key
from server.state.bodies import MemberBody, RoomBody
from server.state.state import Room, State
from server.state.told import EVERYBODY, Told


def judge_room(state: State, header: Header | Draft, body: RoomBody) -> Refusal | None:
    """A name is given once; after a merge a room whose name is taken gets another one."""
    if state.user_of_device(header.device) is None:
        return Refusal("not_signed_in")
    if clean_room_name(body.name) is None:
        return Refusal("bad_room_name", {"name": body.name[:64]})
    if body.room in state.rooms:
        return Refusal("room_name_taken", {"name": body.name})
    if header.origin is not None:
        return None
    if name_key(body.name) in state.room_by_name:
        return Refusal("room_name_taken", {"name": body.name})
    if len(state.rooms) >= limits.ROOMS_MAX:
        return Refusal("too_many_rooms", {"limit": limits.ROOMS_MAX})
    return None


def fold_room(state: State, header: Header, body: RoomBody) -> Told:
    """The room exists and its maker is in it."""
    user = state.devices[header.device].user
    state.put_room(Room(body.room, free_name(body.name, state.room_by_name), ()))
    state.add_member(body.room, user)
    return Told(audience=EVERYBODY, joined=(body.room, user))


def judge_member(state: State, header: Header | Draft, body: MemberBody) -> Refusal | None:
    """Anybody may join a public room, once."""
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    room = state.rooms.get(body.room)
    if room is None:
        return Refusal("unknown_room", {"room": body.room[:64]})
    if body.room in user.rooms:
        # Joined on both sides of a cut: the wish is fulfilled.
        return None if header.origin is not None else Refusal("already_a_member", {"room": body.room})
    if len(room.members) >= limits.ROOM_MEMBERS_MAX:
        return Refusal("room_full", {"limit": limits.ROOM_MEMBERS_MAX})
    return None


def fold_member(state: State, header: Header, body: MemberBody) -> Told | None:
    """The person is in the room from here on."""
    user = state.devices[header.device].user
    if body.room in state.users[user].rooms:
        return None
    state.add_member(body.room, user)
    return Told(audience=body.room, joined=(body.room, user))
