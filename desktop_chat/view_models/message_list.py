"""The messages of one conversation as rows: archived ones by their place, then the outbox.

Of the archived messages only the indices are kept for all (8 bytes each); the messages themselves
are read from the cache in pages, when they come in sight.
"""

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, tzinfo
from typing import Final

import msgspec

from desktop_chat.store.messages import Message
from desktop_chat.view_models.message_rows import MessageRow, Surroundings, build_row, shown_text

ReadPage = Callable[[int, int], Sequence[Message]]

_PAGE_ROWS: Final = 64
_MESSAGES_KEPT_MAX: Final = 4_000


class Inserted(msgspec.Struct, frozen=True):
    """Rows came in at a place."""

    at: int
    count: int


class Removed(msgspec.Struct, frozen=True):
    """Rows went away."""

    at: int
    count: int


class Changed(msgspec.Struct, frozen=True):
    """Rows look different."""

    first: int
    last: int


Change = Inserted | Removed | Changed


class MessageList:
    """Rows of a conversation. `read_page(first_index, last_index)` reads archived messages.

    Every method that changes something gives the list of changes, in order, for the widget.
    """

    def __init__(
        self,
        read_page: ReadPage,
        indices: "array[int]",
        pending: Iterable[Message],
        *,
        own_user: str,
        own_name: str,
        today: Callable[[], date],
        zone: tzinfo | None = None,
        new_from: int = 0,
    ) -> None:
        self._read_page = read_page
        self._indices = indices
        self._pending = list(pending)
        self._own_user = own_user
        self._own_name = own_name
        self._today = today
        self._zone = zone
        self._messages: OrderedDict[int, Message] = OrderedDict()
        self.new_from = new_from

    def __len__(self) -> int:
        return len(self._indices) + len(self._pending)

    @property
    def oldest_index(self) -> int:
        """The index of the first archived message, 0 without one."""
        return self._indices[0] if self._indices else 0

    @property
    def newest_index(self) -> int:
        """The index of the last archived message, 0 without one."""
        return self._indices[-1] if self._indices else 0

    def row(self, number: int) -> MessageRow:
        """The row with this number, counted from 0."""
        around = Surroundings(
            previous=self.message(number - 1) if number > 0 else None,
            following=self.message(number + 1) if number + 1 < len(self) else None,
            own_user=self._own_user,
            today=self._today(),
            zone=self._zone,
            new_from=self.new_from,
        )
        return build_row(self.message(number), around)

    def text_of(self, number: int) -> tuple[str, str]:
        """Author and text of a row, for copying."""
        message = self.message(number)
        return message.name or self._own_name, shown_text(message)

    def message(self, number: int) -> Message:
        """The message of a row."""
        if number >= len(self._indices):
            return self._pending[number - len(self._indices)]
        index = self._indices[number]
        found = self._messages.get(index)
        if found is None:
            self._load_around(number)
            found = self._messages[index]
        else:
            self._messages.move_to_end(index)
        return found

    def add(self, messages: Iterable[Message]) -> list[Change]:
        """Archived messages came: new ones, older ones, or own ones out of the outbox."""
        changes: list[Change] = []
        arrived = sorted(messages, key=lambda message: message.index)
        changes += self._take_from_pending(arrived)
        fresh = [message for message in arrived if not self._has(message.index)]
        for message in arrived:
            self._remember(message)
        for run in _runs(fresh, self._indices):
            at = bisect_left(self._indices, run[0].index)
            self._indices[at:at] = array("q", [message.index for message in run])
            changes.append(Inserted(at, len(run)))
            # The neighbours may now belong to a run, or no longer begin a day.
            changes += self._neighbours(at, len(run))
        return changes

    def replace(self, message: Message) -> list[Change]:
        """An archived message says something else now."""
        if not self._has(message.index):
            return []
        self._remember(message)
        at = bisect_left(self._indices, message.index)
        return [Changed(at, at)]

    def add_older(self, indices: "array[int]") -> list[Change]:
        """More of the cache: the places of messages before all that are here."""
        if not indices:
            return []
        assert not self._indices or indices[-1] < self._indices[0]
        self._indices = indices + self._indices
        return [Inserted(0, len(indices)), *self._neighbours(0, len(indices))]

    def add_pending(self, message: Message) -> list[Change]:
        """A message was written here and waits. Before it has a counter, a negative ticket stands for it."""
        self._pending.append(message)
        at = len(self) - 1
        return [Inserted(at, 1), *self._neighbours(at, 1)]

    def number_pending(self, ticket: int, counter: int) -> bool:
        """A waiting message got its counter; False when it is not in this list."""
        for place, message in enumerate(self._pending):
            if message.counter == ticket:
                self._pending[place] = msgspec.structs.replace(message, counter=counter)
                return True
        return False

    def remove_pending(self, counter: int) -> list[Change]:
        """A waiting message will never be sent (it was refused, or could not be kept)."""
        for place, message in enumerate(self._pending):
            if message.counter == counter:
                del self._pending[place]
                at = len(self._indices) + place
                return [Removed(at, 1), *self._neighbours(at, 0)]
        return []

    def raise_copies(self, counters: Iterable[int], copies: int) -> list[Change]:
        """Waiting messages are stored by now, though we were not shown them yet."""
        wanted = set(counters)
        changes: list[Change] = []
        for place, message in enumerate(self._pending):
            if message.counter in wanted and message.copies < copies:
                self._pending[place] = msgspec.structs.replace(message, copies=copies)
                at = len(self._indices) + place
                changes.append(Changed(at, at))
        return changes

    def raise_archived(self, index: int) -> list[Change]:
        """Everything up to an index is on both servers."""
        raised = [key for key, kept in self._messages.items() if key <= index and kept.copies == 1]
        for key in raised:
            self._messages[key] = msgspec.structs.replace(self._messages[key], copies=2)
        places = [bisect_left(self._indices, key) for key in raised]
        return [Changed(min(places), max(places))] if places else []

    def drop_behind(self, index: int) -> list[Change]:
        """The archives merged: what lies behind an index comes again, perhaps in another order."""
        at = bisect_left(self._indices, index + 1)
        count = len(self._indices) - at
        if count == 0:
            return []
        for dropped in self._indices[at:]:
            self._messages.pop(dropped, None)
        del self._indices[at:]
        return [Removed(at, count), *self._neighbours(at, 0)]

    def mark_new_from(self, index: int) -> list[Change]:
        """Move the line "new messages" (0 takes it away)."""
        if index == self.new_from:
            return []
        places = [bisect_left(self._indices, value) for value in (self.new_from, index) if self._has(value)]
        self.new_from = index
        return [Changed(place, place) for place in places]

    def _take_from_pending(self, arrived: Sequence[Message]) -> list[Change]:
        """Own messages that arrive leave the outbox."""
        changes: list[Change] = []
        identities = {(message.device, message.counter) for message in arrived}
        for message in [kept for kept in self._pending if (kept.device, kept.counter) in identities]:
            changes += self.remove_pending(message.counter)
        return changes

    def _neighbours(self, at: int, count: int) -> list[Change]:
        first, last = max(0, at - 1), min(len(self) - 1, at + count)
        return [Changed(first, last)] if first <= last else []

    def _has(self, index: int) -> bool:
        at = bisect_left(self._indices, index)
        return at < len(self._indices) and self._indices[at] == index

    def _load_around(self, number: int) -> None:
        first = max(0, number - _PAGE_ROWS // 2)
        last = min(len(self._indices) - 1, number + _PAGE_ROWS // 2)
        for message in self._read_page(self._indices[first], self._indices[last]):
            if message.index not in self._messages:
                self._remember(message)

    def _remember(self, message: Message) -> None:
        self._messages[message.index] = message
        self._messages.move_to_end(message.index)
        while len(self._messages) > _MESSAGES_KEPT_MAX:
            self._messages.popitem(last=False)


def _runs(fresh: Sequence[Message], indices: "array[int]") -> list[list[Message]]:
    """The new messages in groups that have no known message between them."""
    runs: list[list[Message]] = []
    for message in fresh:
        if runs and bisect_left(indices, runs[-1][-1].index) == bisect_left(indices, message.index):
            runs[-1].append(message)
        else:
            runs.append([message])
    return runs
