"""Receipts as a client knows them: how far the members of the rooms that it watches are."""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final

from msgspec import structs

from server.client.links import Links
from server.client.notices import AnyNotice, ReceiptsChanged
from server.protocol.events import (
    Failed,
    PersonLeft,
    ReceiptsMoved,
    RoomDeleted,
    RoomJoined,
    RoomLeft,
    RoomReceipts,
)
from server.protocol.facts import MemberMark
from server.protocol.requests import Receipts

# Whoever is in no such room is not asked about it again before somebody joins it.
_NOT_OURS: Final = frozenset({"unknown_room", "deleted_room", "not_a_member", "forbidden"})


class Tick(Enum):
    """What is known of the others for a message of one's own, beside the disks that it is on."""

    NOT_YET = "not_yet"
    DELIVERED = "delivered"
    READ = "read"


def tick_of(index: int, writer: str, marks: Iterable[MemberMark]) -> Tick:
    """For the message at an index: whether all for whom it was have it, or have read it."""
    others = [mark for mark in marks if mark.user != writer and mark.joined < index]
    if not others or any(mark.delivered < index for mark in others):
        return Tick.NOT_YET
    return Tick.READ if all(mark.read >= index for mark in others) else Tick.DELIVERED


class WatchedRooms:
    """The marks of the rooms that the app watches; each change is a notice.

    A tick is about all members: marks are told only while we know of every one. When somebody joins, or
    has moved of whom we do not know, the room is asked about, and nothing of it is told before the answer.
    """

    def __init__(self, links: Links, emit: Callable[[AnyNotice], None]) -> None:
        self._links = links
        self._emit = emit
        # Of all members; none of those of a large room.
        self._marks: dict[str, dict[str, MemberMark]] = {}
        # Rooms of which we may not know all members, with what moved there since.
        self._moved: dict[str, dict[str, MemberMark]] = {}
        self._to_ask: set[str] = set()
        self._asked: dict[int, str] = {}
        self._not_before = 0.0

    def watch(self, room: str) -> None:
        """From here on the app wants to know who has what in this room."""
        self._marks.setdefault(room, {})
        self._doubt(room)

    def ask_again(self) -> None:
        """Another server has us."""
        self._asked.clear()
        self._moved.clear()
        for room in self._marks:
            self._doubt(room)

    def diverged(self, index: int) -> None:
        """What lies behind is another archive: no mark reaches there until it is told anew."""
        self._moved.clear()
        for room, marks in self._marks.items():
            self._marks[room] = {user: _cut(mark, index) for user, mark in marks.items()}
            self._tell(room)
            self._doubt(room)

    def is_mine(self, answer: int) -> bool:
        """Whether this answers a question of the watch."""
        return answer in self._asked

    def listed(self, event: RoomReceipts) -> None:
        """How things stand in a room; what moved while we asked may be older or newer than that."""
        room = self._asked.pop(event.answer)
        if room in self._to_ask or room not in self._moved:
            # Somebody came or went since we asked, or it was deleted.
            return
        marks, moved = {mark.user: mark for mark in event.marks}, self._moved.pop(room)
        self._marks[room] = marks | {
            user: _furthest(marks[user], mark) for user, mark in moved.items() if user in marks
        }
        if moved.keys() <= marks.keys():
            self._tell(room)
        else:
            self._doubt(room)

    def failed(self, event: Failed, now: float) -> None:
        """Not now, or we may not know."""
        room = self._asked.pop(event.answer)
        if event.code not in _NOT_OURS and room in self._moved:
            self._to_ask.add(room)
            self._not_before = now + self._links.settings.delay_s

    def moved(self, event: ReceiptsMoved) -> None:
        """Somebody has more."""
        known, marks = self._marks.get(event.room), {mark.user: mark for mark in event.marks}
        if known is None:
            return
        if not marks.keys() <= known.keys():
            # They joined, and we hear of that later; or a large room is a small one now.
            self._doubt(event.room)
        if event.room in self._moved:
            aside = self._moved[event.room]
            aside |= {user: _furthest(aside.get(user, mark), mark) for user, mark in marks.items()}
        else:
            known |= marks
            self._tell(event.room)

    def joined(self, event: RoomJoined) -> None:
        """Somebody for whom the next message is, too. Of a large room we know nobody."""
        known = self._marks.get(event.room)
        if known is None or (event.user in known and known[event.user].joined >= event.index):
            return
        if known or event.room in self._moved:
            self._doubt(event.room)

    def gone(self, event: RoomLeft | RoomDeleted | PersonLeft) -> None:
        """Nothing is waited for of somebody who is not in a room any more, or in none.

        Nor of anybody in one that was deleted.
        """
        if isinstance(event, RoomDeleted):
            self._end(event.room)
            return
        rooms = self._marks.keys() if isinstance(event, PersonLeft) else self._marks.keys() & {event.room}
        for room in rooms:
            self._moved.get(room, {}).pop(event.user, None)
            if room in self._asked.values():
                # The answer may be of before.
                self._doubt(room)
            mark = self._marks[room].get(event.user)
            if mark is not None and mark.joined < event.index:
                del self._marks[room][event.user]
                self._tell(room)

    def next_wake(self) -> float | None:
        """When there is something to ask at the earliest."""
        is_idle = self._links.active is not None and not self._to_ask <= set(self._asked.values())
        return self._not_before if is_idle else None

    def write(self, now: float) -> None:
        """Ask what is to be asked, when a server has us; about a room one question at a time."""
        active = self._links.active
        if active is None or now < self._not_before:
            return
        for room in sorted(self._to_ask - set(self._asked.values())):
            self._to_ask.remove(room)
            request = Receipts(id=self._links.next_request_id(), room=room)
            self._asked[request.id] = room
            self._links.ask(active, request, now)

    def _doubt(self, room: str) -> None:
        self._moved.setdefault(room, {})
        self._to_ask.add(room)

    def _end(self, room: str) -> None:
        self._moved.pop(room, None)
        self._to_ask.discard(room)
        if self._marks.get(room):
            self._marks[room] = {}
            self._tell(room)

    def _tell(self, room: str) -> None:
        self._emit(ReceiptsChanged(room=room, marks=list(self._marks[room].values())))


def _cut(mark: MemberMark, index: int) -> MemberMark:
    return structs.replace(mark, delivered=min(mark.delivered, index), read=min(mark.read, index))


def _furthest(one: MemberMark, other: MemberMark) -> MemberMark:
    """Of two marks of one member in one archive: they only grow."""
    return MemberMark(
        one.user,
        max(one.joined, other.joined),
        max(one.delivered, other.delivered),
        max(one.read, other.read),
    )
