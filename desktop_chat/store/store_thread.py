"""The store's thread: the only one that writes the cache.

What was asked for while a transaction ran goes into the next one together: one sync for all of it.
"""

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from desktop_chat.store.database import open_for_writing

_log = logging.getLogger(__name__)
T = TypeVar("T")
Write = Callable[[sqlite3.Connection], T]


class _Job(msgspec.Struct, frozen=True):
    write: Write[Any]
    on_done: Callable[[Any], None] | None
    on_failed: Callable[[Exception], None] | None


class StoreThread:
    """Writes in the order it was asked. Call `stop` exactly once at the end: it writes what is left.

    `on_done(result)` and `on_failed(error)` are called on this thread, after the commit.
    """

    def __init__(self, folder: Path) -> None:
        self._connection = open_for_writing(folder)
        self._jobs: deque[_Job] = deque()
        self._writing_count = 0
        self._wake = threading.Condition()
        self._is_stopping = False
        self._wants_scrub = False
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    def write(
        self,
        write: Write[T],
        on_done: Callable[[T], None] | None = None,
        on_failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Ask for a write. Any thread; returns at once. After `stop` nothing is taken."""
        with self._wake:
            if not self._is_stopping:
                self._jobs.append(_Job(write, on_done, on_failed))
                self._wake.notify()

    def scrub_soon(self) -> None:
        """See that what the writes that were asked for have erased is in no file any more. Any thread."""
        self._wants_scrub = True

    def backlog(self) -> int:
        """How many writes are not done. Any thread."""
        return len(self._jobs) + self._writing_count

    def stop(self, timeout_s: float = 10.0) -> None:
        """Write what was asked for, and end."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            _log.error("the store's thread did not end within %s s", timeout_s)

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._jobs and not self._is_stopping:
                    self._wake.wait()
                jobs = list(self._jobs)
                self._writing_count = len(jobs)
                self._jobs.clear()
            if not jobs:
                break
            self._write_all(jobs)
            self._writing_count = 0
            if self._wants_scrub:
                self._scrub()
        self._scrub()
        self._connection.close()

    def _scrub(self) -> None:
        """Empty the write-ahead log; while somebody reads it this is left to the next time."""
        try:
            self._connection.execute("PRAGMA busy_timeout=0")
            busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self._connection.execute("PRAGMA busy_timeout=5000")
            self._wants_scrub = bool(busy)
        except sqlite3.Error as error:
            _log.warning("the cache's log could not be emptied: %s", error)

    def _write_all(self, jobs: list[_Job]) -> None:
        """All in one transaction; when that fails, each in its own, so that only the guilty one is lost."""
        try:
            results = self._transaction(jobs)
        except Exception as error:
            if len(jobs) > 1:
                for job in jobs:
                    self._write_all([job])
                return
            self._report_failure(jobs[0], error)
            return
        for job, result in zip(jobs, results, strict=True):
            if job.on_done is not None:
                job.on_done(result)

    def _transaction(self, jobs: list[_Job]) -> list[Any]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            results = [job.write(self._connection) for job in jobs]
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return results

    def _report_failure(self, job: _Job, error: Exception) -> None:
        if job.on_failed is not None:
            job.on_failed(error)
        else:
            _log.error("the cache could not be written: %s", error)
