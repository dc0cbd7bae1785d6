"""Rooms: which there are and who is in them, as one person is told."""

from typing import TYPE_CHECKING

from server.protocol import events, requests
from server.protocol.errors import Refusal
from server.protocol.facts import MemberFacts, RoomFacts
from server.state.state import NAMED_KINDS, Room, RoomKind, State, User

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session


def rooms_of(state: State, user: User) -> list[RoomFacts]:
    """The rooms as one person sees them: those that are for everybody, and the own ones."""
    rooms = list(state.rooms.values())
    return [_facts(state, room, user) for room in rooms if room.kind in NAMED_KINDS or room.id in user.rooms]


def _facts(state: State, room: Room, user: User) -> RoomFacts:
    is_private = room.kind is RoomKind.PRIVATE
    other = next((member for member in room.members if member != user.id), "") if is_private else ""
    return RoomFacts(
        room=room.id,
        name=state.users[other].name if other else room.name,
        members=len(room.members),
        is_member=room.id in user.rooms,
        kind=room.kind,
        topic=room.topic,
        is_administrator=user.id in room.administrators,
        user=other,
        read=state.marks.of_member(room.id, user.id).read,
        last_message=state.marks.last_message.get(room.id, 0),
    )


def tell_rooms(hub: "Hub", session: "Session", request: requests.Rooms) -> None:
    """All public rooms, and the own ones of the other kinds."""
    assert session.user is not None
    rooms = rooms_of(hub.state, hub.user_now(session.user))
    session.tell(events.RoomList(answer=request.id, rooms=rooms))


def tell_members(hub: "Hub", session: "Session", request: requests.Who) -> None:
    """Who is in a room. Of a group and a private chat only its members know."""
    assert session.user is not None
    # One look: a merge may just put another state in this one's place.
    state = hub.state
    room = state.rooms.get(request.room)
    if room is None or (room.kind not in NAMED_KINDS and session.user.id not in room.members):
        session.refuse(request.id, Refusal("unknown_room", {"room": request.room}))
        return
    online = hub.presence.online
    users = (state.users[member] for member in room.members)
    members = [
        MemberFacts(user.id, user.name, user.id in online, user.id in room.administrators) for user in users
    ]
    session.tell(events.MemberList(answer=request.id, room=request.room, members=members))
