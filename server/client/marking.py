"""What the app keeps and its person has read, said to the server: one mark at a time, one a second at most.

A mark stands until a server says that it is archived; on another link, and wherever a server knows less
than was said, it is said again. Marks only grow, and each is about the archive of its cursor.
"""

from collections.abc import Callable

from server.client.link import Link
from server.client.links import Links
from server.client.reading import Reading
from server.protocol import limits
from server.protocol.events import SignedIn
from server.protocol.requests import Cursor, Mark, Typing

# A crowd says no more than this many marks a second together.
_CROWD_MARKS_PER_S = 500.0
_EVERY_S_MIN = 1.0


def shared_index(one: Cursor, other: Cursor) -> int:
    """Up to which index two places are of one archive: an epoch has one writer."""
    ends = {end.epoch: end.index for end in other.trail}
    ends[other.epoch] = other.index
    for epoch, index in ((one.epoch, one.index), *((end.epoch, end.index) for end in reversed(one.trail))):
        if epoch in ends:
            return min(index, ends[epoch])
    return 0


class Marking:
    """The marks of one device, as far as the active link carries them."""

    def __init__(self, links: Links, reading: Reading, crowd: Callable[[], int]) -> None:
        self._links = links
        self._reading = reading
        self._crowd = crowd
        # What the app keeps, and the reads in the archive of that cursor.
        self._kept: Cursor | None = None
        self._read: dict[str, int] = {}
        # What the server has of it.
        self._known_index = 0
        self._known_read: dict[str, int] = {}
        # The request under way, and the link it went out on.
        self._request_id = 0
        self._said: Mark | None = None
        self._served_by: Link | None = None
        self._not_before = 0.0
        self._typed_at = float("-inf")

    def mark(self, cursor: Cursor, read: dict[str, int]) -> None:
        """The app keeps everything up to the cursor; its person has read rooms up to an index."""
        if self._kept is not None:
            fork = shared_index(self._kept, cursor)
            self._read = {room: min(index, fork) for room, index in self._read.items()}
            self._known_index = min(self._known_index, fork)
        self._kept = cursor
        for room, index in read.items():
            self._read[room] = max(self._read.get(room, 0), min(index, cursor.index))

    def signed_in(self, event: SignedIn) -> None:
        """What this server knows of the person: what is missing is said again."""
        self._known_index = event.delivered
        self._known_read = {room.room: room.read for room in event.rooms}

    def diverged(self, index: int) -> None:
        """A merge may have taken marks back that were about what lies behind."""
        self._known_index = min(self._known_index, index)
        self._known_read = {room: min(read, index) for room, read in self._known_read.items()}

    def is_mine(self, answer: int) -> bool:
        """Whether this answers the mark under way."""
        return 0 < answer == self._request_id

    def noted(self) -> None:
        """What was said is archived, or was nothing new."""
        said, self._said, self._request_id = self._said, None, 0
        if said is not None:
            self._known_index = max(self._known_index, said.cursor.index)
            self._known_read |= {room: max(index, self._known_read.get(room, 0)) for room, index in said.read}

    def failed(self, now: float) -> None:
        """Not now: it is said again."""
        self._said, self._request_id = None, 0
        self._not_before = max(self._not_before, now + self._links.settings.delay_s)

    def next_wake(self) -> float | None:
        """When there is something to say at the earliest."""
        is_idle = self._links.active is not None and not self._request_id
        return self._not_before if is_idle and self._has_news else None

    def write(self, now: float) -> None:
        """Say what the server does not know, when it is time."""
        active = self._links.active
        if active is not self._served_by:
            self._served_by, self._request_id, self._said = active, 0, None
        if active is None or self._request_id or now < self._not_before or not self._has_news:
            return
        assert self._kept is not None
        assert self._reading.since is not None
        self._request_id = self._links.next_request_id()
        read = self._unsaid_reads()[: limits.MARKED_ROOMS_MAX]
        self._said = Mark(id=self._request_id, cursor=self._kept, since=self._reading.since, read=read)
        self._not_before = now + max(_EVERY_S_MIN, self._crowd() / _CROWD_MARKS_PER_S)
        self._links.ask(active, self._said, now)

    def write_last(self, now: float) -> None:
        """We leave: what is not said yet is said without waiting."""
        self._not_before = 0.0
        self.write(now)

    def typing(self, room: str, now: float) -> None:
        """The person types: said now and then."""
        active = self._links.active
        if active is not None and now - self._typed_at >= limits.TYPING_EVERY_S:
            self._typed_at = now
            self._links.ask(active, Typing(id=self._links.next_request_id(), room=room), now)

    @property
    def _has_news(self) -> bool:
        if self._kept is None or self._reading.since is None:
            return False
        return self._kept.index > self._known_index or bool(self._unsaid_reads())

    def _unsaid_reads(self) -> list[tuple[str, int]]:
        return [(room, index) for room, index in self._read.items() if index > self._known_read.get(room, 0)]
