"""The links of one conversation as a table, and the few things that are done with a link."""

from collections.abc import Callable, Iterator

from server.client.choice import ServerChoice
from server.client.effects import Close, Dial, LinkEffect, Write
from server.client.link import Link, Stage
from server.client.notices import AnyNotice, Arguments
from server.client.settings import ConversationSettings
from server.protocol.frames import encode_frame
from server.protocol.request import Request

# A link that worked this long was a good one: after its loss the back-off starts over.
STEADY_S = 2.0


class Links:
    """At most one link is active, at most one other is its standby. `emit` takes what comes out, in order."""

    def __init__(
        self,
        choice: ServerChoice,
        settings: ConversationSettings,
        emit: Callable[[LinkEffect | AnyNotice], None],
    ) -> None:
        self.choice = choice
        self.settings = settings
        self.emit = emit
        # Nothing is dialled until a person asks (again): not started, signed out, refused for good.
        self.is_halted = True
        # Both servers are full: none of them is asked before this.
        self.rest_until = 0.0
        # Why we are not connected, as far as it is known: a code and its arguments.
        self.why: tuple[str, Arguments] = ("", {})
        self._table: dict[int, Link] = {}
        self._link_count = 0
        self._request_count = 0

    def __iter__(self) -> Iterator[Link]:
        return iter(list(self._table.values()))

    def __len__(self) -> int:
        return len(self._table)

    def find(self, link_id: int) -> Link | None:
        """A link that was not given up."""
        return self._table.get(link_id)

    @property
    def active(self) -> Link | None:
        """The link that requests go through and messages come from."""
        # Asked all the time, and a generator would take twice as long.
        for link in self._table.values():
            if link.stage is Stage.ACTIVE:
                return link
        return None

    @property
    def leading(self) -> Link | None:
        """The active link, or the one that is about to be it."""
        return next((link for link in self._table.values() if link.is_leading), None)

    @property
    def standby(self) -> Link | None:
        """A link that is signed in and idle."""
        return next((link for link in self._table.values() if link.stage is Stage.STANDBY), None)

    def next_request_id(self) -> int:
        """Request ids are never used again, not even on another link."""
        self._request_count += 1
        return self._request_count

    def dial(self, address: str, now: float) -> None:
        """Begin a link."""
        self._link_count += 1
        self._table[self._link_count] = Link(self._link_count, address, now)
        self.emit(Dial(self._link_count, address))

    def ask(self, link: Link, request: Request, now: float) -> None:
        """Send one request."""
        self.write(link, encode_frame(request), now)

    def write(self, link: Link, frames: bytes, now: float) -> None:
        """Send encoded requests: the server has something to answer from here on."""
        link.asked_at = now if link.asked_at is None else link.asked_at
        self.emit(Write(link.link_id, frames))

    def drop(self, link: Link) -> None:
        """Close a link that is not needed: no failure of its server."""
        del self._table[link.link_id]
        self.emit(Close(link.link_id))

    def drop_all(self) -> None:
        """Close every link."""
        for link in self:
            self.drop(link)

    def lost(self, link: Link, code: str, now: float, arguments: Arguments | None = None) -> None:
        """The link ended, or its dial failed: its address has to wait."""
        self._table.pop(link.link_id, None)
        was_steady = link.is_signed_in and now - link.since >= STEADY_S
        self.choice.failed(link.address, now, was_steady=was_steady)
        self.why = (link.last_words or code, arguments or link.last_arguments)

    def give_up(self, link: Link, code: str, now: float, arguments: Arguments | None = None) -> None:
        """Close a link whose server does not do what it should."""
        self.drop(link)
        self.lost(link, code, now, arguments)
