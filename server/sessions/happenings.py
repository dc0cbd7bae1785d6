"""From records to happenings: what clients are told of rooms and people. Names are those of now."""

from collections.abc import Callable
from typing import Any, Final

from server.archive.record import Record
from server.protocol import events
from server.state.bodies import (
    AddBody,
    AdministerBody,
    DeleteRoomBody,
    FriendBody,
    GroupBody,
    LeaveBody,
    MemberBody,
    RemoveBody,
    RenameBody,
    RoomBody,
    TopicBody,
    UnregisterBody,
)
from server.state.friendships import FriendAct, private_room
from server.state.state import Room, State


def happening_of(record: Record, body: object, audience: str, state: State) -> events.AnyEvent | None:
    """The event of an accepted record; None when a merge has just taken away what it is about."""
    tell = _TELL.get(type(body))
    return None if tell is None else tell(record, body, audience, state)


def _room_created(record: Record, body: RoomBody, _: str, state: State) -> events.RoomCreated | None:
    room = state.rooms.get(body.room)
    if room is None:
        return None
    # A merge may have given it another name, and somebody since.
    wanted = body.name if record.header.origin is not None and room.name != body.name else ""
    return events.RoomCreated(
        index=record.index, room=room.id, name=room.name, user=_writer(record, state), wanted_name=wanted
    )


def _group_created(record: Record, body: GroupBody, _: str, state: State) -> events.RoomCreated | None:
    room = state.rooms.get(body.room)
    if room is None:
        return None
    return events.RoomCreated(
        index=record.index,
        room=room.id,
        name=room.name,
        user=_writer(record, state),
        kind=room.kind,
        members=len(room.members),
    )


def _joined(record: Record, body: MemberBody | AddBody, _: str, state: State) -> events.RoomJoined | None:
    room = state.rooms.get(body.room)
    user = state.users.get(body.user if isinstance(body, AddBody) else _writer(record, state))
    if room is None or user is None:
        return None
    return events.RoomJoined(
        index=record.index,
        room=room.id,
        user=user.id,
        name=user.name,
        kind=room.kind,
        room_name=room.name,
        members=len(room.members),
    )


def _left(record: Record, body: LeaveBody | RemoveBody, _: str, state: State) -> events.RoomLeft | None:
    is_removed = isinstance(body, RemoveBody)
    user = state.users.get(body.user if isinstance(body, RemoveBody) else _writer(record, state))
    if user is None:
        return None
    return events.RoomLeft(
        index=record.index,
        by=record.id,
        room=body.room,
        user=user.id,
        name=user.name,
        is_removed=is_removed,
    )


def _deleted(record: Record, body: DeleteRoomBody, _: str, state: State) -> events.RoomDeleted | None:
    room, user = state.rooms.get(body.room), state.users.get(_writer(record, state))
    if room is None or user is None:
        return None
    return events.RoomDeleted(
        index=record.index,
        by=record.id,
        room=room.id,
        user=user.id,
        name=user.name,
        room_name=room.name,
    )


def _person_left(record: Record, body: UnregisterBody, _: str, state: State) -> events.PersonLeft | None:  # noqa: ARG001 - the table's shape
    user = state.users.get(_writer(record, state))
    if user is None:
        return None
    return events.PersonLeft(index=record.index, by=record.id, user=user.id, name=user.name)


def _changed(
    record: Record, body: RenameBody | TopicBody | AdministerBody, _: str, state: State
) -> events.RoomChanged | None:
    room, user = state.rooms.get(body.room), state.users.get(_writer(record, state))
    if room is None or user is None:
        return None
    if isinstance(body, AdministerBody):
        return _administrator_changed(record, body, room, state)
    return events.RoomChanged(
        index=record.index,
        by=record.id,
        room=room.id,
        what="name" if isinstance(body, RenameBody) else "topic",
        user=user.id,
        name=user.name,
        room_name=room.name,
        topic=room.topic,
    )


def _administrator_changed(
    record: Record, body: AdministerBody, room: Room, state: State
) -> events.RoomChanged | None:
    user, member = state.users[_writer(record, state)], state.users.get(body.user)
    if member is None:
        return None
    return events.RoomChanged(
        index=record.index,
        by=record.id,
        room=room.id,
        what="administrator",
        user=user.id,
        name=user.name,
        room_name=room.name,
        topic=room.topic,
        member=member.id,
        member_name=member.name,
        is_administrator=body.is_administrator,
    )


def _friendship_changed(
    record: Record, body: FriendBody, audience: str, state: State
) -> events.FriendshipChanged | None:
    user, other = state.users.get(_writer(record, state)), state.users.get(body.user)
    if user is None or other is None:
        return None
    room = private_room(user.id, other.id)
    # Nobody hears that he or she was blocked. What a merge brings the other side of the cut may have ended.
    is_hidden = body.act == FriendAct.BLOCK and audience != user.id
    is_over = body.act == FriendAct.ACCEPT and record.header.origin is not None
    is_over = is_over and not state.are_friends(user.id, other.id)
    return events.FriendshipChanged(
        index=record.index,
        by=record.id,
        user=user.id,
        name=user.name,
        other=other.id,
        other_name=other.name,
        act=FriendAct.REMOVE if is_hidden or is_over else body.act,
        room=room if room in state.rooms else "",
    )


def _writer(record: Record, state: State) -> str:
    """The person who asked for it."""
    device = state.devices.get(record.header.device)
    return device.user if device is not None else ""


_TELL: Final[dict[type, Callable[[Record, Any, str, State], events.AnyEvent | None]]] = {
    RoomBody: _room_created,
    GroupBody: _group_created,
    MemberBody: _joined,
    AddBody: _joined,
    LeaveBody: _left,
    RemoveBody: _left,
    DeleteRoomBody: _deleted,
    UnregisterBody: _person_left,
    RenameBody: _changed,
    TopicBody: _changed,
    AdministerBody: _changed,
    FriendBody: _friendship_changed,
}
