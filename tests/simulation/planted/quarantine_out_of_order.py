"""What a merge moves is re-submitted from the last to the first."""

from typing import Final

from server.archive.record import unpack_draft
from server.archive.store import QuarantineRow, StoreReader

TARGET: Final = "server.archive.store.StoreReader.quarantine"


def replacement(self: StoreReader, behind: bytes, limit: int) -> list[QuarantineRow]:
    rows = self._disk.scan("quarantine", behind + b"\0", b"\xff" * 16)
    found = [QuarantineRow(key, unpack_draft(value)) for key, value in rows if isinstance(key, bytes)]
    return found[::-1][:limit]
