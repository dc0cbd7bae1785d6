"""A file on its way: written in order, hashed as it comes, verified and synced at its end."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

# Synced in small steps while more comes: at the end little is left to wait for, and another file's sync, the
# archive's above all, never has to wait for much of this one.
SYNC_BYTES: Final = 512 * 1024
_READ_BYTES: Final = 1024 * 1024


class PartError(Exception):
    """A piece that is not taken: `in_use`, `wrong_offset`, `too_many_bytes` or `wrong_hash`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code: Final = code


class Part:
    """Made by the store; call `close` when no more comes. Blocking: for a worker thread.

    What a crash of the machine leaves may be torn: the hash of the whole shows it at the end, and then the
    file is begun anew.
    """

    def __init__(
        self,
        path: Path,
        sha256: str,
        size: int,
        *,
        finished: Callable[[], None],
        closed: Callable[[Path], None],
    ) -> None:
        self._path: Final = path
        self._sha256: Final = sha256
        self.size: Final = size
        self._finished: Final = finished
        self._closed: Final = closed
        self._hash = hashlib.sha256()
        self._unsynced = 0
        self._file = path.open("a+b", buffering=0)
        self.received = self._take_up()
        # The file is in its place: there is no part any more.
        self.is_done = False

    def _take_up(self) -> int:
        """Hash what is here of it. More than the file has is of another one: begun anew."""
        self._file.seek(0)
        received = 0
        while piece := self._file.read(_READ_BYTES):
            self._hash.update(piece)
            received += len(piece)
        if received > self.size:
            self._begin_anew()
            return 0
        return received

    def write(self, offset: int, data: bytes) -> None:
        """The next piece; the last one makes the file whole: `is_done`. Raises `PartError`, OSError."""
        if offset != self.received:
            raise PartError("wrong_offset")
        if self.received + len(data) > self.size:
            raise PartError("too_many_bytes")
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self._hash.update(data)
        self.received += len(data)
        self._unsynced += len(data)
        if self._unsynced >= SYNC_BYTES:
            _sync(self._file.fileno())
            self._unsynced = 0

    def finish(self) -> None:
        """All of it is here: verify, sync, put in its place. Raises `PartError` (`wrong_hash`), OSError."""
        assert self.received == self.size, "there is more to come"
        if self._hash.hexdigest() != self._sha256:
            self._begin_anew()
            raise PartError("wrong_hash")
        os.fsync(self._file.fileno())
        self._file.close()
        self._finished()
        self.is_done = True

    def close(self) -> None:
        """No more comes for now; what is here stays for the next time."""
        self._file.close()
        self._closed(self._path)

    def _begin_anew(self) -> None:
        self._file.truncate(0)
        self._file.seek(0)
        self._hash = hashlib.sha256()
        self.received = self._unsynced = 0


# The data and its length, not its times: half the work of a journal. Not there on Windows and macOS.
_sync: Final = getattr(os, "fdatasync", os.fsync)
