"""The re-submission: what a merge took out of the log goes to the leader again, in order (pure).

The quarantine in the store is the truth. It fills with a cut of the log, and a request leaves it when it
is committed and judged again. So whatever is lost on the way, by a crash, a lost link, or another
change of leadership, is handed on once more from the first that is left.
"""

from collections.abc import Callable, Iterator
from typing import Final

from server.archive.record import Draft
from server.archive.store import StoreReader
from server.engine.pending import Pending

Identity = tuple[str, int]

# Handed on and not judged yet, at most: the rest waits on the disk.
IN_FLIGHT_MAX: Final = 512
# The line of what a retired server brings; no device has this name.
_INHERITED: Final = ""


class Resubmission:
    """What of the quarantine was handed on in this time of serving."""

    def __init__(self, reader: StoreReader) -> None:
        self._reader: Final = reader
        # Whether there is anything in the quarantine.
        self.is_open = bool(reader.quarantine(b"", 1))
        # The write that fills the quarantine, as long as it is not synced: nothing is known before.
        self._awaited_ticket = 0
        self._last_key = b""
        self._in_flight: set[Identity] = set()
        self._is_handed_on = False
        # Requests of devices that have earlier ones in the quarantine, by device, and what that was known
        # from. What a retired server brings is one line under no device: one thing in it may need another.
        self._held: dict[str, list[Pending]] = {}
        self._held_for: tuple[bool, bool] | None = None

    @property
    def is_filling(self) -> bool:
        """Whether the disk still shows the log as it was before the cut: then all requests wait."""
        return bool(self._awaited_ticket)

    @property
    def is_holding(self) -> bool:
        """Whether something is still to be handed on, as far as is known."""
        return self.is_open and not self._is_handed_on

    def cut(self, ticket: int) -> None:
        """A cut of the log is on its way to the disk."""
        self.is_open, self._awaited_ticket, self._is_handed_on = True, ticket, False

    def persisted(self, ticket: int) -> None:
        """Writes are synced; with them the quarantine may have filled."""
        if ticket >= self._awaited_ticket:
            self._awaited_ticket = 0

    def look(self, is_settled: Callable[[str, int], bool]) -> None:
        """Now and then: whether it is empty, or something that was handed on came to nothing.

        A request that the leader had in its log already may turn out void there: this one counts.
        """
        if not self.is_open or self._awaited_ticket:
            return
        first = self._reader.quarantine(b"", 1)
        self.is_open = bool(first)
        is_stuck = self._is_handed_on and not self._in_flight
        if first and is_stuck and not is_settled(*first[0].draft.id):
            self._restart()

    def begin(self) -> None:
        """There is another leader, or another link to it: all that waits is admitted and handed on anew."""
        self._held.clear()
        self._restart()

    def holds(self, draft: Draft) -> bool:
        """Whether a request must wait: earlier ones of its device are held, or still to be handed on."""
        line = _line(draft)
        return line in self._held or self._must_wait(line)

    def hold(self, pending: Pending) -> None:
        """A request waits."""
        self._held_for = None
        self._held.setdefault(_line(pending.draft), []).append(pending)

    def freed(self) -> Iterator[Pending]:
        """Those that wait and need not any more, in the order of each device."""
        reason = self.is_filling, self.is_holding
        if not self._held or reason == self._held_for:
            return
        self._held_for = reason
        for line in [line for line in self._held if not self._must_wait(line)]:
            yield from self._held.pop(line)

    def _must_wait(self, line: str) -> bool:
        return self.is_filling or (
            self.is_holding and (line == _INHERITED or self._reader.is_quarantined(line))
        )

    def next_drafts(self) -> list[Draft]:
        """What is to be handed on now; with the last ones nothing is held any more."""
        room = IN_FLIGHT_MAX - len(self._in_flight)
        if not self.is_holding or self._awaited_ticket or room <= 0:
            return []
        rows = self._reader.quarantine(self._last_key, room)
        if len(rows) < room:
            self._is_handed_on = True
        if rows:
            self._last_key = rows[-1].key
        self._in_flight.update(row.draft.id for row in rows)
        return [row.draft for row in rows]

    def judged(self, identity: Identity) -> None:
        """This one has its verdict."""
        self._in_flight.discard(identity)

    def _restart(self) -> None:
        """Once more from the first."""
        self._last_key = b""
        self._in_flight.clear()
        self._is_handed_on = False


def _line(draft: Draft) -> str:
    return _INHERITED if draft.origin is not None else draft.device
