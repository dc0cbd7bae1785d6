"""Who may do what in which kind of room: one table, evaluated by the fold alone (pure).

A test is generated from it: every cell is tried, and a new one without an expectation fails. For what is
about the whole chat see `standings`.
"""

import enum
from typing import Final

from server.protocol.errors import Refusal
from server.state.standings import Standing, standing_of
from server.state.state import NAMED_KINDS, Room, RoomKind, State


class Role(enum.StrEnum):
    """What a person is in a room. In a private chat a member is a friend, as long as the friendship lasts."""

    STRANGER = "stranger"
    MEMBER = "member"
    FRIEND = "friend"
    ADMINISTRATOR = "administrator"


class Act(enum.StrEnum):
    """What can be done in a room. To remove is about others; to moderate is to delete what others wrote.

    To delete is about the room itself: nobody is in it any more, whatever was written in it.

    To see a room is to know that it is there, what it is called, and who is in it.
    """

    SEE = "see"
    READ = "read"
    WRITE = "write"
    JOIN = "join"
    LEAVE = "leave"
    ADD = "add"
    REMOVE = "remove"
    RENAME = "rename"
    DESCRIBE = "describe"
    DELETE = "delete"
    ADMINISTER = "administer"
    MODERATE = "moderate"


_NOBODY: Final = frozenset[Role]()
_STRANGERS: Final = frozenset({Role.STRANGER})
_FRIENDS: Final = frozenset({Role.FRIEND})
_ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})
_MEMBERS: Final = frozenset({Role.MEMBER, Role.FRIEND, Role.ADMINISTRATOR})
_EVERYBODY: Final = frozenset(Role)

# Everybody is in the general room: nobody leaves it, and nobody is put out of it.
TABLE: Final[dict[Act, dict[RoomKind, frozenset[Role]]]] = {
    Act.SEE: {
        RoomKind.GENERAL: _EVERYBODY,
        RoomKind.PUBLIC: _EVERYBODY,
        RoomKind.GROUP: _MEMBERS,
        RoomKind.PRIVATE: _MEMBERS,
    },
    Act.READ: dict.fromkeys(RoomKind, _MEMBERS),
    Act.WRITE: {**dict.fromkeys(RoomKind, _MEMBERS), RoomKind.PRIVATE: _FRIENDS},
    Act.JOIN: {**dict.fromkeys(RoomKind, _NOBODY), RoomKind.PUBLIC: _STRANGERS},
    Act.LEAVE: {**dict.fromkeys(RoomKind, _NOBODY), RoomKind.PUBLIC: _MEMBERS, RoomKind.GROUP: _MEMBERS},
    Act.ADD: {**dict.fromkeys(RoomKind, _NOBODY), RoomKind.GROUP: _ADMINISTRATORS},
    Act.REMOVE: {
        **dict.fromkeys(RoomKind, _NOBODY),
        RoomKind.PUBLIC: _ADMINISTRATORS,
        RoomKind.GROUP: _ADMINISTRATORS,
    },
    Act.RENAME: {
        **dict.fromkeys(RoomKind, _NOBODY),
        RoomKind.PUBLIC: _ADMINISTRATORS,
        RoomKind.GROUP: _ADMINISTRATORS,
    },
    Act.DESCRIBE: {**dict.fromkeys(RoomKind, _ADMINISTRATORS), RoomKind.PRIVATE: _NOBODY},
    Act.DELETE: {
        **dict.fromkeys(RoomKind, _NOBODY),
        RoomKind.PUBLIC: _ADMINISTRATORS,
        RoomKind.GROUP: _ADMINISTRATORS,
    },
    Act.ADMINISTER: {
        **dict.fromkeys(RoomKind, _NOBODY),
        RoomKind.PUBLIC: _ADMINISTRATORS,
        RoomKind.GROUP: _ADMINISTRATORS,
    },
    Act.MODERATE: {**dict.fromkeys(RoomKind, _ADMINISTRATORS), RoomKind.PRIVATE: _NOBODY},
}


def role_of(state: State, room: Room, user: str) -> Role:
    """What a person is in a room."""
    if not _is_member(state, room, user):
        return Role.STRANGER
    if room.kind is RoomKind.PRIVATE:
        is_friend = any(state.are_friends(user, other) for other in room.members if other != user)
        return Role.FRIEND if is_friend else Role.MEMBER
    return Role.ADMINISTRATOR if administers(state, room, user) else Role.MEMBER


def administers(state: State, room: Room, user: str) -> bool:
    """Whether a person administers a room, or would as a member.

    Where anybody may be, the administrators of the chat do, too.
    """
    if user in room.administrators:
        return True
    person = state.users.get(user)
    is_of_chat = person is not None and standing_of(person) is Standing.ADMINISTRATOR
    return is_of_chat and room.kind in NAMED_KINDS


def refusal_of(state: State, act: Act, room_id: str, user: str) -> Refusal | None:
    """Why a person may not do this in a room; None: it is allowed."""
    room = state.rooms.get(room_id)
    if room is None:
        return Refusal("unknown_room", {"room": room_id[:64]})
    if room.is_deleted:
        # Everybody is a stranger now, and those were never told of a group.
        code = "deleted_room" if room.kind is RoomKind.PUBLIC else "unknown_room"
        return Refusal(code, {"room": room_id})
    role, allowed = role_of(state, room, user), TABLE[act][room.kind]
    if role in allowed:
        return None
    if role is Role.STRANGER:
        if role not in TABLE[Act.SEE][room.kind]:
            return Refusal("unknown_room", {"room": room_id})
        return Refusal("not_a_member", {"room": room_id}) if act is not Act.JOIN else Refusal("forbidden")
    if act is Act.JOIN and room.kind in {RoomKind.PUBLIC, RoomKind.GENERAL}:
        return Refusal("already_a_member", {"room": room_id})
    if Role.FRIEND in allowed and room.kind is RoomKind.PRIVATE:
        left = next((member for member in room.members if state.users[member].has_left), "")
        return Refusal("has_left", {"user": left}) if left else Refusal("not_friends")
    if Role.ADMINISTRATOR in allowed:
        return Refusal("not_an_administrator", {"room": room_id})
    return Refusal("forbidden")


def is_readable(state: State, room_id: str, user: str) -> bool:
    """Whether history, search and downloads of a room are open to a person."""
    return refusal_of(state, Act.READ, room_id, user) is None


def readable_rooms(state: State, user: str) -> list[str]:
    """The ids of the rooms that are open to a person, in the order in which they were entered."""
    found = state.users.get(user)
    return [room for room in found.rooms if is_readable(state, room, user)] if found is not None else []


def seen_rooms(state: State, user: str) -> list[Room]:
    """The rooms that a person may know of: those that are for everybody, and the own ones."""
    found = state.users.get(user)
    mine = frozenset(found.rooms) if found is not None else frozenset[str]()
    rooms = [room for room in list(state.rooms.values()) if not room.is_deleted]
    return [room for room in rooms if Role.STRANGER in TABLE[Act.SEE][room.kind] or room.id in mine]


def _is_member(state: State, room: Room, user: str) -> bool:
    """The room has a list and the person has one: the shorter one is looked through, for every message."""
    found = state.users.get(user)
    if found is None or len(room.members) <= len(found.rooms):
        return user in room.members
    return room.id in found.rooms
