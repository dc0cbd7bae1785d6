"""What a device wants with people: groups with administrators, who come and go, friends, private chats."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from server.archive.record import Draft
from server.state.bodies import (
    AddBody,
    AdministerBody,
    DeleteRoomBody,
    FriendBody,
    GroupBody,
    LeaveBody,
    MessageBody,
    RemoveBody,
    RenameBody,
    TopicBody,
)
from server.state.friendships import private_room

if TYPE_CHECKING:
    from tests.simulation.wants import Wants

# What is done in a group, and how often of a hundred.
_ACTS: Final = {
    "message": 36,
    "add": 18,
    "remove": 20,
    "leave": 6,
    "administer": 20,
    "rename": 5,
    "topic": 5,
    "delete_room": 4,
}
_FOR_ADMINISTRATORS: Final = frozenset({"add", "remove", "administer", "rename", "topic", "delete_room"})
_FRIENDLY: Final = {
    "ask": 35,
    "accept": 25,
    "message": 20,
    "remove": 6,
    "block": 6,
    "unblock": 4,
    "decline": 4,
}
_MAKES: Final = 0.08
_IS_ABOUT_FRIENDS: Final = 0.2
# Administrators act mostly where they may.
_AT_HOME: Final = 0.7
_BEGINS: Final = 0.25
# A group of some, and not of everybody.
_SOME: Final = 0.6

_decode: Final = msgspec.msgpack.decode


class Circles:
    """One device's."""

    def __init__(self, wants: "Wants") -> None:
        self._wants: Final = wants
        self._world: Final = wants.world
        self._rng: Final = wants.world.rng

    def invent(self) -> list[Draft]:
        """Something new; nothing, as long as there is no group to do it in."""
        known = self._world.groups.get(self._wants.user, [])
        if self._rng.random() < (_MAKES if self._world.groups else _BEGINS):
            return self._make_group()
        if not self._world.groups:
            return []
        if self._rng.random() < _IS_ABOUT_FRIENDS:
            return [self._befriend()]
        return [self._act(known)] if known else []

    def learned(self, draft: Draft) -> None:
        """Something was accepted: those who were taken into a group know of it."""
        if draft.kind == "group":
            body = _decode(draft.body, type=GroupBody)
            self._lead(self._wants.user, body.room)
            for user in (self._wants.user, *body.users):
                self._world.groups.setdefault(user, []).append(body.room)
        elif draft.kind == "add":
            added = _decode(draft.body, type=AddBody)
            self._world.groups.setdefault(added.user, []).append(added.room)
        elif draft.kind == "administer":
            raised = _decode(draft.body, type=AdministerBody)
            self._lead(raised.user, raised.room)

    def _lead(self, user: str, room: str) -> None:
        self._world.groups_led.setdefault(user, []).append(room)

    def _make_group(self) -> list[Draft]:
        room, users = self._wants.next_id, self._others()
        if self._rng.random() < _SOME:
            users = self._rng.sample(users, self._rng.randint(0, len(users)))
        made = [self._wants.draft("group", GroupBody(room, f"group {room}", tuple(users)))]
        if self._wants.is_pipelining:
            made.append(self._wants.draft("message", MessageBody(room, "welcome")))
        return made

    def _act(self, known: list[str]) -> Draft:
        room = self._rng.choice(known[-3:])
        act = self._draw(_ACTS)
        led = self._world.groups_led.get(self._wants.user)
        if act in _FOR_ADMINISTRATORS and led and self._rng.random() < _AT_HOME:
            room = self._rng.choice(led[-2:])
        return self._wants.draft(act, self._body(act, room))

    def _body(self, act: str, room: str) -> msgspec.Struct:
        match act:
            case "add":
                return AddBody(room, self._other(self._strangers(room)))
            case "remove":
                return RemoveBody(room, self._member(room))
            case "leave":
                return LeaveBody(room)
            case "administer":
                other = self._member(room)
                is_one = room in self._world.groups_led.get(other, [])
                return AdministerBody(room, other, is_administrator=(self._rng.random() < _AT_HOME) != is_one)
            case "rename":
                return RenameBody(room, self._wants.next_text)
            case "delete_room":
                return DeleteRoomBody(room)
            case "topic":
                return TopicBody(room, self._wants.next_text)
            case _:
                return MessageBody(room, self._wants.next_text)

    def _befriend(self) -> Draft:
        other = self._other()
        act = self._draw(_FRIENDLY)
        if act == "message":
            room = private_room(self._wants.user, other)
            return self._wants.draft("message", MessageBody(room, self._wants.next_text))
        return self._wants.draft("friend", FriendBody(other, act))

    def _others(self) -> list[str]:
        return [user for user in self._world.user_ids if user != self._wants.user]

    def _member(self, room: str) -> str:
        """Somebody who was in it once, mostly."""
        strangers = self._strangers(room)
        return self._other([user for user in self._others() if user not in strangers])

    def _strangers(self, room: str) -> list[str]:
        return [user for user in self._others() if room not in self._world.groups.get(user, [])]

    def _other(self, likely: Sequence[str] = ()) -> str:
        """Somebody else; without anybody else somebody who never was."""
        if likely and self._rng.random() < _AT_HOME:
            return self._rng.choice(likely)
        return self._rng.choice(self._others() or ["nobody"])

    def _draw(self, table: dict[str, int]) -> str:
        return self._rng.choices(list(table), list(table.values()))[0]
