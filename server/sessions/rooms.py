"""Rooms: which there are and who is in them, as one person is told."""

from typing import TYPE_CHECKING

from server.protocol import events, requests
from server.protocol.errors import Refusal
from server.protocol.facts import MemberFacts, RoomFacts
from server.state.state import State, User

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session


def rooms_of(state: State, user: User) -> list[RoomFacts]:
    """The rooms as one person sees them."""
    marks = state.marks
    return [
        RoomFacts(
            room.id,
            room.name,
            len(room.members),
            room.id in user.rooms,
            marks.of_member(room.id, user.id).read,
            marks.last_message.get(room.id, 0),
        )
        for room in list(state.rooms.values())
    ]


def tell_rooms(hub: "Hub", session: "Session", request: requests.Rooms) -> None:
    """All public rooms."""
    assert session.user is not None
    rooms = rooms_of(hub.state, hub.user_now(session.user))
    session.tell(events.RoomList(answer=request.id, rooms=rooms))


def tell_members(hub: "Hub", session: "Session", request: requests.Who) -> None:
    """Who is in a room."""
    # One look: a merge may just put another state in this one's place.
    state = hub.state
    room = state.rooms.get(request.room)
    if room is None:
        session.refuse(request.id, Refusal("unknown_room", {"room": request.room}))
        return
    online = hub.presence.online
    users = (state.users[member] for member in room.members)
    members = [MemberFacts(user.id, user.name, user.id in online) for user in users]
    session.tell(events.MemberList(answer=request.id, room=request.room, members=members))
