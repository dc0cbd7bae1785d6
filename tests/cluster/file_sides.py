"""Two servers' files, each with its half of the conversation, and a wire between them."""

import asyncio
import hashlib
import os
from collections.abc import Callable, Coroutine
from pathlib import Path

from server.archive.blobs import BlobStore
from server.cluster.file_copying import FileCopying
from server.cluster.file_messages import PIECE_BYTES, WANTS_AHEAD, FileMessage
from server.cluster.peer_frames import PeerFrameReader, encode_peer_frame
from server.protocol.errors import Refusal
from server.sessions.file_store import FileStore
from server.state.files import FileUses

CONTENT = os.urandom(PIECE_BYTES * (WANTS_AHEAD + 3) + 777)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
KEY = ("anna", SHA256)


class Side:
    """One server's files, and its half of the conversation."""

    def __init__(self, path: Path) -> None:
        self.blobs = BlobStore(path)
        self.files = FileStore(self.blobs, asyncio.get_running_loop().time)
        self.uses = FileUses()
        self.sent: list[FileMessage] = []
        self.other: Side | None = None
        # Whether what is said arrives.
        self.is_linked = True
        # What is said about these files never arrives.
        self.unheard: set[str] = set()
        self._reader = PeerFrameReader()
        self._reader.trust()
        self.copying = FileCopying(self.files, lambda: self.uses, self._send)
        self.files.copier = self

    def _send(self, message: FileMessage) -> None:
        self.sent.append(message)
        is_heard = self.is_linked and message.sha256 not in self.unheard
        if is_heard and self.other is not None:
            asyncio.get_running_loop().call_soon(self.other.hear, encode_peer_frame(message))

    def hear(self, data: bytes) -> None:
        self._reader.feed(data)
        while (message := self._reader.next_message()) is not None:
            assert isinstance(message, FileMessage)
            self.copying.take(message)

    # A `Copier`.

    def offer(self, key: tuple[str, str], size: int) -> None:
        self.copying.offer(key, size)

    def moved(self, key: tuple[str, str]) -> None:
        self.copying.moved(key)

    def removed(self, sha256: str) -> None:
        self.copying.removed(sha256)

    async def copied(self, key: tuple[str, str], size: int, limit_s: float) -> bool:
        raise NotImplementedError

    async def receive(self, first: int, last: int, step: int = 100_000) -> None:
        """A person sends a part of the file."""
        for offset in range(first, last, step):
            taken = await self.files.take(KEY, offset, CONTENT[offset : min(offset + step, last)])
            assert not isinstance(taken, Refusal), taken

    def read(self) -> bytes:
        return self.blobs.read(SHA256, 0, len(CONTENT))

    def stop(self) -> None:
        self.copying.stop()
        self.files.stop()


def run(path: Path, script: Callable[[Side, Side], Coroutine[None, None, None]]) -> None:
    async def play() -> None:
        a, b = Side(path / "a"), Side(path / "b")
        a.other, b.other = b, a
        a.copying.start()
        b.copying.start()
        try:
            async with asyncio.timeout(60):
                await script(a, b)
        finally:
            a.stop()
            b.stop()

    asyncio.run(play())


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 - a condition of two disks, not an event
        await asyncio.sleep(0)
