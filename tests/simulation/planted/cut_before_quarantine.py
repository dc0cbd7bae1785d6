"""The cut goes to the disk in a transaction of its own, what it takes out of the log in the next one."""

from typing import Final

import msgspec

from server.archive.disk import Transaction
from server.archive.store import Store, Write

TARGET: Final = "server.archive.store.Store._commit_batch"
_real: Final = Store._commit_batch


def replacement(self: Store, writes: list[Write]) -> None:
    later: list[Write] = []
    for write in writes:
        if write.cut_to is not None:
            cut = Transaction()
            moved = self._cut(cut, write)
            self._writer.commit(cut)
            write = msgspec.structs.replace(  # noqa: PLW2901 - what is left of it
                write, cut_to=None, quarantined=(*(row.draft for row in moved.values()), *write.quarantined)
            )
        later.append(write)
    _real(self, later)
