"""The conversation of a retired server with the one that goes on: everything it holds is handed over (pure).

goes on:  declined {retired}, known {spans}
retired:  hand_over {drafts}          behind the fork, in order
goes on:  handed_over {index, copies} each when it is committed, or refused
retired:  hand_over {the last one}    again and again, until it is on both disks

Nothing is remembered of it: a conversation that broke off begins anew, and what is archived already is
known by its id.
"""

from collections.abc import Callable, Iterator
from typing import Final

from server.archive.record import Draft, Span
from server.cluster.peer_frames import HandedOver, HandOver, Known
from server.replication.failover import fork_index
from server.replication.messages import Hello

# On their way at most, and in one frame: about what a follower's client may have in hand.
IN_FLIGHT_MAX: Final = 256
_FRAME_BYTES: Final = 512 * 1024
# No answer yet, for a reason that passes.
_PASSING: Final = frozenset({"unknown", "disk_full", "shutting_down"})


class HandingOver:
    """The retired side. `behind(fork)` gives what it holds behind a place in its log."""

    def __init__(
        self, spans: tuple[Span, ...], last_index: int, behind: Callable[[int], Iterator[Draft]]
    ) -> None:
        self._spans: Final = spans
        self._last_index: Final = last_index
        self._behind: Final = behind
        self._left: Iterator[Draft] | None = None
        self._in_flight: dict[tuple[str, int], Draft] = {}
        self._again: list[Draft] = []
        # The one that stands last of those with one copy: copies grow from the front.
        self._single: Draft | None = None
        self._single_index = 0
        self.count = 0

    @property
    def is_done(self) -> bool:
        """Whether everything is on both disks, or was refused for good."""
        return self._left is not None and not (self._in_flight or self._again or self._single)

    def known(self, message: Known) -> list[HandOver]:
        """The other side's log: the first drafts."""
        mine, theirs = _facts(self._spans, self._last_index), _facts(message.spans, message.last_index)
        self._left = self._behind(fork_index(mine, theirs))
        return self._next()

    def answered(self, message: HandedOver) -> list[HandOver]:
        """The answer for one of them: the next ones."""
        draft = self._in_flight.pop((message.device, message.counter), None)
        if draft is None:
            return []
        if message.code in _PASSING:
            self._again.append(draft)
        elif message.copies == 1 and message.index >= self._single_index:
            self._single, self._single_index = draft, message.index
        elif draft is self._single or (message.copies == 2 and message.index >= self._single_index):
            self._single = None
        return self._next()

    def ask_again(self) -> list[HandOver]:
        """Once a second: what has no answer yet, and whether the last one is on both disks by now."""
        drafts, self._again = self._again, []
        if self._single is not None and self._single.id not in self._in_flight and not drafts:
            drafts = [self._single]
        self._in_flight.update((draft.id, draft) for draft in drafts)
        return [HandOver(tuple(drafts))] if drafts else []

    def _next(self) -> list[HandOver]:
        assert self._left is not None
        found: list[HandOver] = []
        while len(self._in_flight) < IN_FLIGHT_MAX:
            drafts = self._frame(IN_FLIGHT_MAX - len(self._in_flight))
            if not drafts:
                break
            self._in_flight.update((draft.id, draft) for draft in drafts)
            found.append(HandOver(tuple(drafts)))
        return found

    def _frame(self, room: int) -> list[Draft]:
        assert self._left is not None
        drafts: list[Draft] = []
        size_bytes = 0
        while len(drafts) < room and size_bytes < _FRAME_BYTES:
            draft = next(self._left, None)
            if draft is None:
                break
            drafts.append(draft)
            self.count += 1
            size_bytes += len(draft.body)
        return drafts


def _facts(spans: tuple[Span, ...], last_index: int) -> Hello:
    """As two servers that meet would tell it."""
    return Hello(
        session="-",
        server="",
        cluster="",
        is_leader=False,
        is_founder=False,
        spans=spans,
        last_index=last_index,
    )
