"""Marks: how far each person's devices were delivered to, and how far the person has read in each room.

A mark is an index of the log and only grows. Looked up from any thread, raised by the fold alone.
"""

from collections.abc import Iterable

import msgspec


class RoomMark(msgspec.Struct, frozen=True, array_like=True):
    """A member of a room: in it since this index, and up to where the person has read there."""

    room: str
    user: str
    joined: int = 0
    read: int = 0


class Marks:
    """Those of all people. What lies before `joined` was never for that member."""

    def __init__(self) -> None:
        # By person: everything up to here was kept by one of the person's devices.
        self.delivered: dict[str, int] = {}
        self._rooms: dict[str, dict[str, RoomMark]] = {}
        # Where the last message of a room stands.
        self.last_message: dict[str, int] = {}

    def of_member(self, room: str, user: str) -> RoomMark:
        """How far one member has read."""
        return self._rooms.get(room, {}).get(user) or RoomMark(room, user)

    def all_of_rooms(self) -> list[RoomMark]:
        """For a snapshot."""
        return [mark for members in self._rooms.values() for mark in members.values()]

    def restore(
        self,
        delivered: Iterable[tuple[str, int]],
        of_rooms: Iterable[RoomMark],
        last_messages: Iterable[tuple[str, int]],
    ) -> None:
        """As a snapshot has them."""
        self.delivered = dict(delivered)
        self.last_message = dict(last_messages)
        for mark in of_rooms:
            self._rooms.setdefault(mark.room, {})[mark.user] = mark

    def join(self, room: str, user: str, index: int) -> None:
        """Somebody became a member; for a new person, nothing that came before was to be delivered."""
        self.delivered.setdefault(user, index)
        self._put(msgspec.structs.replace(self.of_member(room, user), joined=index))

    def forget(self, room: str) -> None:
        """Nobody reads a room any more."""
        self._rooms.pop(room, None)
        self.last_message.pop(room, None)

    def wrote(self, room: str, index: int) -> None:
        """A message stands in the log."""
        self.last_message[room] = index

    def deliver(self, user: str, since: int, index: int) -> bool:
        """One device has everything behind `since` up to `index`; whether the mark is higher now.

        A device that lacks what lies between the mark and `since` proves nothing.
        """
        delivered = self.delivered.get(user, 0)
        if since > delivered or index <= delivered:
            return False
        self.delivered[user] = index
        return True

    def read(self, room: str, user: str, index: int) -> bool:
        """The person has read up to here; not beyond what was delivered."""
        mark = self.of_member(room, user)
        index = min(index, self.delivered.get(user, 0))
        if index <= mark.read:
            return False
        self._put(msgspec.structs.replace(mark, read=index))
        return True

    def _put(self, mark: RoomMark) -> None:
        self._rooms.setdefault(mark.room, {})[mark.user] = mark
