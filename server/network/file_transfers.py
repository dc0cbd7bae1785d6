"""The disk of a client's transfers: pieces read and kept on a thread of its own, names that stay in a folder.

A file that is fetched lies beside its place under a name of its own until it is whole and verified; it
takes no other file's place.
"""

import contextlib
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Final

from server.protocol.compression import pack
from server.protocol.names import clean_file_name

_READ_BYTES: Final = 1024 * 1024
# A file that does not get smaller is tried again after so many pieces only.
_TRY_PACKING_EVERY: Final = 16


class ChangedFileError(Exception):
    """What was read or fetched is not what was said."""


class Source:
    """A file that is sent: opened once, so that another one in its place disturbs nothing. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._file: Final[BinaryIO] = path.open("rb")
        self._pieces = 0
        self._is_packing = True
        digest, size = hashlib.sha256(), 0
        while piece := self._file.read(_READ_BYTES):
            digest.update(piece)
            size += len(piece)
        self.sha256: Final = digest.hexdigest()
        self.size: Final = size

    def read(self, offset: int, length: int) -> tuple[bytes, bool]:
        """A piece, and whether it is packed. Raises `ChangedFileError` when there is less than there was."""
        self._file.seek(offset)
        data = self._file.read(length)
        if len(data) != length:
            raise ChangedFileError
        self._pieces += 1
        if self._is_packing or self._pieces % _TRY_PACKING_EVERY == 0:
            packed = pack(data)
            self._is_packing = packed is not data
            return packed, self._is_packing
        return data, False

    def close(self) -> None:
        """Done with it."""
        self._file.close()


class Target:
    """A file that is fetched into a folder: `done` bytes of it are here already. Raises OSError."""

    def __init__(self, folder: Path, name: str, sha256: str, size: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder: Final = folder
        # The server is not trusted to give a clean one.
        self._name: Final = clean_file_name(name)
        self._sha256: Final = sha256
        self._path: Final = folder / f".{sha256[:16]}.part"
        self._file: Final = open(self._path, "a+b", buffering=0, opener=_for_its_owner)  # noqa: SIM115
        self.done = self._file.seek(0, os.SEEK_END)
        if self.done > size:
            self._file.truncate(0)
            self.done = 0

    def keep(self, offset: int, data: bytes) -> None:
        """The next piece."""
        if offset != self._file.seek(0, os.SEEK_END):
            raise ChangedFileError
        self._file.write(data)

    def finish(self) -> Path:
        """Verify it, and give it its name, or one like it that is free. Raises `ChangedFileError`."""
        self._file.seek(0)
        digest = hashlib.sha256()
        while piece := self._file.read(_READ_BYTES):
            digest.update(piece)
        if digest.hexdigest() != self._sha256:
            self._file.close()
            self._path.unlink(missing_ok=True)
            raise ChangedFileError
        os.fsync(self._file.fileno())
        self._file.close()
        return self._put_in_place()

    def _put_in_place(self) -> Path:
        stem, dot, ending = self._name.rpartition(".")
        stem, tail = (stem, dot + ending) if stem else (self._name, "")
        number = 1
        while True:
            path = self._folder / (self._name if number == 1 else f"{stem} ({number}){tail}")
            # Made only when nothing of that name is there, whoever else makes one at the same time.
            with contextlib.suppress(FileExistsError):
                path.touch(mode=0o600, exist_ok=False)
                self._path.replace(path)
                return path
            number += 1

    def close(self) -> None:
        """Not now: what is here stays for the next time."""
        self._file.close()


def _for_its_owner(path: str, flags: int) -> int:
    """Made for nobody else to read, as all that a client keeps of a chat."""
    return os.open(path, flags, 0o600)


class FileTransfers:
    """Does the work of all transfers of one client, in order, on one thread."""

    def __init__(self, call: Callable[[Callable[[], None]], None]) -> None:
        """`call` runs something on the loop."""
        self._call: Final = call
        self._pool: Final = ThreadPoolExecutor(1, thread_name_prefix="transfers")
        self._open: Final[dict[int, Source | Target]] = {}

    def open(
        self,
        ticket: int,
        make: Callable[[], Source | Target],
        opened: Callable[[Source | Target], None],
        failed: Callable[[str, str], None],
    ) -> None:
        """Open one end; `opened` or `failed` (code, reason) is called on the loop."""

        def work() -> None:
            self._open[ticket] = end = make()
            self._call(lambda: opened(end))

        self._do(work, failed)

    def read(
        self,
        ticket: int,
        offset: int,
        length: int,
        got: Callable[[bytes, bool], None],
        failed: Callable[[str, str], None],
    ) -> None:
        """Read a piece."""

        def work() -> None:
            source = self._open.get(ticket)
            if isinstance(source, Source):
                raw, is_packed = source.read(offset, length)
                self._call(lambda: got(raw, is_packed))

        self._do(work, failed)

    def keep(self, ticket: int, offset: int, data: bytes, failed: Callable[[str, str], None]) -> None:
        """Keep a piece."""

        def work() -> None:
            target = self._open.get(ticket)
            if isinstance(target, Target):
                target.keep(offset, data)

        self._do(work, failed)

    def finish(self, ticket: int, done: Callable[[str], None], failed: Callable[[str, str], None]) -> None:
        """The transfer has ended: `done` gets the path of what was fetched ("" for what was sent)."""

        def work() -> None:
            end = self._open.pop(ticket, None)
            path = str(end.finish()) if isinstance(end, Target) else ""
            if isinstance(end, Source):
                end.close()
            self._call(lambda: done(path))

        self._do(work, failed)

    def close(self, ticket: int) -> None:
        """The transfer is given up."""

        def work() -> None:
            end = self._open.pop(ticket, None)
            if end is not None:
                end.close()

        self._do(work, lambda _code, _reason: None)

    def stop(self) -> None:
        """Let go of everything."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for end in self._open.values():
            end.close()
        self._open.clear()

    def _do(self, work: Callable[[], None], failed: Callable[[str, str], None]) -> None:
        def attempt() -> None:
            try:
                work()
            except OSError as error:
                reason = error.strerror or str(error)
                self._call(lambda: failed("file_trouble", reason))
            except ChangedFileError:
                self._call(lambda: failed("file_changed", ""))

        with contextlib.suppress(RuntimeError):
            # After `stop` nobody waits for it.
            self._pool.submit(attempt)
