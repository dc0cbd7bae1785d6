"""From requests to drafts: what is asked for, as it is to be archived (pure)."""

from typing import Final

import msgspec

from server.archive.record import Draft
from server.protocol import requests
from server.sessions.signing_in import id_from
from server.state.bodies import FileBody, MemberBody, MessageBody, RevokeBody, RoomBody

Archived = requests.Send | requests.CreateRoom | requests.JoinRoom | requests.RevokeDevice

_encode: Final = msgspec.msgpack.Encoder().encode


def draft_of(request: Archived, device: str, now_ms: int) -> tuple[Draft, str]:
    """The draft of a device's request, and the id of the room that it makes or enters, or nothing.

    A message has the time when it was written, as far as that is not in the future.
    """
    counter = request.counter
    match request:
        case requests.Send():
            file = None if request.file is None else FileBody(*msgspec.structs.astuple(request.file))
            body = _encode(MessageBody(request.room, request.text, file, request.reply))
            return Draft("message", device, counter, min(request.time_ms, now_ms), body), ""
        case requests.CreateRoom():
            room = id_from("room", device, counter)
            return Draft("room", device, counter, now_ms, _encode(RoomBody(room, request.name))), room
        case requests.JoinRoom():
            room = request.room
            return Draft("member", device, counter, now_ms, _encode(MemberBody(room))), room
        case requests.RevokeDevice():
            return Draft("revoke", device, counter, now_ms, _encode(RevokeBody(request.device))), ""
