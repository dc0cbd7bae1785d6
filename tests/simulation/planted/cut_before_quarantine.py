"""The cut goes to the disk in a transaction of its own, what it takes out of the log in the next one."""

from typing import Final

from server.archive.disk import Transaction
from server.archive.record import Draft, pack, pack_draft
from server.archive.store import Store, Write, _bytes, _id_key, _quarantine_key

TARGET: Final = "server.archive.store.Store._commit_batch"


def replacement(self: Store, writes: list[Write]) -> None:
    moved: dict[bytes, Draft] = {}
    for write in writes:
        if write.cut_to is not None:
            cut = Transaction()
            moved = self._cut(cut, write)
            self._writer.commit(cut)
    transaction = Transaction()
    for write in writes:
        for record in write.records:
            identity = _id_key(*record.id)
            transaction.put("records", record.index, pack(record))
            transaction.put("ids", identity, _bytes(record.index))
            if moved.pop(identity, None) is None:
                self._release(transaction, identity)
        self._derive(transaction, write)
    for identity, draft in moved.items():
        key = _quarantine_key(draft)
        transaction.put("quarantine", key, pack_draft(draft))
        transaction.put("quarantine_ids", identity, key)
    self._writer.commit(transaction)
    self._has_quarantine = True
