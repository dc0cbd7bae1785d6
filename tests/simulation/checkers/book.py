"""The book of who is in which room, who administers it, and who is whose friend: a model beside the fold."""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from server.archive.erasing import ErasedBody
from server.state.bodies import (
    AddBody,
    AdministerBody,
    DeleteBody,
    DeleteRoomBody,
    EditBody,
    FriendBody,
    GroupBody,
    LeaveBody,
    MemberBody,
    MessageBody,
    ReactBody,
    RemoveBody,
    RenameBody,
    RoomBody,
    StandingBody,
    TopicBody,
)
from server.state.friendships import private_room
from server.state.state import GENERAL
from tests.simulation.checkers.register import Register

Pair = frozenset[str]
# For ever, or at no time.
NEVER = 2**62


@dataclass(slots=True)
class Circle:
    """A room; `kind` is public, group or private. `times` are for each person (in since, out since)."""

    kind: str
    members: list[str] = field(default_factory=list)
    administrators: list[str] = field(default_factory=list)
    times: dict[str, tuple[int, int]] = field(default_factory=dict)
    is_deleted: bool = False


class Book:
    """Of one log, up to the record that was written last."""

    def __init__(self) -> None:
        self.register: Final = Register()
        self.rooms: dict[str, Circle] = {}
        self.put_out = self.deleted = 0
        self._friends: dict[Pair, str] = {}
        self._are_friends: set[Pair] = set()
        self._blocks: set[tuple[str, str]] = set()

    @property
    def groups(self) -> list[Circle]:
        """Those that are groups."""
        return [circle for circle in self.rooms.values() if circle.kind == "group"]

    def is_readable(self, room: str, user: str, index: int) -> bool:
        """Whether somebody may hold a message at an index: members may read the past, too."""
        if room == GENERAL:
            return True
        _since, until = self.rooms[room].times.get(user, (NEVER, 0)) if room in self.rooms else (NEVER, 0)
        return index <= until

    def is_due(self, room: str, user: str, index: int) -> bool:
        """Whether somebody must hold it: written while in the room, which was not left since."""
        if room == GENERAL:
            return True
        since, until = self.rooms[room].times.get(user, (NEVER, 0)) if room in self.rooms else (NEVER, 0)
        return since <= index and until == NEVER

    # --- what is allowed

    def allows(self, user: str, body: object, *, is_moved: bool) -> bool | None:
        """Whether a record is to be accepted here; None: that hangs on what is not in this book."""
        match body:
            case MessageBody(room):
                return self._may_write(room, user) or (is_moved and self._is_known(room))
            case ErasedBody(room=room) | EditBody(room) | ReactBody(room):
                # What was deleted is not changed any more, which is not for this book.
                return None if is_moved or self._may_write(room, user) else False
            case DeleteBody(room):
                return None if is_moved or self._is_member(room, user) else False
            case MemberBody(room):
                return self._may_join(room, user, is_moved=is_moved)
            case LeaveBody(room):
                is_in = self._is_member(room, user)
                return is_moved if not is_in else room != GENERAL and self.rooms[room].kind != "private"
            case GroupBody(_, _, users):
                return is_moved or all(self._may_take_in(user, other) for other in users)
            case _:
                return self._allows_administrator(user, body, is_moved=is_moved)

    def _allows_administrator(self, user: str, body: object, *, is_moved: bool) -> bool | None:
        match body:
            case AddBody(room, other):
                if not self._administers(room, user) or self.rooms[room].kind != "group":
                    return False
                is_in = other in self.rooms[room].members
                return is_moved if is_in else self._may_take_in(user, other)
            case RemoveBody(room, other):
                is_in = self._is_member(room, other)
                return self._administers(room, user) and other != user and (is_in or is_moved)
            case AdministerBody(room, other, is_on):
                if not self._administers(room, user) or other not in self.rooms[room].members:
                    return False
                return is_on or self.rooms[room].administrators != [other]
            case DeleteRoomBody(room):
                return self._may_delete(room, user, is_moved=is_moved)
            case TopicBody(room):
                return self._administers(room, user)
            case RenameBody(room) if not self._is_known(room) or self.rooms[room].kind == "group":
                return self._administers(room, user)
            case _:
                return None

    def _may_write(self, room: str, user: str) -> bool:
        if room == GENERAL:
            return True
        circle = self.rooms.get(room)
        if circle is None or user not in circle.members:
            return False
        return circle.kind != "private" or frozenset(circle.members) in self._are_friends

    def _may_join(self, room: str, user: str, *, is_moved: bool) -> bool:
        if self._is_member(room, user):
            return is_moved
        return room in self.rooms and self.rooms[room].kind == "public" and not self.rooms[room].is_deleted

    def _may_delete(self, room: str, user: str, *, is_moved: bool) -> bool:
        circle, account = self.rooms.get(room), self.register.people.get(user)
        if circle is None or circle.is_deleted:
            return circle is not None and is_moved
        is_of_chat = account is not None and account.is_admin and not account.is_disabled
        is_of_chat = is_of_chat and circle.kind == "public" and user in circle.members
        return is_of_chat or (circle.kind != "private" and user in circle.administrators)

    def _may_take_in(self, user: str, other: str) -> bool:
        return other in self.register.people and (other, user) not in self._blocks

    def _is_known(self, room: str) -> bool:
        return room == GENERAL or room in self.rooms

    def _is_member(self, room: str, user: str) -> bool:
        return room == GENERAL or (room in self.rooms and user in self.rooms[room].members)

    def _administers(self, room: str, user: str) -> bool:
        return room in self.rooms and user in self.rooms[room].administrators

    # --- what was accepted

    def write(self, index: int, user: str, body: msgspec.Struct | None) -> None:
        """A record was accepted at an index."""
        match body:
            case RoomBody(room):
                self.rooms[room] = Circle("public", administrators=[user])
                self._come(room, user, index)
            case GroupBody(room, _, users):
                self.rooms[room] = Circle("group", administrators=[user])
                self._come(room, user, index)
                for other in users:
                    if self._may_take_in(user, other):
                        self._come(room, other, index)
                members = self.rooms[room].members
                able = [one for one in members if not self.register.people[one].is_disabled]
                self.rooms[room].administrators = (able or members)[:1]
            case MemberBody(room) if room != GENERAL:
                self._come(room, user, index)
                self._take_over(self.rooms[room], user)
            case AddBody(room, other):
                self._come(room, other, index)
            case RemoveBody(room, other):
                self.put_out += self._is_member(room, other)
                self._go(room, other, index)
            case AdministerBody(room, other, is_on):
                rest = [one for one in self.rooms[room].administrators if one != other]
                self.rooms[room].administrators = [*rest, other] if is_on else rest
            case FriendBody(other, act):
                self._write_friend(index, user, other, act)
            case LeaveBody(room):
                self._go(room, user, index)
            case DeleteRoomBody(room) if not self.rooms[room].is_deleted:
                self._end(self.rooms[room], index)
            case _:
                self._write_standing(body)

    def _write_standing(self, body: msgspec.Struct | None) -> None:
        """Whoever is sent away administers nothing; whoever comes back, what nobody else can."""
        if not isinstance(body, StandingBody):
            return
        for circle in (circle for circle in self.rooms.values() if body.user in circle.members):
            if body.standing in {"disabled", "banned"}:
                self._relieve(circle, body.user)
            elif body.standing == "enabled" and circle.administrators:
                self._take_over(circle, body.user)

    def _take_over(self, circle: Circle, user: str) -> None:
        if all(self.register.people[one].is_disabled for one in circle.administrators):
            circle.administrators = [user]

    def _come(self, room: str, user: str, index: int) -> None:
        circle = self.rooms[room]
        if user not in circle.members:
            circle.members.append(user)
            circle.times[user] = index, NEVER

    def _go(self, room: str, user: str, index: int) -> None:
        circle = self.rooms.get(room)
        if circle is None or user not in circle.members:
            return
        self._relieve(circle, user)
        circle.members.remove(user)
        circle.administrators = [one for one in circle.administrators if one != user]
        circle.times[user] = circle.times[user][0], index

    def _end(self, circle: Circle, index: int) -> None:
        """Nobody is in it any more, and nobody will be."""
        self.deleted += 1
        circle.times |= {member: (circle.times[member][0], index) for member in circle.members}
        circle.members, circle.administrators, circle.is_deleted = [], [], True

    def _relieve(self, circle: Circle, user: str) -> None:
        """Somebody administers it no more: if nobody else can, whoever is there the longest does, and can."""
        if user not in circle.administrators:
            return
        others = [one for one in circle.administrators if one != user]
        heirs = [one for one in circle.members if one != user]
        able = [one for one in heirs if not self.register.people[one].is_disabled]
        if not any(one in able for one in others):
            others += [one for one in (able or heirs)[:1] if one not in others]
        circle.administrators = others or circle.administrators

    def _write_friend(self, index: int, user: str, other: str, act: str) -> None:
        pair = frozenset((user, other))
        asked_by = self._friends.get(pair)
        match act:
            case "ask" if asked_by is None:
                self._blocks.discard((user, other))
                self._friends[pair] = user
            case "ask" | "accept":
                if asked_by == other and pair not in self._are_friends:
                    self._are_friends.add(pair)
                    self._open_private(index, user, other)
            case "decline" | "remove" | "block":
                self._friends.pop(pair, None)
                self._are_friends.discard(pair)
                if act == "block":
                    self._blocks.add((user, other))
            case _:
                self._blocks.discard((user, other))

    def _open_private(self, index: int, user: str, other: str) -> None:
        room = private_room(user, other)
        if room not in self.rooms:
            self.rooms[room] = Circle("private")
            for member in sorted((user, other)):
                self._come(room, member, index)
