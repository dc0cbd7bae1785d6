"""The cut takes the records away and leaves the ids under which they are found."""

from typing import Final

from server.archive.disk import Transaction
from server.archive.reading import QuarantineRow
from server.archive.store import Store, Write

TARGET: Final = "server.archive.store.Store._cut"
_real: Final = Store._cut


def replacement(self: Store, transaction: Transaction, write: Write) -> dict[bytes, QuarantineRow]:
    moved = _real(self, transaction, write)
    transaction.deletes = [delete for delete in transaction.deletes if delete[0] != "ids"]
    return moved
