"""What was written and has no final answer: on disk first, then on its way."""

from collections.abc import Callable, Iterable

from server.client.exchange import refusal_of
from server.client.outbox import Draft
from server.network.client_links import ClientLinks
from server.network.clock import Clock
from server.protocol.errors import Refusal
from server.protocol.facts import FileFacts
from server.terminal.outbox_file import OutboxFile


class Writing:
    """Call `connect` before anything is written; `tell` hears why a text was not taken."""

    def __init__(self, outbox: OutboxFile, clock: Clock, tell: Callable[[Refusal], None]) -> None:
        self._outbox = outbox
        self._clock = clock
        self._tell = tell
        self._links: ClientLinks | None = None
        # The counters of what has no final answer.
        self._waiting = {draft.counter for draft in outbox.drafts()}
        self.refused_count = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def connect(self, links: ClientLinks) -> None:
        """Where it goes."""
        self._links = links

    def lines(self, room: str, texts: list[str]) -> None:
        """Messages for a room; what no server would store is told and left out."""
        storable: list[str] = []
        for text in texts:
            refusal = refusal_of(text)
            if refusal is None:
                storable.append(text)
            else:
                self.refuse(refusal)
        if storable:
            self._send(self._outbox.put(room, storable, self._clock.wall_ms()))

    def refuse(self, refusal: Refusal) -> None:
        """Something that was typed is not taken."""
        self._tell(refusal)
        self.refused_count += 1

    def reply(self, room: str, text: str, reply: tuple[str, int]) -> None:
        """A text that answers the message (device, counter)."""
        self._send([self._outbox.put_reply(room, text, reply, self._clock.wall_ms())])

    def file(self, room: str, file: FileFacts) -> int:
        """A message with a file that the servers have; gives its counter."""
        draft = self._outbox.put_file(room, file, self._clock.wall_ms())
        self._send([draft])
        return draft.counter

    def settle(self, counters: list[int], refused: int) -> None:
        """The final answers came; so many of them were refusals."""
        self._outbox.settle(counters)
        self._waiting.difference_update(counters)
        self.refused_count += refused

    def _send(self, drafts: Iterable[Draft]) -> None:
        assert self._links is not None, "nothing is typed before the connection is made"
        for draft in drafts:
            self._waiting.add(draft.counter)
            self._links.send(draft)
