"""The disk thread: the one writing connection; what waited goes into one transaction, one sync."""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Final

from server.archive.confirmed import ConfirmedMark
from server.archive.disk import DamagedDiskError, DiskError
from server.archive.record import GENESIS_HASH, DamagedRecordError, Record
from server.archive.store import Store, Write

_log = logging.getLogger(__name__)

# Group commit: more than this in one transaction only delays its first member.
_JOBS_MAX: Final = 1_000

_Job = Callable[[], None]


class DiskThread:
    """Writes and loads in order; tells when they are done, on its own thread.

    A write that fails is never tried again: `failed` is told once, nothing more is done, and the
    process must end (a sync that failed may have dropped the data of later ones, too).
    """

    def __init__(
        self,
        store: Store,
        *,
        persisted: Callable[[int], None],
        loaded: Callable[[tuple[Record, ...]], None],
        failed: Callable[[Exception], None],
        mark: ConfirmedMark | None = None,
    ) -> None:
        self._store: Final = store
        self._mark: Final = mark
        self._persisted: Final = persisted
        self._loaded: Final = loaded
        self._failed: Final = failed
        # A write with its ticket, a load, a scrub, or the end.
        self._jobs: Final[queue.SimpleQueue[tuple[int, Write] | tuple[int, int, None] | tuple[()] | None]] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._run, name="disk", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def write(self, ticket: int, write: Write) -> None:
        """Make durable; tells `persisted(ticket)` unless the ticket is 0."""
        self._jobs.put((ticket, write))

    def load(self, first: int, bytes_max: int) -> None:
        """Read records from `first` on; tells `loaded`."""
        self._jobs.put((first, bytes_max, None))

    def scrub(self) -> None:
        """See that what was erased leaves the files; to be called now and then."""
        if self._store.wants_scrub:
            self._jobs.put(())

    def stop(self, timeout_s: float = 10.0) -> None:
        """Do what was asked so far, then end."""
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            while self._round():
                pass
        except DamagedDiskError:
            # Whoever must know was told when it was found.
            _log.critical("the archive is damaged", extra={"is_told": True})
        except (DiskError, DamagedRecordError, OSError) as error:
            _log.critical("the disk failed: %s", error, extra={"is_told": True})
            self._failed(error)
        except Exception as error:
            _log.exception("the disk thread failed")
            self._failed(error)

    def _round(self) -> bool:
        """One transaction with everything that waits; False at the end."""
        waiting = [self._jobs.get()]
        while not self._jobs.empty() and len(waiting) < _JOBS_MAX:
            waiting.append(self._jobs.get())
        writes = [job for job in waiting if job is not None and len(job) == 2]
        if writes:
            self._commit([write for _, write in writes])
            ticket = max(ticket for ticket, _ in writes)
            if ticket:
                self._persisted(ticket)
        for job in waiting:
            if job is not None and len(job) == 3:
                self._loaded(tuple(self._store.records(job[0], job[1])))
        if () in waiting and self._store.wants_scrub:
            self._store.scrub()
        return None not in waiting

    def _commit(self, writes: list[Write]) -> None:
        if self._mark is None:
            self._store.commit(writes)
            return
        for write in writes:
            if write.cut_to is not None:
                self._mark.lower(*self._end_at(write.cut_to))
        self._store.commit(writes)
        for write in writes:
            if write.cut_to is not None:
                self._mark.note(*self._end_at(write.cut_to))
            if write.records:
                self._mark.note(write.records[-1].index, write.records[-1].hash)

    def _end_at(self, index: int) -> tuple[int, bytes]:
        """Index and hash of a log that is cut to here; of what is not on the disk yet, those of nothing."""
        record = self._store.record(index) if index else None
        return (record.index, record.hash) if record is not None else (0, GENESIS_HASH)
