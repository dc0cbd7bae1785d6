"""The check of every file: what nobody has fetched for long may be damaged as well.

As with the rows of the archive, all of them are read some time after the start and once a day, while the
other server has a good one. What is not what its name says is set aside, and comes from there again.
"""

import asyncio
import errno
import hashlib
import logging
from typing import TYPE_CHECKING, Final

from server.archive.blobs import MissingBlobError
from server.i18n.marking import marked
from server.protocol.compression import BadPackedError
from server.sessions.file_store import FileStore

if TYPE_CHECKING:
    from server.sessions.hub import Hub

_log = logging.getLogger(__name__)

FIRST_S: Final = 600.0
_EVERY_S: Final = 24 * 3600.0
_PIECE_BYTES: Final = 1024 * 1024
# A tenth of the time at most: a hundred gigabytes take an hour or two, and nobody feels it.
_REST: Final = 9.0
# Other errors say nothing about what is in the file.
_DAMAGE: Final = frozenset({None, errno.EIO})

_DAMAGED: Final = marked(
    "A file on this server's disk is damaged (%s) and was set aside. It is fetched from the other server, if"
    " that one has it."
)


class FileCheck:
    """On the io thread; the disk is read in the threads of the file store."""

    def __init__(self, hub: "Hub", files: FileStore) -> None:
        self._hub: Final = hub
        self._files: Final = files
        hub.call_later(FIRST_S, self._begin)

    def _begin(self) -> None:
        self._hub.call_later(_EVERY_S, self._begin)
        self._hub.readings.keep(self.look_at_all())

    async def look_at_all(self) -> None:
        """Once."""
        try:
            for sha256 in await self._files.run(lambda: list(self._files.blobs.hashes())):
                if not await self._is_right(sha256):
                    _log.error(_DAMAGED, sha256)
                    await self._files.set_aside(sha256)
        except OSError as error:
            _log.warning(marked("The files could not be looked at: %s"), error)

    async def _is_right(self, sha256: str) -> bool:
        """Whether it is, or cannot be told now."""
        loop, found, offset = asyncio.get_running_loop(), hashlib.sha256(), 0

        def take_piece() -> int:
            piece = self._files.blobs.read(sha256, offset, _PIECE_BYTES)
            found.update(piece)
            return len(piece)

        while True:
            began = loop.time()
            try:
                taken = await self._files.run(take_piece)
            except MissingBlobError:
                # Erased meanwhile.
                return True
            except BadPackedError:
                return False
            except OSError as error:
                return error.errno not in _DAMAGE
            if not taken:
                return found.hexdigest() == sha256
            offset += taken
            await asyncio.sleep(_REST * (loop.time() - began))
