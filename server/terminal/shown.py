"""The messages that a terminal has shown, by short numbers, and what became of them since."""

from collections import OrderedDict
from typing import Final

from msgspec import structs

from server.protocol.changes import AnyChange, changed
from server.protocol.events import Message
from server.protocol.facts import SearchHit

# As far back as somebody scrolls; older ones have no number any more.
_KEPT_MAX: Final = 2_000


class Shown:
    """Numbers count from 1 in the order in which messages were shown, and are not used again."""

    def __init__(self) -> None:
        self._messages: OrderedDict[int, Message] = OrderedDict()
        # What was looked up in the past: of a long one that a search has found only a part is known.
        self._past: OrderedDict[int, Message] = OrderedDict()
        self._numbers: dict[tuple[str, int], int] = {}
        self._last = 0

    def add(self, message: Message) -> None:
        """It is shown now, or once more behind a merge."""
        number = self._number((message.device, message.counter))
        self._past.pop(number, None)
        self._put(self._messages, number, message)

    def add_past(self, message: Message) -> int:
        """It was looked up; gives its number."""
        number = self._number((message.device, message.counter))
        self._put(self._messages if number in self._messages else self._past, number, message)
        return number

    def add_hit(self, hit: SearchHit) -> int:
        """A search has found it; gives its number."""
        number = self._number((hit.device, hit.counter))
        if self.find(number) is None:
            self._put(self._past, number, _message_of(hit))
        return number

    def renew(self, message: Message) -> None:
        """A merge gave it another place in the log."""
        number = self._numbers.get((message.device, message.counter), 0)
        if number in self._messages:
            self._messages[number] = message

    def find(self, number: int) -> Message | None:
        """The message of this number."""
        return self._messages.get(number) or self._past.get(number)

    def number_of(self, identity: tuple[str, int]) -> int:
        """The number of the message (device, counter), 0 when it was not shown."""
        return self._numbers.get(identity, 0)

    def newest(self, count: int) -> list[tuple[int, Message]]:
        """The last ones with their numbers, in order, whatever was looked up meanwhile."""
        return list(self._messages.items())[-count:] if count > 0 else []

    def _number(self, identity: tuple[str, int]) -> int:
        number = self._numbers.get(identity)
        if number is None:
            self._last = number = self._last + 1
            self._numbers[identity] = number
        return number

    def _put(self, numbered: OrderedDict[int, Message], number: int, message: Message) -> None:
        numbered[number] = message
        while len(numbered) > _KEPT_MAX:
            _number, old = numbered.popitem(last=False)
            del self._numbers[old.device, old.counter]

    def left(self, user: str) -> None:
        """Somebody has left the chat: so it says beside what that one wrote."""
        for numbered in (self._messages, self._past):
            for number, message in numbered.items():
                if message.user == user:
                    numbered[number] = structs.replace(message, has_left=True)

    def change(self, event: AnyChange) -> tuple[int, Message] | None:
        """Something became of a message: its number, and what it is now; None when it was not shown."""
        number = self._numbers.get(event.target, 0)
        if not number:
            return None
        numbered = self._messages if number in self._messages else self._past
        numbered[number] = changed(numbered[number], [event])
        return number, numbered[number]


def _message_of(hit: SearchHit) -> Message:
    return Message(
        index=hit.index,
        number=hit.number,
        room=hit.room,
        user=hit.user,
        name=hit.name,
        device=hit.device,
        counter=hit.counter,
        time_ms=hit.time_ms,
        text=hit.text,
        has_left=hit.has_left,
    )
