"""Refusals that are not certain yet, for the log holds what the fold has not judged (pure).

A client may know of a room, a person or a right that this leader has in its log and has not folded: a
strict one folds nothing before the other server has confirmed. So what would be refused waits until all
that stood before it is folded, and is judged once more. What the same device asks behind it waits, too.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from server.archive.record import Draft
from server.engine.pending import Pending

Identity = tuple[str, int]


@dataclass(slots=True)
class Deferred:
    """A request of an own client (`pending`), or one that came over the link of this session."""

    draft: Draft
    pending: Pending | None = None
    session: str = ""
    # The last request that stood in the log before it, and was not judged then.
    after: Identity | None = None


class DeferredRequests:
    """By device, in the order in which they were asked."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[Deferred]] = {}

    def holds(self, draft: Draft) -> bool:
        """Whether it must wait behind another one of its device. A merge has an order of its own."""
        return draft.origin is None and draft.device in self._lines

    def hold(self, asked: Deferred, after: Identity | None) -> None:
        """It waits until this one is judged. What came over an older link will come again."""
        asked.after = after
        line = self._lines.setdefault(asked.draft.device, deque())
        if asked.pending is None and any(_is_older(other, asked.session) for other in line):
            line = deque(other for other in line if not _is_older(other, asked.session))
            self._lines[asked.draft.device] = line
        line.append(asked)

    def lines(self) -> Iterator[deque[Deferred]]:
        """All that waits, to be taken from the left; an empty line is forgotten."""
        for device, line in list(self._lines.items()):
            yield line
            if not line:
                del self._lines[device]

    def clear(self) -> None:
        """All that waits is admitted anew."""
        self._lines.clear()


def _is_older(asked: Deferred, session: str) -> bool:
    return asked.pending is None and asked.session != session
