"""The window of the past: the last messages of a conversation are printed before what is new."""

from collections.abc import Callable
from typing import Final

from server.client.notices import Answered, AnyNotice, Arrived, QuestionFailed
from server.network.client_links import ClientLinks
from server.protocol.events import HistoryPage, Message
from server.protocol.requests import History

WINDOW_ROWS: Final = 50
# More than this is not held for the window, which should have come long ago.
HELD_MAX: Final = 10_000


class Past:
    """`show` prints messages. With the whole archive there is no window."""

    def __init__(self, show: Callable[[list[Message]], None], *, is_full_archive: bool) -> None:
        self._show = show
        self._links: ClientLinks | None = None
        # What arrives before the window is held.
        self._held: list[Message] = []
        self._ticket = 0
        self.has_begun = is_full_archive

    def connect(self, links: ClientLinks) -> None:
        """Where the window comes from."""
        self._links = links

    def want(self, room: str) -> None:
        """The window of this room; without a room there is none."""
        if self.has_begun or self._ticket:
            return
        if room and self._links is not None:
            self._ticket = self._links.ask(History(id=1, room=room, limit=WINDOW_ROWS))
        else:
            self._begin([])

    def hear(self, notice: AnyNotice) -> None:
        """Messages came, perhaps."""
        match notice:
            case Arrived(messages=messages):
                self._arrived(messages)
            case Answered(ticket, HistoryPage() as page) if ticket == self._ticket:
                self._begin(page.messages)
            case QuestionFailed(ticket) if ticket == self._ticket:
                self._begin([])
            case _:
                pass

    def _arrived(self, messages: list[Message]) -> None:
        if self.has_begun:
            self._show(messages)
        else:
            self._held += messages
            if len(self._held) > HELD_MAX:
                self._begin([])

    def _begin(self, messages: list[Message]) -> None:
        if not self.has_begun:
            self.has_begun = True
            # What waited for us may reach further back than the window.
            known = {message.index: message for message in (*messages, *self._held)}
            self._show([known[index] for index in sorted(known)])
            self._held = []
