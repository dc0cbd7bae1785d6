"""What a server delivers by itself: messages once and in order, counters, rooms, ticks."""

from collections.abc import Callable, Hashable

from server.client import notices
from server.client.notices import (
    AnyNotice,
    Arrived,
    CopiesRaised,
    Diverged,
    PositionMoved,
    PresenceChanged,
    Renamed,
    RoomsChanged,
    ServersChanged,
)
from server.client.reading import Reading
from server.client.rooms import KnownRooms
from server.protocol import events
from server.protocol.events import Message, Messages, RoomCreated, RoomJoined, SignedIn
from server.protocol.facts import RoomFacts, ServerFacts


class Delivery:
    """Turns delivered events into notices. After each input you must call `flush`.

    Messages of one input are given together, and the counters move once for all of them.
    """

    def __init__(
        self,
        reading: Reading,
        emit: Callable[[AnyNotice], None],
        forked: Callable[[int], None] = lambda _index: None,
    ) -> None:
        """`forked` is told the index behind which the archive goes on differently."""
        self._reading = reading
        self._emit = emit
        self._forked = forked
        self._arrived: list[Message] = []
        self._rooms = KnownRooms()
        self._servers: tuple[list[ServerFacts], str] = ([], "")
        # A sign-in that took our cursor back said it already; the event of it may follow.
        self._diverged_at: int | None = None
        self._is_position_stale = False
        self._are_rooms_stale = False

    def signed_in(self, event: SignedIn) -> None:
        """A server leads us from here on: its rooms, its counters, behind our cursor."""
        old = self._reading.cursor
        if old is not None and event.cursor.index < old.index:
            self.diverged(event.cursor.index)
            self._diverged_at = event.cursor.index
        self._reading.resume(event.cursor, event.number, event.archive_number)
        self._rooms.user = event.user
        self._rooms.listed(event.rooms)
        self._is_position_stale = True
        self._are_rooms_stale = True
        self._tell_servers(event.servers, self._servers[1])

    def messages(self, event: Messages) -> None:
        """Messages of a room, perhaps once more."""
        for message in event.messages:
            if self._is_new(message.index, (message.device, message.counter)):
                self._arrived.append(message)
            self._reading.advance(message.index, message.number)
        self._is_position_stale = True

    def room_created(self, event: RoomCreated) -> None:
        """A room came to be."""
        if self._is_new(event.index, event.room) and event.room not in self._rooms:
            self._rooms.created(event)
            self._are_rooms_stale = True
            self._tell_name("room", event)

    def room_joined(self, event: RoomJoined) -> None:
        """Somebody joined a room."""
        if self._is_new(event.index, (event.room, event.user)):
            self._tell_name("person", event)
            self._rooms.joined(event)
            self._are_rooms_stale = True

    def happened(self, event: events.AnyHappening) -> None:
        """Something that the app is to know as it is."""
        if not self._is_new(event.index, event.by):
            return
        self._are_rooms_stale = True
        match event:
            case events.RoomLeft():
                self._rooms.left(event)
            case events.RoomDeleted():
                self._rooms.deleted(event)
            case events.PersonLeft():
                self._rooms.person_left(event)
            case events.RoomChanged():
                self._rooms.changed(event)
            case events.FriendshipChanged():
                self._rooms.befriended(event)
            case _:
                self._are_rooms_stale = False
        self.flush()
        self._emit(notices.Happened(event=event))

    def rooms_listed(self, rooms: list[RoomFacts]) -> None:
        """The whole list was asked for."""
        self._rooms.listed(rooms)
        self._are_rooms_stale = True

    def position_moved(self, event: events.PositionMoved) -> None:
        """The end of a flush."""
        fork = self._reading.fork_before(event.cursor)
        if fork is not None:
            self.diverged(fork - 1)
        self._reading.end_flush(event.cursor, event.number)
        self._is_position_stale = True

    def copies_raised(self, event: events.CopiesRaised) -> None:
        """More is on both disks."""
        self.flush()
        self._emit(CopiesRaised(index=event.index))

    def diverged(self, index: int) -> None:
        """The archive goes on differently behind `index`."""
        if index == self._diverged_at:
            self._diverged_at = None
            return
        self.flush()
        self._reading.drop_behind(index)
        self._are_rooms_stale |= self._rooms.diverged(index)
        self._emit(Diverged(index=index))
        self._forked(index)
        # The app drops what it holds: the place where it resumes must go back with that, at once.
        self._is_position_stale = True

    def servers_changed(self, event: events.ServersChanged) -> None:
        """The pair changed."""
        self._tell_servers(event.servers, event.mode)

    def presence_changed(self, event: events.PresenceChanged) -> None:
        """Somebody came or went."""
        self._emit(PresenceChanged(members=event.members, online=event.online))

    def person_presence(self, event: events.PersonPresence) -> None:
        """Somebody we share a room with came or went."""
        self._emit(notices.PersonPresence(user=event.user, is_online=event.is_online))

    def typing(self, event: events.TypingNow) -> None:
        """Somebody types."""
        self._emit(notices.TypingNow(room=event.room, user=event.user, name=event.name))

    def flush(self) -> None:
        """Give what was gathered: messages first, then where that brought us."""
        if self._arrived:
            arrived, self._arrived = self._arrived, []
            self._emit(Arrived(messages=arrived))
        if self._are_rooms_stale:
            self._are_rooms_stale = False
            self._emit(RoomsChanged(rooms=list(self._rooms)))
        cursor = self._reading.cursor
        if self._is_position_stale and cursor is not None:
            self._is_position_stale = False
            number, archive_number = self._reading.number, self._reading.archive_number
            since = self._reading.since or 0
            self._emit(
                PositionMoved(cursor=cursor, number=number, archive_number=archive_number, since=since)
            )

    def _tell_name(self, what: str, event: RoomCreated | RoomJoined) -> None:
        if event.wanted_name and event.user == self._rooms.user:
            self.flush()
            self._emit(Renamed(what=what, wanted_name=event.wanted_name, name=event.name))

    def _is_new(self, index: int, what: Hashable) -> bool:
        self._diverged_at = None
        fork = self._reading.fork_at(index, what)
        if fork is not None:
            self.diverged(fork - 1)
        return self._reading.is_new(index, what)

    def _tell_servers(self, servers: list[ServerFacts], mode: str) -> None:
        if (servers, mode) != self._servers:
            self._servers = (servers, mode)
            self._emit(ServersChanged(servers=servers, mode=mode))
