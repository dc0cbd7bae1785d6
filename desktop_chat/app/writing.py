"""What the person writes: from the box through the cache's outbox to the network, and the marks of reading.

Enter clears the box at once. One transaction on the store's thread takes the next counter and moves
the text to the outbox; only then the network gets it. A failed write brings the text back.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence

from desktop_chat.app.session import Session
from desktop_chat.gui_events import GuiEvent, OutboxFailed, OutboxKept
from desktop_chat.network_requests import SendDraft
from desktop_chat.store import outbox, rooms
from desktop_chat.store.drafts import write_draft
from desktop_chat.store.messages import Message, from_draft
from server.client.outbox import Draft
from server.network.clock import Clock


class Writing:
    """Lives on the Tk thread. What it asks of the store's thread comes back through `post`."""

    def __init__(self, session: Session, clock: Clock, post: Callable[[GuiEvent], None]) -> None:
        self._session = session
        self._clock = clock
        self._post = post
        self._next_ticket = 1
        # Written and not yet told to be on disk, by ticket.
        self._unkept: dict[int, Draft] = {}
        self._waiting: set[int] = {draft.counter for draft in outbox.unsent(session.reader)}
        self._drafts: dict[str, str] = {}
        self._changed_drafts: set[str] = set()
        self._marks: dict[str, int] = {}

    @property
    def waiting_count(self) -> int:
        """How many messages no server has confirmed."""
        return len(self._unkept) + len(self._waiting)

    def send(self, room: str, text: str, device: str) -> Message:
        """Put a text into the outbox; gives the row that stands for it, its counter is a negative ticket."""
        ticket, self._next_ticket = self._next_ticket, self._next_ticket + 1
        time_ms = self._clock.wall_ms()
        draft = self._unkept[ticket] = Draft(-ticket, room, text, time_ms)
        self._drafts[room] = ""
        network, post = self._session.network, self._post

        def kept(kept_draft: Draft) -> None:
            # On the store's thread: it is on disk, so the network may have it, and the window is told.
            post(OutboxKept(ticket, kept_draft))
            if network is not None:
                network.request(SendDraft(kept_draft))

        def failed(error: Exception) -> None:
            post(OutboxFailed(ticket, room, text, str(error)))

        self._session.store.write(
            lambda connection: outbox.put(connection, room, text, time_ms), kept, failed
        )
        return from_draft(draft, device, 0)

    def kept(self, event: OutboxKept) -> None:
        """It is on disk."""
        if self._unkept.pop(event.ticket, None) is not None:
            self._waiting.add(event.draft.counter)

    def failed(self, event: OutboxFailed) -> None:
        """It is not."""
        self._unkept.pop(event.ticket, None)

    def settled(self, counter: int) -> None:
        """The servers have given a final answer."""
        self._waiting.discard(counter)

    def delivered(self, messages: Iterable[Message], device: str) -> None:
        """Own messages came back: whatever else was heard of them, they are stored."""
        self._waiting.difference_update(each.counter for each in messages if each.device == device)

    def with_unkept(self, waiting: Sequence[Message], room: str, device: str) -> list[Message]:
        """What the outbox holds in a room, and behind it what is on its way there."""
        known = {(message.text, message.time_ms) for message in waiting}
        return [
            *waiting,
            *(
                from_draft(draft, device, 0)
                for draft in self._unkept.values()
                if draft.room == room and (draft.text, draft.time_ms) not in known
            ),
        ]

    def draft_changed(self, room: str, text: str) -> None:
        """Remember what stands in the box; it is written by `keep_drafts`."""
        self._drafts[room] = text
        self._changed_drafts.add(room)

    def draft_of(self, room: str, kept: str) -> str:
        """What stands in the box of a room."""
        return self._drafts.get(room, kept)

    def keep_drafts(self) -> None:
        """Write the drafts that changed."""
        changed = {room: self._drafts[room] for room in self._changed_drafts}
        self._changed_drafts.clear()

        def write(connection: sqlite3.Connection) -> None:
            for room, text in changed.items():
                write_draft(connection, room, text)

        if changed:
            self._session.store.write(write)

    def mark_read(self, room: str, index: int) -> bool:
        """The person has seen a room up to an index; False when that is nothing new."""
        if self._marks.get(room, 0) >= index:
            return False
        self._marks[room] = index
        self._session.store.write(lambda connection: rooms.write_read_mark(connection, room, index))
        return True
