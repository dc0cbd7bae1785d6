"""The files of people: a store on disk in which a file is found by the SHA-256 of its content.

    blobs/ab/abcdef…         a whole file, as it is
    blobs/ab/abcdef….zst     the same in packed blocks, where that saves something (see `packed_blob`)
    blobs/parts/WHO-abcdef…  what has come of a file so far; WHO stands for the person who sends it
    blobs/parts/WHO-abcdef….done   that person has shown the whole content of it
    blobs/damaged/abcdef…    what was found damaged: kept for whoever can make something of it

A file is verified and synced, and so is its folder, before it is there under its hash. What a person
claims to have is taken from that person to the last byte, also when it is here already: knowing a hash must
give nobody a file. The names that people give their files never come here.
"""

import contextlib
import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from server.archive.packed_blob import BLOCK_BYTES, PackedBlob, is_worth_packing, pack_blob
from server.archive.part import Part, PartError
from server.archive.space import free_above_least

__all__ = ["BLOCK_BYTES", "BlobStore", "MissingBlobError", "PartError"]

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_PACKED: Final = ".zst"
_DONE: Final = ".done"
# Unfinished parts, and files that no message carries, are kept so long: a transfer goes on the next day.
KEPT_S: Final = 24 * 3600.0


class MissingBlobError(Exception):
    """There is no file of this hash, or not so much of it."""


class BlobStore:
    """Used by the threads of a small pool; one `Part` belongs to one thread at a time. Raises OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder
        self._parts: Final = folder / "parts"
        self._damaged: Final = folder / "damaged"
        # Of which a thread has the file open: no second one may write to it.
        self._open: Final[set[Path]] = set()
        self._lock: Final = threading.Lock()
        if not self._parts.exists():
            self._parts.mkdir(mode=0o700, parents=True, exist_ok=True)
            for made in (folder, folder.parent):
                _sync_folder(made)

    # --- whole files

    def has(self, sha256: str) -> bool:
        """Whether the whole file is here, verified and synced."""
        return self._find(sha256) is not None

    def size_of(self, sha256: str) -> int | None:
        """How large the file is; None when it is not here."""
        path = self._find(sha256)
        try:
            if path is None:
                return None
            return PackedBlob(path).size() if path.suffix == _PACKED else path.stat().st_size
        except FileNotFoundError:
            return None

    def has_room_for(self, size: int) -> bool:
        """Whether the disk is not full afterwards."""
        return free_above_least(self._folder) >= size

    def read(self, sha256: str, offset: int, length: int) -> bytes:
        """A piece of a file; shorter where the file ends. Raises `MissingBlobError`."""
        path = self._find(sha256)
        try:
            if path is None:
                raise MissingBlobError(sha256)
            if path.suffix == _PACKED:
                return PackedBlob(path).read(offset, length)
            with path.open("rb") as file:
                # No system seeks to 2^53, and behind the end there is nothing.
                file.seek(min(offset, path.stat().st_size))
                return file.read(length)
        except FileNotFoundError:
            # Removed meanwhile: the last message with it was deleted.
            raise MissingBlobError(sha256) from None

    def hashes(self) -> Iterator[str]:
        """Every file that is here."""
        for path in self._folder.glob("[0-9a-f][0-9a-f]/*"):
            if _SHA256.fullmatch(path.stem):
                yield path.stem

    def touch(self, sha256: str) -> bool:
        """A message is about to carry the file: it is not swept soon. False when it is not here."""
        path = self._find(sha256)
        with contextlib.suppress(OSError):
            if path is not None:
                os.utime(path)
                return True
        return False

    def remove(self, sha256: str) -> bool:
        """Erase a file; whether it was here."""
        was_here = self.has(sha256)
        for path in self._paths(sha256):
            path.unlink(missing_ok=True)
            (self._damaged / path.name).unlink(missing_ok=True)
        return was_here

    def set_aside(self, sha256: str) -> None:
        """The file is not what its hash says: it is here no more, and its bytes are kept."""
        path = self._find(sha256)
        if path is not None:
            self._damaged.mkdir(mode=0o700, exist_ok=True)
            path.replace(self._damaged / path.name)

    # --- what is coming

    def part(self, person: str, sha256: str, size: int) -> Part:
        """Begin a file, or go on with it: `received` says where. Raises `PartError` (`in_use`)."""
        path = self._part_path(person, sha256)
        with self._lock:
            if path in self._open:
                raise PartError("in_use")
            self._open.add(path)
        try:
            return Part(path, sha256, size, finished=lambda: self._finish(path, sha256), closed=self._closed)
        except BaseException:
            self._closed(path)
            raise

    def received(self, person: str, sha256: str) -> int:
        """How much of a file has come from a person, while it is not whole."""
        try:
            return self._part_path(person, sha256).stat().st_size
        except FileNotFoundError:
            return 0

    def read_part(self, person: str, sha256: str, offset: int, length: int) -> bytes:
        """A piece of what has come, also while more comes. Raises `MissingBlobError` without a part."""
        try:
            with self._part_path(person, sha256).open("rb") as file:
                file.seek(offset)
                return file.read(length)
        except FileNotFoundError:
            raise MissingBlobError(sha256) from None

    def is_shown(self, person: str, sha256: str) -> bool:
        """Whether this person has sent the whole of it, some time in the last day, and it is here."""
        return self._done_path(person, sha256).exists() and self.has(sha256)

    def show(self, person: str, sha256: str) -> None:
        """This person has sent the whole of a file that is here: to the other server, which says so."""
        self._done_path(person, sha256).touch()

    def reserved(self, person: str, but_for: str, has_sent: Callable[[str, str], bool]) -> tuple[int, int]:
        """The parts of a person, and the files in no message of theirs, without one: how many, how large."""
        count = total = 0
        for path in self._parts.glob(f"{_who(person)}-*"):
            sha256 = path.stem.partition("-")[2]
            if sha256 == but_for or not _SHA256.fullmatch(sha256):
                continue
            if path.suffix != _DONE or not has_sent(person, sha256):
                count += 1
                with contextlib.suppress(OSError):
                    whole = self._find(sha256) if path.suffix == _DONE else path
                    total += whole.stat().st_size if whole is not None else 0
        return count, total

    # --- the broom

    def sweep_parts(self, now_s: float) -> None:
        """Remove what nobody has gone on with for a day."""
        for path in self._parts.iterdir():
            with contextlib.suppress(OSError):
                if path not in self._open and path.stat().st_mtime < now_s - KEPT_S:
                    path.unlink()

    def untouched(self, now_s: float) -> Iterator[str]:
        """The files that neither came nor were touched within the last day."""
        for sha256 in self.hashes():
            with contextlib.suppress(OSError):
                path = self._find(sha256)
                if path is not None and path.stat().st_mtime < now_s - KEPT_S:
                    yield sha256

    # --- inside

    def _finish(self, part: Path, sha256: str) -> None:
        """The part holds what its hash says, and is synced: put it in its place."""
        folder = self._folder / sha256[:2]
        with self._lock:
            if not folder.exists():
                folder.mkdir(mode=0o700)
                _sync_folder(self._folder)
        if self.has(sha256):
            part.unlink()
        else:
            target = folder / sha256
            if is_worth_packing(part):
                packed = part.with_suffix(_PACKED)
                pack_blob(part, packed)
                packed.replace(target.with_suffix(_PACKED))
                part.unlink()
            else:
                part.replace(target)
        # Also when it was there: somebody else may have put it there a moment ago.
        _sync_folder(folder)
        part.with_suffix(_DONE).touch()

    def _closed(self, path: Path) -> None:
        with self._lock:
            self._open.discard(path)

    def _find(self, sha256: str) -> Path | None:
        return next((path for path in self._paths(sha256) if path.exists()), None)

    def _paths(self, sha256: str) -> tuple[Path, Path]:
        if not _SHA256.fullmatch(sha256):
            raise ValueError("no SHA-256")
        path = self._folder / sha256[:2] / sha256
        return path, path.with_suffix(_PACKED)

    def _part_path(self, person: str, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise ValueError("no SHA-256")
        return self._parts / f"{_who(person)}-{sha256}"

    def _done_path(self, person: str, sha256: str) -> Path:
        return self._part_path(person, sha256).with_suffix(_DONE)


def _who(person: str) -> str:
    """A person's id as a part of a file name, whatever is in it."""
    return hashlib.sha256(person.encode()).hexdigest()[:16]


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        # A folder cannot be opened there; NTFS keeps a journal of names.
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
