"""What a cut takes out of the log is remembered by the process alone: a restart forgets it."""

from contextlib import suppress
from typing import Final

from server.archive.disk import Disk, DiskError, Transaction
from server.archive.store import Store

TARGET: Final = "server.archive.store.Store.__init__"
_real: Final = Store.__init__


def replacement(self: Store, disk: Disk) -> None:
    _real(self, disk)
    forgotten = Transaction()
    forgotten.delete("quarantine", b"", b"\xff" * 64)
    forgotten.delete("quarantine_ids", b"", b"\xff" * 64)
    # A disk that fails at this moment is the affair of the next write.
    with suppress(DiskError):
        disk.commit(forgotten)
