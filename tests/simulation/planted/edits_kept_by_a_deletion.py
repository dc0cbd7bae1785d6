"""A deletion erases the message and forgets the texts that it had before."""

from typing import Final

from server.archive.eraser import Eraser

TARGET: Final = "server.archive.eraser.Eraser._indices_of"
_real: Final = Eraser._indices_of


def replacement(self: Eraser, device: str, counter: int) -> list[int]:
    return [
        index
        for index in _real(self, device, counter)
        if (record := self._find(index)) is not None and record.header.kind == "message"
    ]
