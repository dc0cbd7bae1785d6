"""A bad disk below a server: slow or full at will, by a small library that is preloaded into it.

Only on Linux, and only where a C compiler is: it is built when it is needed. The servers are the real
programs on the real disk; what differs is what `fsync` and `write` answer below the data folder.
"""

import mmap
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Final

from server.cluster.pair_processes import server_program
from server.i18n.translation import _
from server.torture.plan import PlannedDisk

_SOURCE: Final = Path(__file__).with_name("bad_disk.c")
_BUILD_S: Final = 60.0
# As `struct control`: loaded, mode, delay_us, room, late_syncs.
_CONTROL: Final = struct.Struct("5q")
_WELL, _SLOW, _FULL, _FULL_LATE = range(4)


class NoBadDiskError(Exception):
    """This machine cannot do it; the text says why."""


def build_library(folder: Path) -> Path:
    """Compile it into a folder, and see that it is loaded. Raises NoBadDiskError."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not sys.platform.startswith("linux"):
        raise NoBadDiskError(_("only Linux can do that"))
    if compiler is None:
        raise NoBadDiskError(_("there is no C compiler (gcc)"))
    library = folder / "bad_disk.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(_SOURCE), "-ldl"]
    built = subprocess.run(command, capture_output=True, text=True, timeout=_BUILD_S, check=False)
    if built.returncode:
        raise NoBadDiskError(_("the C compiler failed: {error}").format(error=built.stderr.strip()[-300:]))
    with BadDisk(library, folder, folder / "probe.control") as probe:
        environment = os.environ | probe.environment
        subprocess.run([*server_program(), "--version"], capture_output=True, env=environment, check=False)
        if not probe.is_loaded:
            raise NoBadDiskError(_("this system does not preload libraries"))
    return library


class BadDisk:
    """The disk of one server: everything below `folder`. Close it at the end."""

    def __init__(self, library: Path, folder: Path, control: Path) -> None:
        self._library: Final = library
        self._folder: Final = folder
        self._path: Final = control
        control.write_bytes(bytes(_CONTROL.size))
        with control.open("r+b") as file:
            self._shared: Final = mmap.mmap(file.fileno(), _CONTROL.size)

    @property
    def environment(self) -> dict[str, str]:
        """What a server gets, so that it stands on this disk."""
        others = os.environ.get("LD_PRELOAD", "")
        return {
            "LD_PRELOAD": f"{self._library} {others}".strip(),
            "TORTURE_DISK_FOLDER": str(self._folder),
            "TORTURE_DISK_CONTROL": str(self._path),
        }

    @property
    def is_loaded(self) -> bool:
        """Whether a program has taken it in."""
        return bool(_CONTROL.unpack(self._shared[:])[0])

    @property
    def late_syncs(self) -> int:
        """How many syncs were held up so far."""
        return int(_CONTROL.unpack(self._shared[:])[4])

    def go_bad(self, planned: PlannedDisk) -> None:
        """From now on."""
        mode = _SLOW if planned.sync_s else (_FULL_LATE if planned.fails_late else _FULL)
        self._set(mode, round(planned.sync_s * 1e6), planned.room_bytes)

    def recover(self) -> None:
        """A disk like any other again."""
        self._set(_WELL, 0, 0)

    def close(self) -> None:
        """Let go of the shared file."""
        self._shared.close()

    def __enter__(self) -> "BadDisk":
        return self

    def __exit__(self, *_reason: object) -> None:
        self.close()

    def _set(self, mode: int, delay_us: int, room: int) -> None:
        # The mode comes last: whoever sees it sees the rest.
        self._shared[16:32] = struct.pack("2q", delay_us, room)
        self._shared[8:16] = struct.pack("q", mode)
