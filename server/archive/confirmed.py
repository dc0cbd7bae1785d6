"""How far this server ever confirmed its archive: a small file beside it, so that a loss is noticed.

An archive that is shorter than the mark, or other than it there, has lost what somebody was promised:
cut off by a damaged disk, an old copy put in its place. Such a server must not lead alone.

The mark lags behind by a second at most (a sync a second, not a sync a commit), and it is lowered
before a cut is committed, so it never claims what the archive gave up on purpose.
"""

import contextlib
import os
import threading
from pathlib import Path
from typing import Final

import msgspec


class Mark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last record that was durable here, its hash in hexadecimal, and how far it was committed."""

    index: int
    hash: str
    committed: int = 0


class ConfirmedMark:
    """The mark of one archive. `note` and `lower` are for the writing thread, `keep` for any other.

    While it is held (the archive has less than it once confirmed) the file stays as it is.
    """

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._lock: Final = threading.Lock()
        self._last = (0, b"")
        self._kept = _read(path)
        self._is_held = False

    @property
    def kept(self) -> Mark | None:
        """What is in the file; None when there is none, or it cannot be read."""
        return self._kept

    def begin(self, index: int, hash_: bytes, *, is_held: bool) -> None:
        """The archive was opened, and ends here."""
        self._last, self._is_held = (index, hash_), is_held

    def note(self, index: int, hash_: bytes) -> None:
        """The archive is durable up to here."""
        with self._lock:
            self._last = index, hash_

    def lower(self, index: int, hash_: bytes) -> None:
        """The archive is about to be cut to here: from now on no more is claimed. Raises OSError."""
        with self._lock:
            self._last = index, hash_
            if self._kept is not None and self._kept.index > index and not self._is_held:
                self._write(min(self._kept.committed, index))

    def keep(self, committed: int) -> None:
        """Bring the file up to what is durable now. Raises OSError."""
        with self._lock:
            index, hash_ = self._last
            is_told = self._kept is not None and (self._kept.index, self._kept.hash) == (index, hash_.hex())
            if index and not is_told and not self._is_held:
                self._write(min(committed, index))

    def release(self) -> None:
        """The archive has again all that it can have: from now on the file follows it."""
        with self._lock:
            self._is_held = False

    def claim(self, index: int) -> None:
        """There was more than the mark knows: up to here, and nobody knows its hash. Raises OSError."""
        with self._lock:
            self._last = index, b""
            self._write(self._kept.committed if self._kept else 0)

    def _write(self, committed: int) -> None:
        index, hash_ = self._last
        mark = Mark(index, hash_.hex(), committed)
        write_durably(self._path, msgspec.json.encode(mark))
        self._kept = mark


def write_durably(path: Path, content: bytes) -> None:
    """Replace a small file: the old content or the new one, whatever happens. Raises OSError."""
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make names in a folder durable, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read(path: Path) -> Mark | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Mark)
    except (OSError, msgspec.DecodeError, ValueError):
        return None
