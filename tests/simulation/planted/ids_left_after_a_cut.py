"""The cut takes the records away and leaves the ids under which they are found."""

from typing import Final

from server.archive.disk import Transaction
from server.archive.store import Store

TARGET: Final = "server.archive.store.Store._cut"


def replacement(self: Store, transaction: Transaction, keep: int) -> None:
    transaction.delete("records", keep + 1, 2**62)
    transaction.delete("snapshots", keep + 1, 2**62)
