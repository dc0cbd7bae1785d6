"""People: found by name, and the own friends, as one person is told."""

from typing import TYPE_CHECKING, TypeVar

from msgspec import structs

from server.protocol import events, requests
from server.protocol.errors import Refusal
from server.protocol.facts import FriendFacts, MemberFacts
from server.protocol.names import name_key
from server.sessions.drafts import Archived
from server.state.friendships import private_room
from server.state.state import OPERATOR, State

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session

_Request = TypeVar("_Request", bound=Archived)


def with_ids(state: State, request: _Request) -> _Request | Refusal:
    """The request with ids in the place of names: a name may be another one's by the time it is archived."""
    named: list[str] = []
    match request:
        case requests.CreateGroup(users=users):
            named = users
        case requests.AddMember(user=user) | requests.RemoveMember(user=user):
            named = [user]
        case requests.Administer(user=user) | requests.Friend(user=user):
            named = [user]
    ids = [_id_of(state, person) for person in named]
    for person, found in zip(named, ids, strict=True):
        if not found:
            return Refusal("unknown_person", {"user": person})
    if not ids:
        return request
    many = isinstance(request, requests.CreateGroup)
    return structs.replace(request, users=ids) if many else structs.replace(request, user=ids[0])


def _id_of(state: State, person: str) -> str:
    """Whom an id, or @ and a name, stands for; "" for nobody."""
    if person.startswith("@"):
        return state.user_by_name.get(name_key(person[1:]), "")
    return person if person in state.users and person != OPERATOR else ""


def tell_people(hub: "Hub", session: "Session", request: requests.People) -> None:
    """Whose name begins so."""
    start, online = name_key(request.name), hub.presence.online
    everybody = list(hub.state.users.values())
    people_now = (user for user in everybody if user.id != OPERATOR and not user.has_left)
    users = (user for user in people_now if name_key(user.name).startswith(start))
    found = sorted(users, key=lambda user: name_key(user.name))
    people = [MemberFacts(user.id, user.name, user.id in online) for user in found[: request.limit]]
    is_end = len(found) <= request.limit
    session.tell(events.PersonList(answer=request.id, people=people, is_end=is_end))
    session.listed(len(hub.state.users))


def tell_friends(hub: "Hub", session: "Session", request: requests.Friends) -> None:
    """Friends, questions, and the blocked."""
    assert session.user is not None
    friends = friends_of(hub.state, session.user.id, hub.presence.online)
    session.tell(events.FriendList(answer=request.id, friends=friends))
    session.listed(len(friends))


def friends_of(state: State, user: str, online: frozenset[str]) -> list[FriendFacts]:
    """Everybody with whom a person has something to do. Who is no friend is not seen online."""
    found: list[FriendFacts] = []
    for _pair, friendship in state.friendships.of(user):
        is_asker = friendship.asker == user
        other = friendship.other if is_asker else friendship.asker
        if state.users[other].has_left:
            # Of the other side of a cut: it counts no more.
            continue
        status = "friend" if friendship.is_accepted else "asked" if is_asker else "asks"
        room = private_room(user, other)
        found.append(
            FriendFacts(
                user=other,
                name=state.users[other].name,
                status=status,
                room=room if room in state.rooms else "",
                is_online=friendship.is_accepted and other in online,
            )
        )
    found.sort(key=lambda facts: name_key(facts.name))
    blocked = (state.users[other] for other in state.blocked_by(user))
    return found + [FriendFacts(other.id, other.name, "blocked", "", False) for other in blocked]
