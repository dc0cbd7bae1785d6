"""Receipts as a client knows them: how far the members of the rooms that it watches are."""

from collections.abc import Callable, Iterable
from enum import Enum

from msgspec import structs

from server.client.links import Links
from server.client.notices import AnyNotice, ReceiptsChanged
from server.protocol.events import PersonLeft, ReceiptsMoved, RoomDeleted, RoomLeft, RoomReceipts
from server.protocol.facts import MemberMark
from server.protocol.requests import Receipts


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
    """The marks of the rooms that the app watches; each change is a notice."""

    def __init__(self, links: Links, emit: Callable[[AnyNotice], None]) -> None:
        self._links = links
        self._emit = emit
        self._marks: dict[str, dict[str, MemberMark]] = {}
        self._to_ask: set[str] = set()
        self._asked: dict[int, str] = {}

    def watch(self, room: str) -> None:
        """From here on the app wants to know who has what in this room."""
        self._marks.setdefault(room, {})
        self._to_ask.add(room)

    def ask_again(self) -> None:
        """Another server has us."""
        self._asked.clear()
        for room in self._marks:
            self._marks[room] = {}
            self._to_ask.add(room)

    def diverged(self, index: int) -> None:
        """What lies behind is another archive: no mark reaches there until it is told anew."""
        for room, marks in self._marks.items():
            self._marks[room] = {user: _cut(mark, index) for user, mark in marks.items()}
            self._tell(room)
            self._to_ask.add(room)

    def is_mine(self, answer: int) -> bool:
        """Whether this answers a question of the watch."""
        return answer in self._asked

    def listed(self, event: RoomReceipts) -> None:
        """How things stand in a room."""
        room = self._asked.pop(event.answer)
        self._marks[room] = {mark.user: mark for mark in event.marks}
        self._tell(room)

    def failed(self, answer: int) -> None:
        """We may not know."""
        self._asked.pop(answer, None)

    def moved(self, event: ReceiptsMoved) -> None:
        """Somebody has more."""
        if event.room in self._marks:
            self._marks[event.room] |= {mark.user: mark for mark in event.marks}
            self._tell(event.room)

    def gone(self, event: RoomLeft | RoomDeleted | PersonLeft) -> None:
        """Nothing is waited for of somebody who is not in a room any more, or in none.

        Nor of anybody in one that was deleted.
        """
        room = "" if isinstance(event, PersonLeft) else event.room
        for watched, marks in self._marks.items():
            gone = marks.keys() if isinstance(event, RoomDeleted) else {event.user} & marks.keys()
            if room in {"", watched} and gone:
                self._marks[watched] = {user: mark for user, mark in marks.items() if user not in gone}
                self._tell(watched)

    def write(self, now: float) -> None:
        """Ask what is to be asked, when a server has us."""
        active = self._links.active
        if active is None:
            return
        while self._to_ask:
            request = Receipts(id=self._links.next_request_id(), room=self._to_ask.pop())
            self._asked[request.id] = request.room
            self._links.ask(active, request, now)

    def _tell(self, room: str) -> None:
        self._emit(ReceiptsChanged(room=room, marks=list(self._marks[room].values())))


def _cut(mark: MemberMark, index: int) -> MemberMark:
    return structs.replace(mark, delivered=min(mark.delivered, index), read=min(mark.read, index))
