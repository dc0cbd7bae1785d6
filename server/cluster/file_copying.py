"""Copying files between the two servers: each takes from the other what it lacks, while it comes.

On the io thread. What a person sends to one server is offered to the other one, which copies it from there
behind the sender; what messages carry and a server does not have (it was away, or is new) it takes as well.
Nothing is remembered of it beyond a connection: what is on the disk says where to go on.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from math import inf
from typing import Final

from server.cluster.file_messages import (
    PIECE_BYTES,
    WANTS_AHEAD,
    FileHas,
    FileLacks,
    FileMessage,
    FileOffer,
    FilePiece,
    FileWant,
)
from server.i18n.marking import marked
from server.protocol.errors import Refusal
from server.sessions.file_store import FileStore, Key
from server.state.files import FileUses

_log = logging.getLogger(__name__)

# Copies at once.
_COPIES_MAX: Final = 64
# A sender that pauses for longer offers it again when it goes on.
_PIECE_S: Final = 60.0
# How often it is looked for what is missing: for what is new, and for everything.
_LOOK_S: Final = 0.5
_LOOK_AGAIN_S: Final = 60.0
_WAKE_S: Final = 0.2
# A file that the other server was told to be here is not erased for so long: its message follows.
_TOLD_S: Final = 5.0
# What messages carry and is not here, of the copies at once: people who send come first.
_MISSING_AT_ONCE: Final = 8
# What came as something else twice is damaged over there, and not fetched again and again.
_SPOILT_MAX: Final = 2
_SPOILT_S: Final = 3600.0


class FileCopying:
    """One connection's worth, begun with `start`; `send` takes messages for the other server."""

    def __init__(
        self, files: FileStore, uses: Callable[[], FileUses], send: Callable[[FileMessage], None]
    ) -> None:
        self._files: Final = files
        self._uses: Final = uses
        self._send: Final = send
        self._peer_has: Final[set[Key]] = set()
        # What the other server wants, and what of it is being read from the disk.
        self._wants: Final[dict[Key, list[int]]] = {}
        self._giving: Final[set[Key]] = set()
        self._copies: Final[dict[Key, asyncio.Queue[FilePiece | FileLacks]]] = {}
        self._here: Final[set[str]] = set()
        # What messages carry and is not here, and how many at work to fetch it.
        self._missed: Final[deque[str]] = deque()
        self._fetchers = 0
        # How often a file came as something else, and when last.
        self._spoilt: Final[dict[str, tuple[int, float]]] = {}
        # In the order in which they began.
        self._tasks: Final[dict[asyncio.Task[None], None]] = {}
        self._slots: Final = asyncio.Semaphore(_COPIES_MAX)
        self._news = asyncio.Event()

    def start(self) -> None:
        """The other server is there."""
        for key, size in self._files.coming():
            self.offer(key, size)
        self._begin(self._look_for_missing())

    def stop(self) -> None:
        """It is gone."""
        for task in list(self._tasks):
            task.cancel()
        self._tell_waiting()

    # --- what is here

    def offer(self, key: Key, size: int) -> None:
        """The other server shall have this."""
        if key not in self._peer_has:
            self._send(FileOffer(*key, size))

    def ask_again(self, key: Key, size: int) -> None:
        """A message is about to carry this: the other server shall say now that it has it, and hold it.

        What it said long ago may be erased in this moment with an older message.
        """
        self._peer_has.discard(key)
        self.offer(key, size)

    def moved(self, key: Key) -> None:
        """More of it is here: give what is wanted."""
        self._give_soon(key)

    def removed(self, sha256: str) -> None:
        """It is here no more: should a message carry it again, it is looked for again, on both sides."""
        self._here.discard(sha256)
        self._send(FileLacks("", sha256))

    async def wait_for_copy(self, key: Key) -> bool:
        """Whether the other server has it; waits a moment for that."""
        if key not in self._peer_has:
            try:
                async with asyncio.timeout(_WAKE_S):
                    await self._news.wait()
            except TimeoutError:
                pass
        return key in self._peer_has

    # --- what the other server says

    def take(self, message: FileMessage) -> None:
        """One message."""
        match message:
            case FileOffer():
                self._copy_soon(message.key, message.size)
            case FileWant():
                self._wants.setdefault(message.key, []).append(message.offset)
                self._give_soon(message.key)
            case FileHas():
                self._peer_has.add(message.key)
                self._wants.pop(message.key, None)
                self._tell_waiting()
            case FilePiece() | FileLacks():
                if isinstance(message, FileLacks):
                    self._peer_has.difference_update(
                        [key for key in self._peer_has if key[1] == message.sha256]
                    )
                pieces = self._copies.get(message.key)
                if pieces is not None:
                    pieces.put_nowait(message)

    def _tell_waiting(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _give_soon(self, key: Key) -> None:
        if self._wants.get(key) and key not in self._giving:
            self._giving.add(key)
            self._begin(self._give(key))

    async def _give(self, key: Key) -> None:
        """What is wanted of one file, in order, as far as it is here."""
        try:
            while wants := self._wants.get(key):
                there, size = await self._files.available(key)
                offset = min(wants)
                if size is not None and there < min(offset + PIECE_BYTES, size):
                    return
                wants.remove(offset)
                data = None if size is None else await self._files.piece_for_copy(key, offset, PIECE_BYTES)
                self._send(FileLacks(*key) if data is None else FilePiece(*key, offset, data))
        finally:
            self._giving.discard(key)
        if not wants:
            self._wants.pop(key, None)

    # --- what is copied

    def _copy_soon(self, key: Key, size: int) -> None:
        if key not in self._copies:
            self._copies[key] = asyncio.Queue()
            self._begin(self._copy(key, size))

    async def _copy(self, key: Key, size: int) -> None:
        # What was deleted before must not take it away: neither while it comes, nor from what the other
        # server takes when it was told.
        holder = self._files.new_holder()
        self._files.hold(holder, key[1], inf)
        is_told = False
        try:
            await self._files.settled(key[1])
            if await self._take_in(key, size):
                if key[0]:
                    await self._files.run(lambda: self._files.blobs.show(*key))
                self._here.add(key[1])
                self._send(FileHas(*key))
                is_told = True
        finally:
            del self._copies[key]
            if is_told:
                self._files.hold(holder, key[1], _TOLD_S)
            else:
                self._files.let_go(holder)

    async def _take_in(self, key: Key, size: int) -> bool:
        """Whether it is here, by now. Who only asks for that waits for no copy of something else."""
        if await self._files.run(lambda: self._files.blobs.touch(key[1])):
            return True
        async with self._slots:
            return await self._is_here(key[1]) or await self._fetch(key, size)

    async def _fetch(self, key: Key, size: int) -> bool:
        """All of it, piece by piece, several asked for ahead; False when it does not come."""
        if not await self._files.run(lambda: self._files.blobs.has_room_for(size)):
            # The last bytes of the disk are for the archive.
            return False
        begun = await self._files.begin(key, size, is_copy=True)
        if isinstance(begun, Refusal):
            return False
        received, asked = begun, begun
        while received < size:
            while asked < size and asked < received + WANTS_AHEAD * PIECE_BYTES:
                self._send(FileWant(*key, asked))
                asked += PIECE_BYTES
            try:
                async with asyncio.timeout(_PIECE_S):
                    piece = await self._copies[key].get()
            except TimeoutError:
                return False
            if isinstance(piece, FileLacks):
                return False
            taken = await self._files.take(key, piece.offset, piece.data)
            if not isinstance(taken, Refusal):
                received = taken[0]
                if received < min(piece.offset + PIECE_BYTES, size):
                    # Less than was wanted: what is there was begun anew.
                    asked = received
            elif taken.code == "wrong_offset":
                # Somebody sends it here, too: what came by that way is not asked for again.
                received = int(taken.arguments["received"])
                asked = max(asked, received) if piece.offset < received else received
            elif taken.code == "wrong_hash" and begun:
                # What lay here since before a loss of power was torn: once more, from the first byte.
                return await self._fetch(key, size)
            else:
                if taken.code == "wrong_hash":
                    times = self._spoilt.get(key[1], (0, 0.0))[0] + 1
                    self._spoilt[key[1]] = times, asyncio.get_running_loop().time()
                return await self._is_here(key[1])
        return True

    async def _look_for_missing(self) -> None:
        """What messages carry and is not here: at once, and whenever something is new."""
        now = asyncio.get_running_loop().time
        seen: tuple[FileUses | None, int] = (None, 0)
        looked_at = 0.0
        while True:
            uses = self._uses()
            is_new = seen != (uses, uses.changes) or now() - looked_at > _LOOK_AGAIN_S
            if is_new and not self._missed:
                seen, looked_at = (uses, uses.changes), now()
                self._missed.extend(await self._missing(uses.hashes()))
            # Small ones take the time that the line takes; one that does not come holds up no other.
            for _ in range(min(len(self._missed), _MISSING_AT_ONCE - self._fetchers)):
                self._fetchers += 1
                self._begin(self._fetch_missed())
            await asyncio.sleep(_LOOK_S)

    async def _fetch_missed(self) -> None:
        try:
            while self._missed:
                sha256 = self._missed.popleft()
                try:
                    await self._copy_missing(sha256)
                except OSError as error:
                    # It is looked for again.
                    _log.warning(marked("The file %s could not be copied: %s"), sha256, error)
        finally:
            self._fetchers -= 1

    async def _missing(self, wanted: list[str]) -> list[str]:
        unknown = [sha256 for sha256 in wanted if sha256 not in self._here]
        has = self._files.blobs.has
        missing = await self._files.run(lambda: [sha256 for sha256 in unknown if not has(sha256)])
        self._here.update(set(unknown).difference(missing))
        return missing

    async def _is_here(self, sha256: str) -> bool:
        return await self._files.run(lambda: self._files.blobs.has(sha256))

    async def _copy_missing(self, sha256: str) -> None:
        key = ("", sha256)
        is_coming = any(sha256 == other for _person, other in self._copies)
        size = self._uses().size_of(sha256)
        if is_coming or size is None or self._is_spoilt(sha256):
            return
        self._copies[key] = asyncio.Queue()
        await self._copy(key, size)

    def _is_spoilt(self, sha256: str) -> bool:
        times, last_s = self._spoilt.get(sha256, (0, 0.0))
        return times >= _SPOILT_MAX and asyncio.get_running_loop().time() - last_s < _SPOILT_S

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            _log.error("copying a file failed", exc_info=task.exception())
