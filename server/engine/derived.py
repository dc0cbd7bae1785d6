"""What the engine derives from the log and writes beside it: timeline, message numbers, snapshots (pure).

It may lag behind the log on the disk, for a start derives it anew; it never reaches beyond it.
"""

from typing import Final

from server.archive.blocks import TimelineRow
from server.archive.record import shared_index
from server.archive.store import SnapshotRow, Write
from server.replication import steps
from server.state.state import State

# A restart folds at most this many records (and what came since the last loss of the peer).
SNAPSHOT_EVERY_RECORDS: Final = 50_000
# It reaches the disk at the latest after this, when nothing else does.
DERIVED_S_MAX: Final = 1.0


class Derived:
    """What was derived since the last write, and how far that reaches."""

    def __init__(self, index: int, snapshot_index: int) -> None:
        """`index`: as far as the log is folded; `snapshot_index`: of the newest snapshot on the disk."""
        self._index = index
        self._timeline: list[TimelineRow] = []
        self._snapshot_index = snapshot_index
        self._snapshot: SnapshotRow | None = None
        self._shared_index = 0
        self._written_at = 0.0
        self._released: list[tuple[str, int]] = []
        self._erased: list[int] = []

    def add(self, rows: list[TimelineRow]) -> None:
        """Somebody is told of a record."""
        self._timeline.extend(rows)

    def erase(self, index: int) -> None:
        """This record came behind the deletion of what it holds."""
        self._erased.append(index)

    def release(self, identity: tuple[str, int]) -> None:
        """The log holds this again: it leaves the quarantine with the next write."""
        self._released.append(identity)

    def reach(self, state: State) -> None:
        """Everything up to the state is folded; now and then a snapshot is due."""
        self._index = state.index
        if state.index - self._snapshot_index >= SNAPSHOT_EVERY_RECORDS:
            self.take_snapshot(state)

    def take_snapshot(self, state: State) -> None:
        """With the next write, unless the newest one is of the same index."""
        if state.index > self._snapshot_index:
            self._snapshot_index = state.index
            self._snapshot = SnapshotRow(state.index, state.snapshot())
            self._shared_index = shared_index(state.spans, state.index)

    def rewind(self, index: int) -> None:
        """The log was cut: nothing of what lies behind may reach the disk with the cut."""
        self._timeline = [row for row in self._timeline if row.index <= index]
        self._index = min(self._index, index)
        self._snapshot = None
        self._released = []
        self._erased = [at for at in self._erased if at <= index]
        self._snapshot_index = min(self._snapshot_index, index)

    def write(self) -> Write | None:
        """What is to be written, if there is anything."""
        has_any = self._timeline or self._snapshot or self._released or self._erased
        return self.beside(steps.Persist(0, ())) if has_any else None

    def write_late(self, now: float) -> Write | None:
        """The same, when it has waited long enough for another write to go with (s)."""
        if now - self._written_at <= DERIVED_S_MAX:
            return None
        self._written_at = now
        return self.write()

    def beside(
        self,
        effect: steps.Persist,
        refused: frozenset[tuple[str, int]] = frozenset(),
        persons: dict[str, str] | None = None,
    ) -> Write:
        """A write of the log with all that was derived until now."""
        write = Write(
            records=effect.records,
            cut_to=effect.cut_to,
            refused=refused,
            persons=persons or {},
            released=tuple(self._released),
            timeline=tuple(self._timeline),
            erased=tuple(self._erased),
            derived_index=self._index,
            snapshot=self._snapshot,
            shared_index=self._shared_index,
        )
        self._timeline, self._snapshot, self._released, self._erased = [], None, [], []
        return write
