"""The outbox: what was written and has no final answer yet, in counter order.

Rules (docs: "Clients" in the replication document):

- What is here was synced to disk before it came here; this is the copy in memory that is sent from.
- Messages are sent in counter order, at most `window` of them unanswered.
- Nothing leaves before a final answer: stored (also "already stored") or refused for good.
- When a link dies everything counts as unsent and goes out again, in counter order, on the next
  link. The servers know each message by (device, counter), so sending twice stores once.
"""

from collections import deque
from collections.abc import Iterable

import msgspec

from server.protocol.facts import FileFacts


class Draft(msgspec.Struct, frozen=True):
    """A message as it was written: `time_ms` is the wall clock when Enter was pressed.

    `reply` is (device, counter) of the message that it answers.
    """

    counter: int
    room: str
    text: str
    time_ms: int
    file: FileFacts | None = None
    reply: tuple[str, int] | None = None


class Outbox:
    """Drafts by counter: unanswered in flight, postponed by the server, and not sent yet.

    All that is in flight or postponed has lower counters than all that waits, for drafts leave
    the waiting line at its head: joining the three keeps the order.
    """

    def __init__(self, window: int, drafts: Iterable[Draft] = ()) -> None:
        self._window = window
        self._newest = 0
        self._waiting: deque[Draft] = deque()
        self._in_flight: dict[int, Draft] = {}
        self._postponed: dict[int, Draft] = {}
        for draft in sorted(drafts, key=lambda draft: draft.counter):
            self.put(draft)

    def __len__(self) -> int:
        return len(self._waiting) + len(self._in_flight) + len(self._postponed)

    @property
    def in_flight_count(self) -> int:
        """How many were sent and have no answer."""
        return len(self._in_flight)

    def put(self, draft: Draft) -> None:
        """Take a draft; its counter must be above all before it, for that is the order of sending."""
        if draft.counter <= self._newest:
            raise ValueError(f"counter {draft.counter} after {self._newest}")
        self._newest = draft.counter
        self._waiting.append(draft)

    def take_sendable(self) -> list[Draft]:
        """The drafts to send now, in counter order; they are in flight from here on."""
        self._put_back(self._postponed)
        self._postponed = {}
        sendable: list[Draft] = []
        while self._waiting and len(self._in_flight) < self._window:
            draft = self._waiting.popleft()
            self._in_flight[draft.counter] = draft
            sendable.append(draft)
        return sendable

    def settle(self, counter: int) -> Draft | None:
        """A final answer came: the draft leaves. None if it had left before (a second answer)."""
        draft = self._in_flight.pop(counter, None) or self._postponed.pop(counter, None)
        if draft is None:
            # Rare: recalled, and then answered all the same.
            draft = next((waiting for waiting in self._waiting if waiting.counter == counter), None)
            if draft is not None:
                self._waiting.remove(draft)
        return draft

    def postpone(self, counter: int) -> None:
        """The server could not take this one now: it goes out again with the next `take_sendable`."""
        draft = self._in_flight.pop(counter, None)
        if draft is not None:
            self._postponed[counter] = draft

    def recall(self) -> None:
        """The link is gone: whatever was sent without an answer waits again, before the rest."""
        self._put_back(self._in_flight | self._postponed)
        self._in_flight = {}
        self._postponed = {}

    def _put_back(self, drafts: dict[int, Draft]) -> None:
        self._waiting.extendleft(drafts[counter] for counter in sorted(drafts, reverse=True))
