"""A retired server's files: what is carried comes to the server that goes on, and nothing that was erased."""

import asyncio
import hashlib
import os
from collections.abc import Callable, Coroutine
from pathlib import Path

from server.archive.blobs import BlobStore
from server.cluster.file_handover import FileHandover, InheritedFiles
from server.cluster.file_messages import PIECE_BYTES, FileMessage
from server.sessions.file_store import FileStore, Key
from server.state.files import FileUses

CONTENTS = [os.urandom(size) for size in (0, 5, PIECE_BYTES + 1, 3 * PIECE_BYTES)]
HASHES = [hashlib.sha256(content).hexdigest() for content in CONTENTS]


class Pair:
    """A retired server and the one that goes on, and the word of that one's second server."""

    def __init__(self, path: Path) -> None:
        now = asyncio.get_running_loop().time
        self.old = FileStore(BlobStore(path / "old"), now)
        self.new = FileStore(BlobStore(path / "new"), now)
        self.new.copier = self
        self.uses = FileUses()
        self.second_has = True
        self.asked: list[Key] = []
        self.handover = FileHandover(self.old, HASHES, self._to_new)
        self.inherited = InheritedFiles(self.new, lambda: self.uses, self._to_old)

    def _to_new(self, message: FileMessage) -> None:
        asyncio.get_running_loop().call_soon(self.inherited.take, message)

    def _to_old(self, message: FileMessage) -> None:
        asyncio.get_running_loop().call_soon(self.handover.take, message)

    # A `Copier`.

    def offer(self, key: Key, size: int) -> None:
        raise NotImplementedError

    def moved(self, key: Key) -> None:
        pass

    def removed(self, sha256: str) -> None:
        raise NotImplementedError

    async def copied(self, key: Key, size: int, limit_s: float) -> bool:
        self.asked.append(key)
        return self.second_has


def run(path: Path, script: Callable[[Pair], Coroutine[None, None, None]]) -> None:
    async def play() -> None:
        pair = Pair(path)
        for content, sha256 in zip(CONTENTS, HASHES, strict=True):
            await pair.old.begin(("anna", sha256), len(content))
            if content:
                await pair.old.take(("anna", sha256), 0, content)
            pair.uses.add(sha256, "general", "anna", len(content))
        try:
            async with asyncio.timeout(60):
                await script(pair)
        finally:
            pair.handover.stop()
            pair.inherited.stop()
            pair.old.stop()
            pair.new.stop()

    asyncio.run(play())


def handed_over(pair: Pair) -> Coroutine[None, None, None]:
    return pair.handover.run()


def test_all_that_messages_carry_is_there_in_the_end(tmp_path: Path) -> None:
    async def script(pair: Pair) -> None:
        await handed_over(pair)
        for content, sha256 in zip(CONTENTS, HASHES, strict=True):
            assert pair.new.blobs.read(sha256, 0, len(content) + 1) == content
        assert set(pair.asked) == {("", sha256) for sha256 in HASHES}

    run(tmp_path, script)


def test_what_was_deleted_meanwhile_does_not_come_back_and_what_is_not_here_is_not_waited_for(
    tmp_path: Path,
) -> None:
    async def script(pair: Pair) -> None:
        pair.uses.drop(HASHES[1], "general", "anna")
        pair.old.blobs.remove(HASHES[2])
        await handed_over(pair)
        assert set(pair.new.blobs.hashes()) == {HASHES[0], HASHES[3]}

    run(tmp_path, script)


def test_it_is_not_done_before_the_second_server_has_all_of_it(tmp_path: Path) -> None:
    async def script(pair: Pair) -> None:
        pair.second_has = False
        handing = asyncio.create_task(handed_over(pair))
        while len(pair.asked) < len(HASHES):  # noqa: ASYNC110 - a condition of two disks, not an event
            await asyncio.sleep(0)
        assert set(pair.new.blobs.hashes()) == set(HASHES)
        assert not handing.done()
        # Offered again, and the second one has it by then.
        pair.second_has = True
        for content, sha256 in zip(CONTENTS, HASHES, strict=True):
            pair.handover._copying.offer(("", sha256), len(content))
        await handing

    run(tmp_path, script)
