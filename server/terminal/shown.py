"""The messages that a terminal has shown, by short numbers, and what became of them since."""

from collections import OrderedDict
from typing import Final

from msgspec import structs

from server.protocol.changes import AnyChange, changed
from server.protocol.events import Message

# As far back as somebody scrolls; older ones have no number any more.
_KEPT_MAX: Final = 2_000


class Shown:
    """Numbers count from 1 in the order in which messages were shown, and are not used again."""

    def __init__(self) -> None:
        self._messages: OrderedDict[int, Message] = OrderedDict()
        self._numbers: dict[tuple[str, int], int] = {}
        self._last = 0

    def add(self, message: Message) -> None:
        """It is shown now, or once more behind a merge."""
        identity = message.device, message.counter
        number = self._numbers.get(identity)
        if number is None:
            self._last = number = self._last + 1
            self._numbers[identity] = number
        self._messages[number] = message
        while len(self._messages) > _KEPT_MAX:
            _number, old = self._messages.popitem(last=False)
            del self._numbers[old.device, old.counter]

    def find(self, number: int) -> Message | None:
        """The message of this number."""
        return self._messages.get(number)

    def number_of(self, identity: tuple[str, int]) -> int:
        """The number of the message (device, counter), 0 when it was not shown."""
        return self._numbers.get(identity, 0)

    def newest(self, count: int) -> list[tuple[int, Message]]:
        """The last ones with their numbers, in order."""
        return list(self._messages.items())[-count:] if count > 0 else []

    def left(self, user: str) -> None:
        """Somebody has left the chat: so it says beside what that one wrote."""
        for number, message in self._messages.items():
            if message.user == user:
                self._messages[number] = structs.replace(message, has_left=True)

    def change(self, event: AnyChange) -> tuple[int, Message] | None:
        """Something became of a message: its number, and what it is now; None when it was not shown."""
        number = self._numbers.get(event.target, 0)
        if not number:
            return None
        self._messages[number] = changed(self._messages[number], [event])
        return number, self._messages[number]
