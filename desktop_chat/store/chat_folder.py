"""The folder of one chat: its name, its lock, and which of them was open last.

Every chat (a pair of servers with its authority) has a cache of its own, so that joining another
one never mixes two histories.
"""

import hashlib
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Final

_LOCK_NAME: Final = "in-use.lock"
_CHATS: Final = "chats"


def chat_folder(data: Path, fingerprint: str, first_address: str) -> Path:
    """The folder for a chat: known by its authority; a plain one by its first address."""
    key = fingerprint or hashlib.sha256(f"plain {first_address}".encode()).hexdigest()
    return data / _CHATS / key[:24]


def known_chats(data: Path) -> list[Path]:
    """The folders of all chats, the one that was open last first."""
    folders = [path for path in (data / _CHATS).glob("*") if path.is_dir()]
    return sorted(folders, key=lambda path: -path.stat().st_mtime)


class FolderInUseError(Exception):
    """Another window holds this folder."""


class FolderLock:
    """Holds a folder while the program runs: two programs with one device id would confuse the servers.

    The system lets the lock go when the process dies, however it dies.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.utime(folder)
        self._file: IO[bytes] = (folder / _LOCK_NAME).open("a+b")
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise FolderInUseError(str(folder)) from error

    def release(self) -> None:
        """Let the folder go."""
        self._file.close()

    def __enter__(self) -> "FolderLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
