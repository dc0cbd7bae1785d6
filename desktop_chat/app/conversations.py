"""The conversations as the list on the left needs them: last message and unread count of each room."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator

import msgspec

from desktop_chat.store import history, rooms
from desktop_chat.store.messages import Message
from desktop_chat.view_models.conversation_list import Conversation

# More than the badge can show need not be counted.
_UNREAD_MAX = 100


class Conversations:
    """Rooms by id; read from the cache once, then kept up to date by what is told."""

    def __init__(self, reader: sqlite3.Connection) -> None:
        self._reader = reader
        self._rooms: dict[str, Conversation] = {}

    def __iter__(self) -> Iterator[Conversation]:
        return iter(self._rooms.values())

    def __getitem__(self, room: str) -> Conversation:
        return self._rooms[room]

    def __contains__(self, room: str) -> bool:
        return room in self._rooms

    @property
    def unread_total(self) -> int:
        """How many messages of others were not seen."""
        return sum(each.unread for each in self._rooms.values())

    def load(self, own_user: str) -> None:
        """Read what the cache knows; rooms that are known keep what was told since."""
        for known in rooms.read_rooms(self._reader):
            current = self._rooms.get(known.room)
            if current is not None:
                self._rooms[known.room] = msgspec.structs.replace(
                    current, name=known.name, members=known.members
                )
                continue
            self._rooms[known.room] = Conversation(
                known.room,
                known.name,
                known.members,
                history.last_message(self._reader, known.room),
                rooms.unread_count(self._reader, known.room, own_user, _UNREAD_MAX),
            )

    def arrived(self, messages: Iterable[Message], own_user: str, is_unseen: Callable[[str], bool]) -> None:
        """Messages came. Only those of others in rooms that nobody looks at count as unread."""
        for message in messages:
            known = self._rooms.get(message.room)
            if known is None:
                continue
            if known.last is None or known.last.is_pending or known.last.index < message.index:
                known = msgspec.structs.replace(known, last=message)
            if not message.is_own(own_user) and is_unseen(message.room):
                known = msgspec.structs.replace(known, unread=known.unread + 1)
            self._rooms[message.room] = known

    def written(self, message: Message) -> None:
        """Something was written here."""
        known = self._rooms.get(message.room)
        if known is not None:
            self._rooms[message.room] = msgspec.structs.replace(known, last=message)

    def reload_last(self, room: str) -> None:
        """The last message may be another one (refused, or merged away)."""
        if room in self._rooms:
            last = history.last_message(self._reader, room)
            self._rooms[room] = msgspec.structs.replace(self._rooms[room], last=last)

    def seen(self, room: str) -> None:
        """The person has read all of a room."""
        if room in self._rooms:
            self._rooms[room] = msgspec.structs.replace(self._rooms[room], unread=0)
