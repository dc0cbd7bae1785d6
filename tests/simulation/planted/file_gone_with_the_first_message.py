"""A file is gone with the first deletion of a message that carries it, although there are others."""

from typing import Final

import msgspec

from server.state.files import FileUses

TARGET: Final = "server.state.files.FileUses.drop"
_real: Final = FileUses.drop


def replacement(self: FileUses, sha256: str, room: str, person: str) -> None:
    uses = self._by_hash.get(sha256, ())
    self._by_hash[sha256] = tuple(msgspec.structs.replace(use, messages=1) for use in uses)
    _real(self, sha256, room, person)
