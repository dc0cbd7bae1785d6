"""From requests to drafts: what is asked for, as it is to be archived (pure)."""

from typing import Final

import msgspec

from server.archive.record import Draft
from server.protocol import requests
from server.sessions.signing_in import id_from
from server.state.bodies import (
    AddBody,
    AdministerBody,
    DeleteRoomBody,
    FileBody,
    FriendBody,
    GroupBody,
    InviteBody,
    LeaveBody,
    MemberBody,
    MessageBody,
    RemoveBody,
    RenameBody,
    ResetBody,
    RevokeBody,
    RoomBody,
    SettingsBody,
    StandingBody,
    TakeBackBody,
    TopicBody,
)

Act = (
    requests.CreateInvite
    | requests.TakeBackInvite
    | requests.SetStanding
    | requests.ResetPassword
    | requests.ChangeSettings
)
Archived = (
    requests.CreateRoom
    | requests.JoinRoom
    | requests.LeaveRoom
    | requests.DeleteRoom
    | requests.RenameRoom
    | requests.SetTopic
    | requests.CreateGroup
    | requests.AddMember
    | requests.RemoveMember
    | requests.Administer
    | requests.Friend
    | requests.RevokeDevice
    | Act
)

_encode: Final = msgspec.msgpack.Encoder().encode


def message_draft(request: requests.Send, device: str, now_ms: int) -> Draft:
    """The draft of a message. It has the time when it was written, as far as that is not in the future."""
    file = None if request.file is None else FileBody(*msgspec.structs.astuple(request.file))
    body = MessageBody(request.room, request.text, file, request.reply)
    return Draft("message", device, request.counter, min(request.time_ms, now_ms), _encode(body))


def draft_of(request: Archived, device: str, now_ms: int) -> tuple[Draft, str]:
    """The draft of another request of a device, and the id of the room that it makes or enters, or nothing.

    People are named by their ids here: `people.with_ids`.
    """
    kind, body, room = _body_of(request, device)
    return Draft(kind, device, request.counter, now_ms, _encode(body)), room


def _body_of(request: Archived, device: str) -> tuple[str, msgspec.Struct, str]:
    """The kind and the body of the record, and the room."""
    match request:
        case requests.CreateRoom(name=name):
            room = id_from("room", device, request.counter)
            return "room", RoomBody(room, name), room
        case requests.JoinRoom(room=room):
            return "member", MemberBody(room), room
        case requests.CreateGroup(name=name, users=users):
            room = id_from("group", device, request.counter)
            return "group", GroupBody(room, name, tuple(users)), room
        case requests.Friend(user=user, act=act):
            return "friend", FriendBody(user, act), ""
        case requests.RevokeDevice(device=other):
            return "revoke", RevokeBody(other), ""
        case (
            requests.CreateInvite()
            | requests.TakeBackInvite()
            | requests.SetStanding()
            | requests.ResetPassword()
            | requests.ChangeSettings()
        ):
            kind, body = _act_of(request)
            return kind, body, ""
        case _:
            kind, body = _change_of(request)
            return kind, body, ""


def _change_of(
    request: requests.LeaveRoom
    | requests.DeleteRoom
    | requests.RenameRoom
    | requests.SetTopic
    | requests.AddMember
    | requests.RemoveMember
    | requests.Administer,
) -> tuple[str, msgspec.Struct]:
    """The same for what changes a room."""
    match request:
        case requests.LeaveRoom(room=room):
            return "leave", LeaveBody(room)
        case requests.DeleteRoom(room=room):
            return "delete_room", DeleteRoomBody(room)
        case requests.RenameRoom(room=room, name=name):
            return "rename", RenameBody(room, name)
        case requests.SetTopic(room=room, topic=topic):
            return "topic", TopicBody(room, topic)
        case requests.AddMember(room=room, user=user):
            return "add", AddBody(room, user)
        case requests.RemoveMember(room=room, user=user):
            return "remove", RemoveBody(room, user)
        case requests.Administer(room=room, user=user, is_administrator=is_administrator):
            return "administer", AdministerBody(room, user, is_administrator)


def _act_of(request: Act) -> tuple[str, msgspec.Struct]:
    """The kind and the body of what is administered."""
    match request:
        case requests.CreateInvite():
            return "invite", InviteBody(bytes.fromhex(request.hash))
        case requests.TakeBackInvite():
            return "take_back", TakeBackBody(bytes.fromhex(request.hash))
        case requests.SetStanding():
            return "standing", StandingBody(request.user, request.standing)
        case requests.ResetPassword():
            return "reset", ResetBody(request.user, bytes.fromhex(request.hash))
        case requests.ChangeSettings():
            return "settings", SettingsBody(
                request.members_invite, request.send_rate_per_s, request.one_device
            )
