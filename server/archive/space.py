"""Room on the volume: how little is too little, and the ballast that is given up for the last writes.

A disk that is full to the last byte cannot even take the record with which the other server is let go.
So new messages are refused before that, and a file of no use lies ready to be thrown away.
"""

import contextlib
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from server.i18n.marking import marked

_log = logging.getLogger(__name__)

# Less than this is too little: a part of the volume, or what lasts for a million messages.
_FREE_PART: Final = 20
_FREE_BYTES: Final = 512 * 1024 * 1024
# Room has to come back by a tenth more, so that nobody is told and untold every second.
_RETURN_PART: Final = 10
# The ballast: thousands of transactions; on a small volume a hundredth of it.
_BALLAST_BYTES: Final = 16 * 1024 * 1024
_BALLAST_PART: Final = 100

# (all bytes of the volume, those that are free for us)
Usage = Callable[[Path], tuple[int, int]]


def usage_of(path: Path) -> tuple[int, int]:
    """What the system says about the volume of a folder. Raises OSError."""
    usage = shutil.disk_usage(path)
    return usage.total, usage.free


def free_above_least(path: Path) -> int:
    """How many bytes may be written to the volume of a folder before it counts as full. Raises OSError."""
    total, free = usage_of(path)
    return free - min(total // _FREE_PART, _FREE_BYTES)


class Space:
    """The room for one archive. `look` is for one thread, `give_up_ballast` for any."""

    def __init__(self, folder: Path, usage: Usage = usage_of) -> None:
        self._folder: Final = folder
        self._ballast: Final = folder / "ballast"
        self._usage: Final = usage
        self.is_full = False

    def look(self) -> None:
        """See how much is free, and have the ballast ready as long as there is room. Raises OSError."""
        total, free = self._usage(self._folder)
        least = min(total // _FREE_PART, _FREE_BYTES)
        self.is_full = free < least + (least // _RETURN_PART if self.is_full else 0)
        ballast = min(_BALLAST_BYTES, total // _BALLAST_PART)
        if not self.is_full and free > least + ballast and not self._ballast.exists():
            self._allocate(ballast)

    def give_up_ballast(self) -> bool:
        """Make room for what must be written; False when there was nothing left to give up."""
        self.is_full = True
        try:
            self._ballast.unlink()
        except OSError:
            return False
        _log.warning(marked("The disk is full: its last reserve (the file ballast) was given up. Make room."))
        return True

    def _allocate(self, size: int) -> None:
        """A file that really takes its place: no hole, nothing that a file system could compress."""
        new = self._ballast.with_suffix(".new")
        try:
            with new.open("wb") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, size)
                else:
                    for _part in range(0, size, 1 << 20):
                        file.write(os.urandom(min(1 << 20, size)))
            new.replace(self._ballast)
        except OSError:
            with contextlib.suppress(OSError):
                new.unlink()
            raise
