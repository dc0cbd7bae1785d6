"""The rooms that a client knows: the own ones, and those that were made or listed since."""

from collections.abc import Iterable, Iterator

from msgspec import structs

from server.protocol.events import (
    FriendshipChanged,
    PersonLeft,
    RoomChanged,
    RoomCreated,
    RoomDeleted,
    RoomJoined,
    RoomLeft,
)
from server.protocol.facts import RoomFacts

_FOR_EVERYBODY = frozenset({"general", "public"})


class KnownRooms:
    """Changed by events, each given once."""

    def __init__(self) -> None:
        self.user = ""
        self._rooms: dict[str, RoomFacts] = {}
        # Those that were deleted since, each with where that stands in the archive.
        self._deleted: list[tuple[int, RoomFacts]] = []

    def __iter__(self) -> Iterator[RoomFacts]:
        return iter(self._rooms.values())

    def __contains__(self, room: str) -> bool:
        return room in self._rooms

    def listed(self, rooms: Iterable[RoomFacts]) -> None:
        """All of them, as the server has them now."""
        self._rooms = {facts.room: facts for facts in rooms}
        self._deleted.clear()

    def created(self, event: RoomCreated) -> None:
        """A public room, or a group that we are in."""
        is_ours = event.user == self.user
        self._rooms[event.room] = RoomFacts(
            room=event.room,
            name=event.name,
            members=event.members,
            is_member=is_ours or event.kind == "group",
            kind=event.kind,
            is_administrator=is_ours,
        )

    def joined(self, event: RoomJoined) -> None:
        """Somebody came into a room, which is how we hear of a group that we were taken into."""
        is_ours, facts = event.user == self.user, self._rooms.get(event.room)
        if facts is not None:
            self._rooms[event.room] = structs.replace(
                facts, members=facts.members + 1, is_member=facts.is_member or is_ours
            )
        elif is_ours and event.room_name:
            self._rooms[event.room] = RoomFacts(
                event.room, event.room_name, event.members, is_member=True, kind=event.kind
            )

    def left(self, event: RoomLeft) -> None:
        """Somebody is a member no more; of a group that we left we hear nothing more."""
        is_ours, facts = event.user == self.user, self._rooms.get(event.room)
        if facts is None:
            return
        if is_ours and facts.kind not in _FOR_EVERYBODY:
            del self._rooms[event.room]
            return
        self._rooms[event.room] = structs.replace(
            facts,
            members=max(0, facts.members - 1),
            is_member=facts.is_member and not is_ours,
            is_administrator=facts.is_administrator and not is_ours,
        )

    def deleted(self, event: RoomDeleted) -> None:
        """A room is there no more."""
        facts = self._rooms.pop(event.room, None)
        if facts is not None:
            self._deleted.append((event.index, facts))

    def diverged(self, index: int) -> bool:
        """What was deleted behind an index is there again, until that is told anew; whether there was any.

        A merge may refuse it: whoever asked for it may have lost the right meanwhile.
        """
        back = [facts for at, facts in self._deleted if at > index]
        self._deleted = [(at, facts) for at, facts in self._deleted if at <= index]
        self._rooms |= {facts.room: facts for facts in back}
        return bool(back)

    def person_left(self, event: PersonLeft) -> None:
        """Somebody left the chat. In which rooms that one was is not told: a list of them has the counts."""
        for facts in list(self._rooms.values()):
            if facts.kind == "general":
                self._rooms[facts.room] = structs.replace(facts, members=max(0, facts.members - 1))
            elif facts.user == event.user:
                self._rooms[facts.room] = structs.replace(facts, has_left=True)

    def changed(self, event: RoomChanged) -> None:
        """Another name, topic or administrator."""
        facts = self._rooms.get(event.room)
        if facts is not None:
            is_ours = event.member == self.user
            self._rooms[event.room] = structs.replace(
                facts,
                name=event.room_name,
                topic=event.topic,
                is_administrator=event.is_administrator if is_ours else facts.is_administrator,
            )

    def befriended(self, event: FriendshipChanged) -> None:
        """Two friends have a private chat."""
        if event.room and event.room not in self._rooms:
            is_ours = event.user == self.user
            other, name = (event.other, event.other_name) if is_ours else (event.user, event.name)
            self._rooms[event.room] = RoomFacts(
                event.room, name, 2, is_member=True, kind="private", user=other
            )
