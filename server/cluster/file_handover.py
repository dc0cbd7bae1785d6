"""The files of a retired server: what messages carry goes to the server that goes on.

    retired:  file_offer    each file that it holds, when all its records are on both disks
    goes on:  file_want     what it lacks, piece by piece
              file_has      when it is on both disks, or no message carries it any more

Over the connection of the hand-over. As with the records nothing is remembered of it.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from server.cluster.file_copying import FileCopying
from server.cluster.file_messages import FileMessage
from server.sessions.file_store import FileStore, Key
from server.state.files import FileUses

_AT_ONCE: Final = 64
# What found no room, or did not come to the other disk in time, is offered again.
_OFFER_AGAIN_S: Final = 10.0


class FileHandover:
    """The retired side, for one connection. `hashes`: what the messages of its archive carry."""

    def __init__(self, files: FileStore, hashes: Sequence[str], send: Callable[[FileMessage], None]) -> None:
        self._files: Final = files
        self._hashes: Final = hashes
        self._copying: Final = FileCopying(files, FileUses, send)

    def take(self, message: FileMessage) -> None:
        """What the other side says."""
        self._copying.take(message)

    async def run(self) -> None:
        """Until every file that is here is there. Raises OSError."""
        for first in range(0, len(self._hashes), _AT_ONCE):
            await self._hand_over(self._hashes[first : first + _AT_ONCE])

    def stop(self) -> None:
        """The connection has ended."""
        self._copying.stop()

    async def _hand_over(self, hashes: Sequence[str]) -> None:
        left: dict[Key, int] = {}
        for sha256 in hashes:
            size = (await self._files.available(("", sha256)))[1] if await self._has(sha256) else None
            if size is not None:
                left["", sha256] = size
        now = asyncio.get_running_loop().time
        offered_at = float("-inf")
        while left:
            if now() - offered_at > _OFFER_AGAIN_S:
                offered_at = now()
                for key, size in left.items():
                    self._copying.offer(key, size)
            for key in list(left):
                if await self._copying.wait_for_copy(key):
                    del left[key]

    async def _has(self, sha256: str) -> bool:
        return await self._files.run(lambda: self._files.blobs.has(sha256))


class InheritedFiles(FileCopying):
    """The side that goes on, for one connection: it takes what is offered, and looks for nothing."""

    async def _take_in(self, key: Key, size: int) -> bool:
        if not self._uses().is_carried(key[1]):
            # Deleted here since: it must not come back.
            return True
        return await super()._take_in(key, size) and await self._files.both_have(key, size)
