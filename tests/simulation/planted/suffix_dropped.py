"""The server that steps back forgets what only it holds, as a consensus group may."""

from typing import Final

from server.archive.disk import Transaction
from server.archive.record import Draft
from server.archive.store import Store, Write

TARGET: Final = "server.archive.store.Store._cut"
_real: Final = Store._cut


def replacement(self: Store, transaction: Transaction, write: Write) -> dict[bytes, Draft]:
    _real(self, transaction, write)
    return {}
