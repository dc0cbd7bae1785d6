"""The files of this server as its clients and the other server use them: pieces in, pieces out.

On the io thread; what touches the disk runs in a few threads of its own. A file that somebody sends here
is copied by the other server while it comes (`Copier`), so that both have it at nearly the same time, and
the sender may go on at either.
"""

import asyncio
import contextlib
import errno
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from itertools import filterfalse
from typing import Any, Final, Protocol, TypeVar

from server.archive.blobs import BlobStore, MissingBlobError, PartError
from server.archive.part import Part
from server.i18n.marking import marked
from server.protocol import limits
from server.protocol.compression import BadPackedError, unpack
from server.protocol.errors import Refusal

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

# A disk has few hands, and the interpreter one; two of them may be syncing.
_THREADS: Final = 4
# A part that nobody goes on with is closed; the file on disk stays.
_IDLE_S: Final = 60.0
# Both copies, or `unknown`: less than what a request may take.
_COPIED_S: Final = limits.ANSWER_S_MAX - 5.0

# Longer than anybody waits for an answer: a request that waits without a leader waits with its deletions.
_HELD_S: Final = 600.0
# Of more than so many those are forgotten whose time is over.
_HELD_COUNT: Final = 1_000

# Who sends it, and the SHA-256 of what.
Key = tuple[str, str]
# A request: device and counter.
Identity = tuple[str, int]


class Copier(Protocol):
    """The other server, which copies what is sent here."""

    def offer(self, key: Key, size: int) -> None:
        """Somebody sends a file: the other one shall have it."""

    def moved(self, key: Key) -> None:
        """More of it is here."""

    def removed(self, sha256: str) -> None:
        """It is here no more."""

    async def copied(self, key: Key, size: int, limit_s: float) -> bool:
        """Wait until the other server has it, or does not count; False when it took too long."""


class Upload:
    """A file on its way to this disk; who holds the lock has its part."""

    __slots__ = ("lock", "part", "received", "size", "used_at")

    def __init__(self, size: int, now: float) -> None:
        self.lock: Final = asyncio.Lock()
        self.part: Part | None = None
        self.size: Final = size
        self.received = 0
        self.used_at = now


class FileStore:
    """`now` is monotonic time (s). `copier` comes when there is a second server."""

    def __init__(self, blobs: BlobStore, now: Callable[[], float]) -> None:
        self.blobs: Final = blobs
        self._now: Final = now
        self._pool: Final = ThreadPoolExecutor(_THREADS, thread_name_prefix="files")
        self._uploads: Final[dict[Key, Upload]] = {}
        self._tasks: Final[set[asyncio.Task[Any]]] = set()
        self.copier: Copier | None = None
        # Requests that may put a file into a message, with the file: until they are answered, or so long.
        self._held: Final[dict[Identity, tuple[str, float]]] = {}
        self._last_holder = 0
        # Files that are being erased.
        self._removing: Final[dict[str, asyncio.Event]] = {}

    async def run(self, work: Callable[[], _T]) -> _T:
        """Do something with the disk, in one of its threads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def stop(self) -> None:
        """What is being written is finished; nothing new begins."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for upload in self._uploads.values():
            if upload.part is not None:
                upload.part.close()
        self._uploads.clear()

    # --- what comes

    def uploads_of(self, person: str, but_for: str) -> list[Upload]:
        """What a person is sending at the moment, without one."""
        return [
            upload for (who, sha256), upload in self._uploads.items() if who == person and sha256 != but_for
        ]

    async def begin(self, key: Key, size: int, *, is_copy: bool = False) -> int | Refusal:
        """Open the part, or find it open: how much of it is here. A copy comes from the other server."""
        upload = self._uploads.get(key)
        if upload is None or upload.size != size:
            await self._close(key)
            upload = self._uploads[key] = Upload(size, self._now())
        received = await self._unbroken(self._attempt(upload, key, lambda: self._open(upload, key)))
        if self.copier is not None and not isinstance(received, Refusal) and not is_copy:
            self.copier.offer(key, size)
        return received

    async def take(
        self, key: Key, offset: int, raw: bytes, *, is_packed: bool = False
    ) -> tuple[int, int] | Refusal:
        """The next piece: how much is here now, of how much."""
        upload = self._uploads.get(key)
        if upload is None:
            return Refusal("unknown_upload", {"sha256": key[1]})
        work = self._attempt(upload, key, lambda: _write(upload, offset, raw, is_packed=is_packed))
        received = await self._unbroken(work)
        if self.copier is not None:
            self.copier.moved(key)
        return received if isinstance(received, Refusal) else (received, upload.size)

    async def both_have(self, key: Key, size: int) -> bool:
        """Wait until the file, which is here, is on every disk that counts; False when it took too long."""
        if self.copier is None:
            return True
        return await self.copier.copied(key, size, _COPIED_S)

    # --- what is to go

    def new_holder(self) -> Identity:
        """Somebody who holds a file and is no request: no device has that name."""
        self._last_holder += 1
        return "", self._last_holder

    def hold(self, request: Identity, sha256: str, for_s: float = _HELD_S) -> None:
        """A message is about to carry the file: though no other one does any more, it stays.

        Whoever then looks whether it is here waits until it is `settled` first.
        """
        now = self._now()
        if len(self._held) >= _HELD_COUNT:
            for old in [old for old, (_sha256, until) in self._held.items() if now > until]:
                del self._held[old]
        self._held[request] = sha256, now + for_s

    def let_go(self, request: Identity) -> None:
        """It will not."""
        self._held.pop(request, None)

    def is_held(self, sha256: str, has_seen: Callable[[str, int], bool]) -> bool:
        """Whether a message may carry the file that the state has not seen yet."""
        now = self._now()
        for request, (_sha256, until) in list(self._held.items()):
            if now > until or has_seen(*request):
                del self._held[request]
        return any(held == sha256 for held, _until in self._held.values())

    async def settled(self, sha256: str) -> None:
        """Wait until nobody is erasing the file, as was decided before it was held."""
        while (removal := self._removing.get(sha256)) is not None:
            await removal.wait()

    async def remove(self, sha256: str) -> None:
        """Erase a file."""
        await self.settled(sha256)
        removal = self._removing[sha256] = asyncio.Event()
        try:
            if await self.run(lambda: self.blobs.remove(sha256)):
                self._tell_removed(sha256)
        finally:
            del self._removing[sha256]
            removal.set()

    async def set_aside(self, sha256: str) -> None:
        """A file is damaged: it is to come from the other server."""
        await self.run(lambda: self.blobs.set_aside(sha256))
        self._tell_removed(sha256)

    async def sweep(
        self, is_carried: Callable[[str], bool], may_go: Callable[[str], bool], now_s: float
    ) -> None:
        """Remove the parts and files of a day ago that nobody needs.

        `is_carried` is asked in a thread, `may_go` on this one, for each file just before.
        """
        await self.run(lambda: self.blobs.sweep_parts(now_s))
        for sha256 in await self.run(lambda: list(filterfalse(is_carried, self.blobs.untouched(now_s)))):
            if may_go(sha256):
                with contextlib.suppress(OSError):
                    await self.remove(sha256)

    def _tell_removed(self, sha256: str) -> None:
        if self.copier is not None:
            self.copier.removed(sha256)

    # --- what rests

    def has_idle(self) -> bool:
        """Whether nobody goes on with some part: it is an open file for nothing."""
        return any(self._is_idle(upload) for upload in self._uploads.values())

    async def close_idle(self) -> None:
        """Close them; the files on disk stay."""
        for key, upload in list(self._uploads.items()):
            if self._is_idle(upload):
                await self._close(key)

    def _is_idle(self, upload: Upload) -> bool:
        return not upload.lock.locked() and self._now() - upload.used_at > _IDLE_S

    def _open(self, upload: Upload, key: Key) -> None:
        if upload.part is None and self.blobs.is_shown(*key) and self.blobs.size_of(key[1]) == upload.size:
            # Another connection of the same person has just sent the last of it.
            upload.received = upload.size
            return
        if upload.part is None:
            upload.part = self.blobs.part(*key, upload.size)
        _finish_if_whole(upload.part, upload)

    async def _attempt(self, upload: Upload, key: Key, work: Callable[[], None]) -> int | Refusal:
        """How much is here afterwards: in the order of the attempts, whoever is told of it later."""
        async with upload.lock:
            upload.used_at = self._now()
            refusal = await self._attempt_alone(upload, key, work)
            return upload.received if refusal is None else refusal

    async def _unbroken(self, work: Coroutine[None, None, _T]) -> _T:
        """Whoever waits for it may be gone before: a thread that writes keeps the part until it has ended."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _attempt_alone(self, upload: Upload, key: Key, work: Callable[[], None]) -> Refusal | None:
        """What a disk says, as the sender is told. A part that is whole, or that failed, is open no more."""
        refusal: Refusal | None = None
        try:
            await self.run(work)
        except PartError as error:
            refusal = _refusal_of(error, upload, key)
        except BadPackedError as error:
            return Refusal("bad_packed", {"reason": str(error)})
        except OSError as error:
            is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            if not is_full:
                _log.error(marked("A file could not be written: %s"), error)
            refusal = Refusal("disk_full") if is_full else Refusal("internal")
        if upload.part is None or upload.part.is_done or (refusal and refusal.code in _ENDING):
            self._forget(upload, key)
        return refusal

    def _forget(self, upload: Upload, key: Key) -> None:
        if upload.part is not None:
            upload.part.close()
            upload.part = None
        if self._uploads.get(key) is upload:
            del self._uploads[key]

    async def _close(self, key: Key) -> None:
        upload = self._uploads.get(key)
        if upload is not None:
            async with upload.lock:
                self._forget(upload, key)

    # --- what goes

    def coming(self) -> list[tuple[Key, int]]:
        """What people send at the moment, and how large it will be."""
        return [(key, upload.size) for key, upload in self._uploads.items()]

    async def available(self, key: Key) -> tuple[int, int | None]:
        """How much of a file is here, and how large it is; None: it is not here, nor coming."""
        upload = self._uploads.get(key)
        if upload is not None:
            return upload.received, upload.size
        size = await self.run(lambda: self.blobs.size_of(key[1]))
        if size is not None:
            return size, size
        received = await self.run(lambda: self.blobs.received(*key))
        # Nobody goes on with it at the moment: how large it is they know.
        return received, limits.FILE_BYTES_MAX if received else None

    async def piece(self, sha256: str, offset: int, length: int) -> bytes | None:
        """A piece of a whole file; None when it is not here."""
        try:
            return await self.run(lambda: self.blobs.read(sha256, offset, length))
        except MissingBlobError:
            return None

    async def piece_for_copy(self, key: Key, offset: int, length: int) -> bytes | None:
        """The same, also of what is still coming."""
        try:
            return await self.run(lambda: self._piece_of_either(key, offset, length))
        except MissingBlobError:
            return None

    def _piece_of_either(self, key: Key, offset: int, length: int) -> bytes:
        # While it comes nearly everything is read of the part; it may become whole at any moment, and be
        # begun once more by the same person.
        try:
            data = self.blobs.read_part(*key, offset, length)
        except MissingBlobError:
            return self.blobs.read(key[1], offset, length)
        is_whole = len(data) < length and self.blobs.has(key[1])
        return self.blobs.read(key[1], offset, length) if is_whole else data


# After these the part is closed; the sender has to begin again.
_ENDING: Final = frozenset({"wrong_hash", "disk_full", "internal"})


def _write(upload: Upload, offset: int, raw: bytes, *, is_packed: bool) -> None:
    if upload.part is None:
        # The piece before it was the last one, or a wrong one.
        raise PartError("not_open")
    data = unpack(raw, limits.CHUNK_BYTES_MAX) if is_packed else raw
    upload.part.write(offset, data)
    _finish_if_whole(upload.part, upload)


def _finish_if_whole(part: Part, upload: Upload) -> None:
    if part.received == part.size:
        part.finish()
    upload.received = part.received


def _refusal_of(error: PartError, upload: Upload, key: Key) -> Refusal:
    match error.code:
        case "wrong_offset":
            return Refusal("wrong_offset", {"received": upload.received})
        case "too_many_bytes":
            return Refusal("too_many_bytes", {"limit": upload.size})
        case "wrong_hash":
            return Refusal("wrong_hash", {"sha256": key[1]})
        case _:
            return Refusal("unknown_upload", {"sha256": key[1]})
