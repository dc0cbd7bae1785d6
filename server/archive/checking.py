"""The check of every row: what nobody has read for long may be damaged as well.

A start checks the structure only (0.7 s for a million messages); each row is checked when it is read.
This pass reads all of them after the start and once a day, so that damage is found while the other
server is well. It may run beside the writer: each step looks at one moment of the archive, however it
is cut and written meanwhile.
"""

import logging
import threading
from collections.abc import Iterator
from typing import Final

from server.archive.blocks import indices_of
from server.archive.disk import DamagedDiskError, DiskError, SqliteReader
from server.archive.record import GENESIS_HASH, DamagedRecordError, Record
from server.archive.store import StoreReader
from server.i18n.marking import marked
from server.i18n.translation import _

_log = logging.getLogger(__name__)

# One short read each: a long one would keep the write-ahead log from being used again.
_CHUNK_ROWS: Final = 100
# The same work, where a seal is all that is checked.
_SEALS: Final = 500
# A tenth of the time at most: the pass takes ten minutes for a million messages, and nobody feels it.
_PAUSE_S: Final = 0.04
_END: Final = 2**62
_EVERY_S: Final = 24 * 3600.0


class RowCheck:
    """Passes over all rows, on a thread of its own. Whoever must know hears of damage from the reader."""

    def __init__(self, disk: SqliteReader) -> None:
        self._disk: Final = disk
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="check", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End it, wherever it is."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            self._pass()
            while not self._stopping.wait(_EVERY_S):
                self._pass(with_structure=True)
        except DamagedDiskError:
            # Whoever must know was told when it was found.
            pass
        finally:
            self._disk.close()

    def _pass(self, *, with_structure: bool = False) -> None:
        """All rows once; the start checked the structure itself. What hinders it now may be gone tomorrow."""
        try:
            if with_structure:
                self._disk.check()
            for _step in check_rows(self._disk):
                if self._stopping.wait(_PAUSE_S):
                    return
        except DamagedDiskError:
            raise
        except DiskError as error:
            _log.error(marked("The check of the archive could not go on: %s"), error)


def check_rows(disk: SqliteReader) -> Iterator[None]:
    """Check some rows at each step. Raises `DamagedDiskError`."""
    reader = StoreReader(disk)
    yield from _check_log(disk, reader)
    for table in ("timeline", "changes", "ids", "facts", "quarantine", "quarantine_ids"):
        yield from _check_seals(disk, table)
    for _snapshot in reader.snapshots():
        yield
    yield from _check_numbers(disk)


def _check_log(disk: SqliteReader, reader: StoreReader) -> Iterator[None]:
    """The chain, and that each request is found by its id."""
    before: Record | None = None
    first = 1
    while True:
        with disk.moment():
            last = reader.last_record()
            if last is None or first > last.index:
                return
            if first > 1:
                before = reader.expect_record(first - 1)
            for record in reader.all_records(first, min(first + _CHUNK_ROWS - 1, last.index)):
                try:
                    record.check_follows(*((before.index, before.hash) if before else (0, GENESIS_HASH)))
                except DamagedRecordError as error:
                    raise disk.damaged(str(error)) from error
                if not reader.is_found_by_id(record):
                    raise disk.damaged(_("record {index} is not found by its id").format(index=record.index))
                before = record
            first = min(first + _CHUNK_ROWS, last.index + 1)
        yield


def _check_seals(disk: SqliteReader, table: str) -> Iterator[None]:
    behind = b""
    while True:
        count = 0
        for key, _value in disk.scan(table, behind, b"\xff" * 200):
            assert isinstance(key, bytes)
            count, behind = count + 1, key + b"\0"
            if count == _SEALS:
                break
        yield
        if count < _SEALS:
            return


def _check_numbers(disk: SqliteReader) -> Iterator[None]:
    """Messages are numbered without a gap, in the order of the log."""
    number, index = 0, 0
    while True:
        count = 0
        for last, value in disk.scan("numbers", number + 1, _END):
            assert isinstance(last, int)
            count += 1
            indices = indices_of(value)
            first = last - len(indices) + 1
            # A cut between two steps may leave other blocks, and lower places behind what was seen: only
            # inside one step the end of one block is the beginning of the next.
            is_next = first <= number + 1 if count == 1 else first == number + 1 and indices[0] > index
            if not is_next or list(indices) != sorted(set(indices)):
                raise disk.damaged(_("message {number} is missing").format(number=number + 1))
            number, index = last, indices[-1]
            if count == _SEALS:
                break
        yield
        if count < _SEALS:
            return
