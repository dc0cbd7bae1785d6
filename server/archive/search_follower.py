"""The follower of the archive that keeps the search index: a thread, and a cursor of its own.

It reads what the archive's tables have, a little at a time, and learns of a merge from the archive itself:
the record where it stands is another one. So nobody waits for it, nobody has to tell it anything, and
whatever happens to either file, it goes on from where both agree.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from server.archive.disk import DamagedDiskError, DiskError, SqliteReader
from server.archive.search_index import IndexedMessage, SearchIndex
from server.archive.search_reader import SearchReader
from server.archive.search_source import MovedError, Sayings, SearchSource
from server.i18n.marking import marked

_log = logging.getLogger(__name__)

# What is said is found after this and the second within which the archive's tables follow the log (s).
_EVERY_S: Final = 0.25
# Behind each look it rests so many times as long as it worked: the engine shares its processor.
_REST: Final = 3.0
# Whoever writes comes first: while more than this is written, it rests longer, and catches up later.
_BUSY_RECORDS_PER_S: Final = 1_000.0
_REST_WHILE_BUSY: Final = 20.0
# A shelf with words that nobody says any more is written anew after this (s): people edit in bursts.
_REWRITE_EVERY_S: Final = 5.0
# Meanwhile nothing new is found, so it rests less.
_REWRITE_REST: Final = 1.0
# A disk without room is not asked again and again.
_RETRY_EVERY_S: Final = 5.0
_PROGRESS_EVERY_S: Final = 10.0
# Further behind it finds so little that it is better said than shown.
BEHIND_RECORDS_MAX: Final = 10_000
# Primary result codes that say nothing about what is in the file.
_PASSING: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
_FAILED: Final = marked("The search index cannot be kept up: %s. It is tried again.")
_DAMAGED: Final = marked("The search index was damaged (%s) and is made anew.")


class SearchFollower:
    """Keeps the index in the file `path` for the archive of a cluster. `now` is monotonic (s)."""

    def __init__(
        self, archive: SqliteReader, path: Path, cluster: str, sayings: Sayings, now: Callable[[], float]
    ) -> None:
        self._source: Final = SearchSource(archive, sayings)
        self._path: Final = path
        self._cluster: Final = cluster
        self._now: Final = now
        self.reader: Final = SearchReader(path)
        # How far the index reaches, and the archive; None: nobody looked yet.
        self._reached: tuple[int, int] | None = None
        self._found_damage = ""
        self._told_failure = ""
        self._told_at = now()
        self._has_told = False
        self._rewritten_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="search", daemon=True)

    @property
    def percent(self) -> int:
        """How much of the archive can be found, 100 but for a moment's worth. Any thread."""
        if self._reached is None:
            return 0
        index, end = self._reached
        return 100 if end - index <= BEHIND_RECORDS_MAX else 100 * index // end

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End it, wherever it is."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def read_failed(self, error: sqlite3.Error) -> None:
        """Whoever searched met this: a damaged file is made anew. Any thread."""
        if not _is_passing(error):
            self._found_damage = str(error)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._keep_up()
                self._stopping.wait(_RETRY_EVERY_S if self._told_failure else _EVERY_S)
        except DamagedDiskError:
            # Whoever must know was told when it was found.
            pass
        finally:
            self._source.close()

    def _keep_up(self) -> None:
        """Until something is wrong with one of the files."""
        index = None
        try:
            index = SearchIndex(self._path, self._cluster)
            index.check()
            looked_at, end = self._now(), 0
            while not self._stopping.is_set():
                began, end_before = self._now(), end
                has_more = self._step(index)
                end = self._reached[1] if self._reached else 0
                self._told_failure = ""
                # The first look sees all that there is: nobody knows how fast it was written.
                is_busy = 0 < end_before < end - _BUSY_RECORDS_PER_S * (began - looked_at)
                looked_at = began
                rest = _REST_WHILE_BUSY if is_busy else _REST
                self._stopping.wait(rest * (self._now() - began) if has_more else _EVERY_S)
        except DamagedDiskError:
            raise
        except (DiskError, sqlite3.Error) as error:
            self._meet(error)
        except Exception as error:
            # Nobody's messages depend on it: the server goes on, and so does this, later.
            _log.exception("the search index failed")
            self._told_failure = str(error) or "?"
        finally:
            if index is not None:
                index.close()
        if self._found_damage:
            self._begin_anew()

    def _step(self, index: SearchIndex) -> bool:
        """Follow a little; whether there is more to do at once. Raises `sqlite3.Error`, `DiskError`."""
        if self._found_damage:
            raise sqlite3.DatabaseError(self._found_damage)
        reach = index.reach
        try:
            messages, changes, reach_now, end = self._source.chunk_behind(reach, index.seen)
            if reach_now != reach:
                index.add(messages, reach_now, end, changes)
            if index.wants_truncation:
                index.truncate_log()
            # However much is said: a text that was deleted must leave the file.
            if self._now() - self._rewritten_at >= _REWRITE_EVERY_S:
                self._rewrite_stale(index)
        except MovedError:
            index.keep(self._source.fork(index.reaches()))
            return True
        self._tell_progress(reach_now.index, end.index)
        return reach_now.index < end.index

    def _rewrite_stale(self, index: SearchIndex) -> None:
        """One shelf, from what the archive says now. Raises `MovedError`."""
        stale = index.stale_shelf()
        if stale is not None:
            begun = self._source.end(index.seen)
            pieces = self._rested(self._source.between(stale.start, stale.end))
            index.rewrite(stale.end, pieces, begun, lambda: self._source.end(begun))
            self._rewritten_at = self._now()

    def _rested(self, pieces: Iterator[list[IndexedMessage]]) -> Iterator[list[IndexedMessage]]:
        began = self._now()
        for piece in pieces:
            yield piece
            if self._stopping.wait(_REWRITE_REST * (self._now() - began)):
                # Nothing of it is kept, and the next start does it.
                raise MovedError
            began = self._now()

    def _tell_progress(self, index: int, end: int) -> None:
        self._reached = index, end
        now = self._now()
        if self.percent == 100:
            if self._has_told:
                _log.info("the search index has all of the archive")
            self._has_told = False
        elif now - self._told_at >= _PROGRESS_EVERY_S:
            self._told_at, self._has_told = now, True
            _log.info("the search index has %d %% of the archive", self.percent)

    def _meet(self, error: Exception) -> None:
        """Try again what may pass; what a damage says is made anew."""
        if not isinstance(error, sqlite3.Error) or _is_passing(error):
            if str(error) != self._told_failure:
                self._told_failure = str(error)
                _log.warning(_FAILED, error)
        else:
            self._found_damage = self._found_damage or str(error)

    def _begin_anew(self) -> None:
        _log.warning(_DAMAGED, self._found_damage)
        self._reached = None
        self.reader.forget()
        try:
            for ending in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        except OSError as error:
            self._meet(DiskError(str(error)))
            return
        self.reader.forget()
        self._found_damage = ""


def _is_passing(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF in _PASSING
