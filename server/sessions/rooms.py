"""Rooms: which there are and who is in them, as one person is told."""

from typing import TYPE_CHECKING

from server.protocol import events, requests
from server.protocol.facts import MemberFacts, RoomFacts
from server.state.permissions import Act, administers, refusal_of, seen_rooms
from server.state.state import Room, RoomKind, State, User

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session


def own_rooms(state: State, user: User) -> list[RoomFacts]:
    """The rooms that somebody is a member of, in the order in which they were entered."""
    return [
        _facts(state, state.rooms[room], user, is_member=True) for room in user.rooms if room in state.rooms
    ]


def _facts(state: State, room: Room, user: User, *, is_member: bool) -> RoomFacts:
    is_private = room.kind is RoomKind.PRIVATE
    other = next((member for member in room.members if member != user.id), "") if is_private else ""
    return RoomFacts(
        room=room.id,
        name=state.users[other].name if other else room.name,
        members=len(room.members),
        is_member=is_member,
        kind=room.kind,
        topic=room.topic,
        is_administrator=administers(state, room, user.id),
        user=other,
        read=state.marks.of_member(room.id, user.id).read,
        last_message=state.marks.last_message.get(room.id, 0),
        has_left=bool(other) and state.users[other].has_left,
    )


def tell_rooms(hub: "Hub", session: "Session", request: requests.Rooms) -> None:
    """All public rooms, and the own ones of the other kinds."""
    assert session.user is not None
    state, user = hub.state, hub.user_now(session.user)
    mine = frozenset(user.rooms)
    rooms = [_facts(state, room, user, is_member=room.id in mine) for room in seen_rooms(state, user.id)]
    session.tell(events.RoomList(answer=request.id, rooms=rooms))
    session.listed(len(state.rooms))


def tell_members(hub: "Hub", session: "Session", request: requests.Who) -> None:
    """Who is in a room. Of a group and a private chat only its members know."""
    assert session.user is not None
    # One look: a merge may just put another state in this one's place.
    state = hub.state
    refusal = refusal_of(state, Act.SEE, request.room, session.user.id)
    if refusal is not None:
        session.refuse(request.id, refusal)
        return
    room = state.rooms[request.room]
    online = hub.presence.online
    users = (state.users[member] for member in room.members)
    members = [
        MemberFacts(user.id, user.name, user.id in online, administers(state, room, user.id))
        for user in users
    ]
    session.tell(events.MemberList(answer=request.id, room=request.room, members=members))
    session.listed(len(members))
