"""The conversation of a retired server with the one that goes on: everything it holds is handed over (pure).

goes on:  declined {retired}, known {spans}
retired:  hand_over {drafts}          behind the fork, in order
goes on:  handed_over {index}         each when it is committed, or refused
retired:  hand_over {}                again and again,
goes on:  known {spans, copied}       until all that both logs hold by now is on both disks

Nothing is remembered of it: a conversation that broke off begins anew, and what is archived already is
known by its id.
"""

from collections import deque
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
        self._mine: Final = _facts(spans, last_index)
        self._behind: Final = behind
        self._theirs: tuple[Span, ...] | None = None
        self._left: Iterator[Draft] = iter(())
        self._in_flight: dict[tuple[str, int], Draft] = {}
        # Put off: nothing new is asked before these.
        self._again: deque[Draft] = deque()
        self._is_pausing = False
        # All that this server holds stands in the other log up to here, as far as it was answered.
        self._last_index = 0
        self._copied_index = 0
        self.count = 0

    @property
    def is_answered(self) -> bool:
        """Whether all of it is in the other log, or was refused for good."""
        return self._theirs is not None and not (self._in_flight or self._again)

    @property
    def is_done(self) -> bool:
        """Whether it is on both disks too: also what both logs held before, for the other disk may be new."""
        return self.is_answered and self._last_index <= self._copied_index

    def known(self, message: Known) -> list[HandOver]:
        """The other side's log, when it is first told or was asked for: the first drafts.

        Where something of what was answered has been cut, all of it is handed over once more.
        """
        self._copied_index = message.copied_index
        before, self._theirs = self._theirs, message.spans
        theirs = _facts(message.spans, message.last_index)
        if before is not None and fork_index(_facts(before, self._last_index), theirs) >= self._last_index:
            return []
        fork = fork_index(self._mine, theirs)
        self._left, self._last_index, self.count = self._behind(fork), fork, 0
        self._in_flight, self._is_pausing = {}, False
        self._again.clear()
        return self._next()

    def answered(self, message: HandedOver) -> list[HandOver]:
        """The answer for one of them: the next ones."""
        draft = self._in_flight.pop((message.device, message.counter), None)
        if draft is None:
            return []
        if message.code in _PASSING:
            self._again.append(draft)
            self._is_pausing = True
        else:
            self.count += 1
        self._last_index = max(self._last_index, message.index)
        return self._next() or self._how_far()

    def ask_again(self) -> list[HandOver]:
        """Once a second: what has no answer yet, or how far it is on both disks by now."""
        self._is_pausing = False
        return self._next() or self._how_far()

    def _how_far(self) -> list[HandOver]:
        return [HandOver(())] if self.is_answered and not self.is_done else []

    def _next(self) -> list[HandOver]:
        found: list[HandOver] = []
        while len(self._in_flight) < IN_FLIGHT_MAX and not self._is_pausing:
            drafts = self._frame(IN_FLIGHT_MAX - len(self._in_flight))
            if not drafts:
                break
            self._in_flight.update((draft.id, draft) for draft in drafts)
            found.append(HandOver(tuple(drafts)))
        return found

    def _frame(self, room: int) -> list[Draft]:
        drafts: list[Draft] = []
        size_bytes = 0
        while len(drafts) < room and size_bytes < _FRAME_BYTES:
            draft = self._again.popleft() if self._again else next(self._left, None)
            if draft is None:
                break
            drafts.append(draft)
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
