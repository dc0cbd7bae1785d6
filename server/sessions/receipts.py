"""Receipts: what clients say they have and have read, gathered for the archive; and who is told of it.

A record a second for all people of this server, an event a second for each room: however many people
read at once, the log and the wire grow by that much and no more. Beyond a hundred members nobody is told
by itself; how many have a message is answered when it is asked.
"""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from server.archive.record import Draft, Epoch, span_ends
from server.engine.round import Answer
from server.protocol import events, limits, requests
from server.protocol.errors import Refusal
from server.protocol.facts import MemberMark
from server.protocol.frames import encode_frame
from server.sessions.reader import Reader
from server.state.bodies import MarksBody, PersonMarks
from server.state.permissions import Act, is_readable, refusal_of
from server.state.state import State

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session

# At most one record, and for each room one event.
_EVERY_S: Final = 1.0
# What comes at nearly the same time goes together.
_GATHER_S: Final = 0.05
# People and rooms of one record: more waits for the next one.
_MARKS_MAX: Final = 4_096
# The latest epochs of the log in which marks were made: a merge is behind few of them.
_TRAIL_EPOCHS_MAX: Final = 8


class _Claim(msgspec.Struct, frozen=True, eq=False):
    """What one device says; `until_s` is when its answer is due."""

    session: "Session"
    request: requests.Mark
    user: str
    until_s: float


class Receipts:
    """Those of one hub. On the io thread only."""

    def __init__(self, hub: "Hub", device: str) -> None:
        """`device` is an id that nobody else uses: what this server writes is counted under it."""
        self._hub: Final = hub
        self._device: Final = device
        self._counter = 0
        # By device: one at a time.
        self._claims: dict[str, _Claim] = {}
        self._is_gathering_due = False
        self._is_asked = False
        self._gathered_at_s = self._told_at_s = float("-inf")
        self._raised: set[str] = set()
        self._is_telling_due = False
        # What everybody who reads a room here was told of it.
        self._told: dict[str, dict[str, MemberMark]] = {}
        # Who took nothing when something of these rooms was told.
        self._owed: dict[Reader, set[str]] = {}
        self._is_look_due = False
        self._merges_seen = 0

    # --- from clients to the archive

    def take(self, session: "Session", request: requests.Mark) -> None:
        """A device says what it has; it is answered when that is archived, or says nothing new."""
        assert session.user is not None
        assert session.device is not None
        if session.device.id in self._claims:
            session.refuse(request.id, Refusal("too_many_requests", {"limit": 1}))
            return
        until_s = self._hub.now() + limits.ANSWER_S_MAX
        self._claims[session.device.id] = _Claim(session, request, session.user.id, until_s)
        self._gather_soon()

    def _gather_soon(self) -> None:
        if not (self._is_gathering_due or self._is_asked):
            self._is_gathering_due = True
            delay_s = max(_GATHER_S, self._gathered_at_s + _EVERY_S - self._hub.now())
            self._hub.call_later(delay_s, self._gather)

    def _gather(self) -> None:
        """One record for all that is new."""
        self._is_gathering_due = False
        self._gathered_at_s = self._hub.now()
        people: list[PersonMarks] = []
        taken: list[str] = []
        count = 0
        for device, claim in list(self._claims.items()):
            marks = self._placed(claim)
            if marks is None:
                if self._hub.now() > claim.until_s:
                    self._answer(device, Refusal("unknown"))
            elif not is_news(self._hub.state, marks):
                self._answer(device)
            elif count < _MARKS_MAX:
                count += 1 + len(marks.read)
                people.append(marks)
                taken.append(device)
        if people:
            self._counter += 1
            self._is_asked = True
            body = msgspec.msgpack.encode(MarksBody(_trail(self._hub.state), tuple(people)))
            draft = Draft("marks", self._device, self._counter, self._hub.time_ms(), body)
            self._hub.ask(draft, lambda answer: self._archived(taken, answer))
        elif self._claims:
            self._gather_soon()
        self._hub.flush_all()

    def _archived(self, taken: list[str], answer: Answer) -> None:
        self._is_asked = False
        for device in taken:
            self._answer(device, answer.refusal)
        if self._claims:
            self._gather_soon()

    def _answer(self, device: str, refusal: Refusal | None = None) -> None:
        claim = self._claims.pop(device)
        if claim.session.is_ending:
            return
        if refusal is None:
            claim.session.tell(events.Noted(answer=claim.request.id))
        else:
            claim.session.refuse(claim.request.id, refusal)

    def _placed(self, claim: _Claim) -> PersonMarks | None:
        """What it says about this server's log; None while this server does not know that much of it."""
        request = claim.request
        start, diverged_at = self._hub.place_cursor(request.cursor)
        if diverged_at is None and (
            start.index > self._hub.delivery.position.index or not self._hub.delivery.knows(start)
        ):
            return None
        return PersonMarks(
            claim.user,
            request.since,
            start.index,
            tuple(
                (room, min(index, start.index))
                for room, index in request.read
                if is_readable(self._hub.state, room, claim.user)
            ),
        )

    # --- from the archive to clients

    def raised(self, users: Iterable[str]) -> None:
        """The marks of these people are higher: who shares a room with them is told soon."""
        self._raised.update(users)
        if self._raised and not self._is_telling_due:
            self._is_telling_due = True
            delay_s = max(0.0, self._told_at_s + _EVERY_S - self._hub.now())
            self._hub.call_later(delay_s, self._tell_raised)

    def merged(self) -> None:
        """The log was cut: marks may have gone back, and everybody who reads here is told anew."""
        if self._hub.delivery.merges != self._merges_seen:
            self._merges_seen = self._hub.delivery.merges
            rooms, self._told = self._told, {}
            self.raised(user for members in rooms.values() for user in members)

    def _tell_raised(self) -> None:
        self._is_telling_due = False
        self._told_at_s = self._hub.now()
        state, delivery = self._hub.state, self._hub.delivery
        users, self._raised = self._raised, set()
        touched: dict[str, list[str]] = {}
        for user in users:
            found = state.users.get(user)
            for room in found.rooms if found is not None else ():
                touched.setdefault(room, []).append(user)
        for room, members in touched.items():
            readers = delivery.readers_of(room)
            if readers and is_small(state, room):
                self._tell_room(room, members, readers)
            else:
                self._told.pop(room, None)
        self._tell_owed()
        self._hub.flush_all()

    def _tell_room(self, room: str, members: list[str], readers: set[Reader]) -> None:
        told = self._told.setdefault(room, {})
        marks = [mark_of(self._hub.state, room, user) for user in sorted(members)]
        news = [mark for mark in marks if told.get(mark.user) != mark]
        if not news:
            return
        told.update({mark.user: mark for mark in news})
        frame = encode_frame(events.ReceiptsMoved(room=room, marks=news))
        for reader in readers:
            if reader.outlet.is_paused:
                self._owed.setdefault(reader, set()).add(room)
            else:
                reader.outlet.write(frame)

    def _tell_owed(self) -> None:
        """Those who did not take anything hear how things stand, once they do."""
        for reader, rooms in list(self._owed.items()):
            if reader.outlet.is_paused and reader.audiences:
                continue
            del self._owed[reader]
            for room in rooms & reader.audiences:
                marks = marks_of(self._hub.state, room)
                reader.outlet.write(encode_frame(events.ReceiptsMoved(room=room, marks=marks)))
        if self._owed and not self._is_look_due:
            # One look a second, however often something is told meanwhile.
            self._is_look_due = True
            self._hub.call_later(_EVERY_S, self._look_again)

    def _look_again(self) -> None:
        self._is_look_due = False
        self._tell_owed()


def mark_of(state: State, room: str, user: str) -> MemberMark:
    """How far one member has been delivered to and has read, as far as it is about this room."""
    mark, last = state.marks.of_member(room, user), state.marks.last_message.get(room, 0)
    return MemberMark(user, mark.joined, min(state.marks.delivered.get(user, 0), last), min(mark.read, last))


def marks_of(state: State, room: str) -> list[MemberMark]:
    """Those of all members of a room that is small enough; none of another one."""
    if not is_small(state, room):
        return []
    return [mark_of(state, room, member) for member in state.rooms[room].members]


def is_small(state: State, room: str) -> bool:
    """Whether everybody is told about everybody."""
    return room in state.rooms and len(state.rooms[room].members) <= limits.RECEIPTS_MEMBERS_MAX


def is_news(state: State, marks: PersonMarks) -> bool:
    """Whether a record of it would change anything."""
    delivered = state.marks.delivered.get(marks.user, 0)
    has_more = marks.since <= delivered < marks.delivered
    delivered = marks.delivered if has_more else delivered
    return has_more or any(
        min(index, delivered) > state.marks.of_member(room, marks.user).read
        for room, index in marks.read
        if is_readable(state, room, marks.user)
    )


def take_mark(hub: "Hub", session: "Session", request: requests.Mark) -> None:
    """What the device has, and what its person has read."""
    hub.receipts.take(session, request)


def tell_receipts(hub: "Hub", session: "Session", request: requests.Receipts) -> None:
    """Who has what in a room."""
    assert session.user is not None
    refusal = refusal_of(hub.state, Act.READ, request.room, session.user.id)
    if refusal is not None:
        session.refuse(request.id, refusal)
    else:
        work = asyncio.to_thread(_receipts, hub.state, session.user.id, request)
        hub.readings.start(session, request, work)
        session.listed(len(hub.state.rooms[request.room].members))


def _receipts(state: State, asker: str, request: requests.Receipts) -> events.RoomReceipts | Refusal:
    room = state.rooms.get(request.room)
    if room is None:
        # A merge has just taken it.
        return Refusal("unknown_room", {"room": request.room})
    others = [mark_of(state, room.id, member) for member in room.members if member != asker]
    index = request.index
    recipients = [mark for mark in others if index is None or mark.joined < index]
    return events.RoomReceipts(
        answer=request.id,
        room=room.id,
        members=len(recipients),
        delivered=sum(mark.delivered >= index for mark in recipients) if index else 0,
        read=sum(mark.read >= index for mark in recipients) if index else 0,
        marks=marks_of(state, room.id),
    )


def _trail(state: State) -> tuple[tuple[Epoch, int], ...]:
    """The latest epochs of this log, with their ends."""
    index = state.index
    latest = state.spans[-_TRAIL_EPOCHS_MAX:]
    return tuple((span.epoch, end) for span, end in span_ends(latest, index))
