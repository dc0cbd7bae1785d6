"""Friendships: asking, answering, ending and blocking, and the private chat of two friends.

    nothing --ask--> asked --accept--> friends --remove--> nothing
                       \\---- decline, block ----> nothing

A private chat is made when the first friendship of two people begins, and stays: what was written can
be read, and written in is only while they are friends.
"""

import enum
import hashlib

from msgspec import structs

from server.archive.record import Draft, Header
from server.protocol import limits
from server.protocol.errors import Refusal
from server.state.bodies import FriendBody
from server.state.state import Friendship, Room, RoomKind, State, pair_of
from server.state.told import Told


class FriendAct(enum.StrEnum):
    """What somebody wants with another person."""

    ASK = "ask"
    ACCEPT = "accept"
    DECLINE = "decline"
    REMOVE = "remove"
    BLOCK = "block"
    UNBLOCK = "unblock"


def judge_friend(state: State, header: Header | Draft, body: FriendBody) -> Refusal | None:
    """Each act has its state; what a merge brings once more is fulfilled already."""
    user = state.user_of_device(header.device)
    if user is None:
        return Refusal("not_signed_in")
    if body.act not in set(FriendAct):
        return Refusal("bad_request", {"reason": "no such act"})
    if body.user not in state.users:
        return Refusal("unknown_person", {"user": body.user[:64]})
    if body.user == user.id:
        return Refusal("not_yourself")
    if state.users[body.user].has_left and header.origin is None:
        return Refusal("has_left", {"user": body.user})
    if body.act in {FriendAct.BLOCK, FriendAct.UNBLOCK}:
        is_more = body.act == FriendAct.BLOCK and not state.has_blocked(user.id, body.user)
        is_full = is_more and len(state.blocked_by(user.id)) >= limits.BLOCKED_MAX
        if header.origin is not None:
            return _refusal_of_lifting(state, user.id, body.user) if body.act == FriendAct.UNBLOCK else None
        return Refusal("too_many_blocked", {"limit": limits.BLOCKED_MAX}) if is_full else None
    found = state.friendship(user.id, body.user)
    if body.act == FriendAct.ASK:
        return _judge_ask(state, header, user.id, body.user)
    if body.act == FriendAct.REMOVE:
        is_fulfilled = found is not None and found.is_accepted
        return None if is_fulfilled or header.origin is not None else Refusal("not_friends")
    if body.act == FriendAct.ACCEPT and header.origin is not None:
        # The private chat that it began may have been written in (P6), whatever became of the friendship.
        return None
    if found is not None and found.is_accepted and body.act == FriendAct.ACCEPT:
        return Refusal("already_friends")
    is_asked = found is not None and not found.is_accepted and found.asker == body.user
    return None if is_asked else Refusal("not_asked", {"user": body.user})


def _judge_ask(state: State, header: Header | Draft, user: str, other: str) -> Refusal | None:
    if state.has_blocked(other, user):
        return Refusal("blocked", {"user": other})
    found = state.friendship(user, other)
    if header.origin is not None:
        return _refusal_of_lifting(state, user, other)
    if found is not None and found.is_accepted:
        return Refusal("already_friends")
    if found is not None and found.asker == user:
        return Refusal("already_asked", {"user": other})
    mine = (friendship for _pair, friendship in state.friendships.of(user))
    asked = sum(one.asker == user and not one.is_accepted for one in mine)
    if found is None and asked >= limits.FRIENDS_ASKED_MAX:
        return Refusal("too_many_asked", {"limit": limits.FRIENDS_ASKED_MAX})
    return None


def _refusal_of_lifting(state: State, user: str, other: str) -> Refusal | None:
    """A merge lifts only blocks that it brought: another one may be newer, of the other side of the cut."""
    return Refusal("forbidden") if state.blocks.get((user, other)) is False else None


def fold_friend(state: State, header: Header, body: FriendBody) -> Told | None:
    """Both sides are told, but for a block: the other one hears of it who asks, or makes a group of both."""
    user = state.devices[header.device].user
    both = Told(audience=user, others=(body.user,))
    match FriendAct(body.act):
        case FriendAct.ASK:
            return _ask(state, user, body.user)
        case FriendAct.ACCEPT:
            return _accept(state, user, body.user)
        case FriendAct.DECLINE | FriendAct.REMOVE:
            return both if state.friendships.pop(pair_of(user, body.user)) else None
        case FriendAct.BLOCK:
            was_friend = state.friendships.pop(pair_of(user, body.user))
            state.blocks[user, body.user] = header.origin is not None
            # The other one sees a friendship end, as it may end for any reason.
            return both if was_friend and was_friend.is_accepted else Told(audience=user)
        case FriendAct.UNBLOCK:
            state.blocks.pop((user, body.user))
            return Told(audience=user)


def _ask(state: State, user: str, other: str) -> Told | None:
    found = state.friendship(user, other)
    if found is None:
        # Whoever asks a person wants to hear from that one.
        state.blocks.pop((user, other))
        state.friendships[pair_of(user, other)] = Friendship(user, other)
        return Told(audience=user, others=(other,))
    if found.is_accepted or found.asker == user:
        return None
    # Each asked the other: both want it.
    return _befriend(state, user, other)


def _accept(state: State, user: str, other: str) -> Told | None:
    found = state.friendship(user, other)
    if found is not None and (found.is_accepted or found.asker == other):
        return _befriend(state, user, other)
    # A merge brings it, and the other side of the cut has ended it already: what is left is their chat.
    joined = open_chat(state, user, other)
    return Told(audience=user, others=(other,), joined=joined) if joined else None


def _befriend(state: State, user: str, other: str) -> Told | None:
    found = state.friendships[pair_of(user, other)]
    if found.is_accepted:
        return None
    state.friendships[pair_of(user, other)] = structs.replace(found, is_accepted=True)
    return Told(audience=user, others=(other,), joined=open_chat(state, user, other))


def open_chat(state: State, user: str, other: str) -> tuple[tuple[str, str], ...]:
    """Two people have a private chat from now on: who joined it by that."""
    room = private_room(user, other)
    if room in state.rooms:
        return ()
    state.put_room(Room(room, "", (), RoomKind.PRIVATE))
    joined = tuple((room, member) for member in pair_of(user, other))
    for _, member in joined:
        state.add_member(room, member)
    return joined


def partner_in(state: State, user: str, room: str) -> str | None:
    """With whom a person has, or would have, this private chat; all people are looked through."""
    return next((other for other in state.users if private_room(user, other) == room), None)


def forget_friends(state: State, user: str) -> None:
    """Nothing is left between somebody and all others."""
    for pair, _friendship in state.friendships.of(user):
        state.friendships.pop(pair)
    for pair, _is_moved in state.blocks.of(user):
        state.blocks.pop(pair)


def private_room(user: str, other: str) -> str:
    """The id of the private chat of two people: the same, whoever makes it on whichever side of a cut.

    Longer than the ids that follow from requests: nobody can look for a device whose person has the id of
    somebody's chat, and would be told what is written there.
    """
    return hashlib.sha256("private {} {}".format(*pair_of(user, other)).encode()).hexdigest()[:32]
