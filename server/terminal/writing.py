"""What was written and has no final answer: on disk first, then on its way."""

from collections.abc import Callable, Iterable

from server.client.exchange import refusal_of
from server.client.outbox import Draft
from server.network.client_links import ClientLinks
from server.network.clock import Clock
from server.protocol.errors import Refusal
from server.protocol.facts import FileFacts
from server.terminal.drafts import Drafts
from server.terminal.outbox_file import OutboxFile


class Writing:
    """Call `connect` before anything is written; `tell` hears why a text was not taken."""

    def __init__(self, outbox: OutboxFile, clock: Clock, tell: Callable[[Refusal], None]) -> None:
        self._outbox = outbox
        self._clock = clock
        self._tell = tell
        self._links: ClientLinks | None = None
        self._drafts: Drafts | None = None
        # The counters of what has no final answer.
        self._waiting = {draft.counter for draft in outbox.drafts()}
        self.refused_count = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def connect(self, links: ClientLinks) -> None:
        """Where it goes."""
        self._links = links

    def end_drafts(self, drafts: Drafts) -> None:
        """Whatever is sent may be what was begun before."""
        self._drafts = drafts

    def lines(self, room: str, texts: list[str], *, is_by_command: bool = False) -> None:
        """Messages for a room; what no server would store is told and left out.

        `is_by_command`: they were given with a command.
        """
        storable: list[str] = []
        for text in texts:
            refusal = refusal_of(text)
            if refusal is None:
                storable.append(text)
            else:
                self.refuse(refusal)
        if storable:
            is_end = self._ends_draft(room, storable, is_by_command=is_by_command)
            self._send(self._outbox.put(room, storable, self._clock.wall_ms(), ends_begun=is_end))
            self._sent(room, is_end=is_end)

    def refuse(self, refusal: Refusal) -> None:
        """Something that was typed is not taken."""
        self._tell(refusal)
        self.refused_count += 1

    def reply(self, room: str, text: str, reply: tuple[str, int]) -> None:
        """A text that answers the message (device, counter)."""
        is_end = self._ends_draft(room, [text], is_by_command=True)
        self._send([self._outbox.put_reply(room, text, reply, self._clock.wall_ms(), ends_begun=is_end)])
        self._sent(room, is_end=is_end)

    def file(self, room: str, file: FileFacts, upload: int) -> int:
        """A message with a file that the servers have, in place of its upload; gives its counter."""
        draft = self._outbox.put_file(room, file, self._clock.wall_ms(), upload=upload)
        self._send([draft])
        return draft.counter

    def settle(self, counters: list[int], refused: int) -> None:
        """The final answers came; so many of them were refusals."""
        self._outbox.settle(counters)
        self._waiting.difference_update(counters)
        self.refused_count += refused

    def _ends_draft(self, room: str, texts: list[str], *, is_by_command: bool) -> bool:
        return self._drafts is not None and self._drafts.ends(room, texts, is_by_command=is_by_command)

    def _sent(self, room: str, *, is_end: bool) -> None:
        if self._drafts is not None:
            self._drafts.sent(room, is_end=is_end)

    def _send(self, drafts: Iterable[Draft]) -> None:
        assert self._links is not None, "nothing is typed before the connection is made"
        for draft in drafts:
            self._waiting.add(draft.counter)
            self._links.send(draft)
