"""Files of clients: what they send and fetch, who may, and when a message may carry one."""

import logging
from functools import partial
from typing import TYPE_CHECKING, Final

from server.archive.blobs import BlobStore
from server.archive.record import Draft
from server.i18n.marking import marked
from server.protocol import events, limits, requests
from server.protocol.compression import pack
from server.protocol.errors import Refusal
from server.protocol.facts import FileFacts
from server.sessions.certainty import certain
from server.sessions.file_store import FileStore
from server.state.permissions import Act, readable_rooms, refusal_of

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session

_log = logging.getLogger(__name__)

# How often what nobody needs is looked for.
SWEEP_EVERY_S: Final = 600.0
# How soon after a deletion its file is gone from the disk.
ERASE_EVERY_S: Final = 1.0
# To begin a file is a look into a folder, and a new file in it.
_SEARCHES_PER_UPLOAD: Final = 0.1


def begin_upload(hub: "Hub", session: "Session", request: requests.BeginUpload) -> None:
    """Somebody wants to send a file, or to go on with it."""
    assert session.user is not None
    hub.readings.start(session, request, _begin(hub, hub.files, session.user.id, request))
    session.searched(_SEARCHES_PER_UPLOAD)


def take_chunk(hub: "Hub", session: "Session", request: requests.Chunk) -> None:
    """The next piece. While some are written nothing more is read from this client."""
    assert session.user is not None
    hub.readings.start(session, request, _take(hub.files, session.user.id, request))


def download(hub: "Hub", session: "Session", request: requests.Download) -> None:
    """A piece of a file, for whoever may read the room in which a message carries it."""
    assert session.user is not None
    refusal = refusal_of(hub.state, Act.READ, request.room, session.user.id)
    if refusal is not None:
        session.refuse(request.id, refusal)
    elif not hub.state.files.is_in((request.room,), request.sha256):
        session.refuse(request.id, Refusal("unknown_file", {"sha256": request.sha256}))
    else:
        size = hub.state.files.size_of(request.sha256)
        hub.readings.start(session, request, _piece(hub.files, size or 0, request))


def send_with_file(hub: "Hub", session: "Session", request: requests.Send, draft: Draft) -> bool:
    """A message that carries a file goes on when the file is on every disk that counts.

    What the same client asks behind it waits, so that nothing it wrote later comes before it. Gives whether
    it does.
    """
    assert session.user is not None
    assert request.file is not None
    if hub.state.has_seen(*draft.id):
        session.ask_and_answer(request.id, draft)
        return False
    session.hold()
    hub.readings.keep(_send(hub, session, session.user.id, request, draft))
    return True


async def _begin(
    hub: "Hub", files: FileStore | None, person: str, request: requests.BeginUpload
) -> events.UploadState | Refusal:
    if files is None:
        return Refusal("forbidden")
    sha256, size = request.sha256, request.size
    if await files.run(lambda: _is_shown_again(files.blobs, person, sha256, size)):
        return await _whole(files, person, request, size)
    refusal = await _refusal_of_room(hub, files, person, request)
    if refusal is not None:
        return refusal
    received = await files.begin((person, sha256), size)
    if isinstance(received, Refusal):
        return received
    if received == size:
        return await _whole(files, person, request, size)
    return events.UploadState(answer=request.id, sha256=sha256, received=received, size=size)


def _is_shown_again(blobs: BlobStore, person: str, sha256: str, size: int) -> bool:
    """Whether this person has shown it before: then it is kept for another day. In a thread."""
    if not blobs.is_shown(person, sha256) or blobs.size_of(sha256) != size:
        return False
    blobs.show(person, sha256)
    return blobs.touch(sha256)


async def _refusal_of_room(
    hub: "Hub", files: FileStore, person: str, request: requests.BeginUpload
) -> Refusal | None:
    """Too large, too much, or no room for it; what comes at the moment counts with its whole size."""
    sha256, size = request.sha256, request.size
    if size > limits.FILE_BYTES_MAX:
        return Refusal("file_too_large", {"limit": limits.FILE_BYTES_MAX})
    carried = hub.state.files
    kept = carried.bytes_of(person) - (size if carried.has_sent(person, sha256) else 0)
    (left, waiting), has_room = await files.run(
        lambda: (files.blobs.reserved(person, sha256, carried.has_sent), files.blobs.has_room_for(size))
    )
    # Looked at last, and nothing is waited for until this one is among them: many connections ask at once.
    uploads = files.uploads_of(person, sha256)
    coming = sum(upload.size - upload.received for upload in uploads)
    for many, limit in ((uploads, limits.UPLOADS_PER_PERSON_MAX), (range(left), limits.UPLOADS_LEFT_MAX)):
        if len(many) >= limit:
            return Refusal("too_many_uploads", {"limit": limit})
    if kept + waiting + coming + size > limits.FILE_BYTES_PER_PERSON_MAX:
        return Refusal("quota_exceeded", {"limit": limits.FILE_BYTES_PER_PERSON_MAX})
    return None if has_room else Refusal("disk_full")


async def _take(
    files: FileStore | None, person: str, request: requests.Chunk
) -> events.UploadState | Refusal:
    if files is None:
        return Refusal("forbidden")
    found = await files.take(
        (person, request.sha256), request.offset, request.raw, is_packed=request.is_packed
    )
    if isinstance(found, Refusal):
        return found
    received, size = found
    if received == size:
        return await _whole(files, person, request, size)
    return events.UploadState(answer=request.id, sha256=request.sha256, received=received, size=size)


async def _whole(
    files: FileStore, person: str, request: requests.BeginUpload | requests.Chunk, size: int
) -> events.UploadState | Refusal:
    """It is here; the client is told when every disk that counts has it. Until then it is not erased."""
    waiting = files.new_holder()
    files.hold(waiting, request.sha256)
    try:
        await files.settled(request.sha256)
        if not await files.run(lambda: files.blobs.has(request.sha256)):
            # Erased a moment ago, with the last message that carried it.
            return Refusal("unknown_upload", {"sha256": request.sha256})
        if not await files.both_have((person, request.sha256), size):
            return Refusal("unknown")
    finally:
        files.let_go(waiting)
    return events.UploadState(answer=request.id, sha256=request.sha256, received=size, size=size)


async def _piece(
    files: FileStore | None, size: int, request: requests.Download
) -> events.FilePiece | Refusal:
    found = None if files is None else await files.piece(request.sha256, request.offset, request.length)
    if files is None or found is None:
        return Refusal("file_on_its_way", {"sha256": request.sha256})
    data = found
    raw = await files.run(lambda: pack(data)) if request.takes_packed and data else data
    return events.FilePiece(
        answer=request.id,
        sha256=request.sha256,
        offset=request.offset,
        size=size,
        is_packed=len(raw) < len(data),
        raw=raw,
    )


async def _send(hub: "Hub", session: "Session", person: str, request: requests.Send, draft: Draft) -> None:
    files, is_asked = hub.files, False
    try:
        assert request.file is not None
        if files is not None:
            files.hold(draft.id, request.file.sha256)
        refusal = await certain(hub, session, partial(_look, hub, person, draft, request.file))
        if session.is_ending:
            # The client sends it again, wherever it is by then.
            return
        if refusal is None:
            is_asked = True
            session.ask_and_answer(request.id, draft)
        else:
            session.refuse(request.id, refusal)
    finally:
        if files is not None and not is_asked:
            files.let_go(draft.id)
        session.go_on()


async def _look(hub: "Hub", person: str, draft: Draft, file: FileFacts) -> Refusal | None:
    """Why the message may not carry the file; what is archived already needs none."""
    refusal = await _refusal_to_carry(hub, hub.files, person, file)
    return None if hub.state.has_seen(*draft.id) else refusal


async def _refusal_to_carry(
    hub: "Hub", files: FileStore | None, person: str, file: FileFacts
) -> Refusal | None:
    """Only what this person has sent, or may read anyway, and every disk that counts has."""
    if files is None:
        return Refusal("forbidden")
    await files.settled(file.sha256)
    may_read = hub.state.files.is_in(readable_rooms(hub.state, person), file.sha256)
    is_here = await files.run(
        lambda: (
            (may_read or files.blobs.is_shown(person, file.sha256))
            and files.blobs.size_of(file.sha256) == file.size
            and files.blobs.touch(file.sha256)
        )
    )
    if not is_here:
        return Refusal("unknown_file", {"sha256": file.sha256})
    return None if await files.both_have((person, file.sha256), file.size) else Refusal("unknown")


class Broom:
    """Takes away what no message carries: at once when the last one was deleted, else after a day."""

    def __init__(self, hub: "Hub", files: FileStore) -> None:
        self._hub: Final = hub
        self._files: Final = files
        # A merge puts other uses in the place of these, and may bring back what it took: only what a deletion
        # took away is gone. What was folded at the start is looked at as well: the last life may have ended
        # before it came to that.
        self._uses = hub.state.files
        self._put_off: list[str] = []
        hub.call_later(SWEEP_EVERY_S, self._sweep)
        hub.call_later(ERASE_EVERY_S, self._look)

    def _look(self) -> None:
        self._hub.call_later(ERASE_EVERY_S, self._look)
        if self._files.has_idle():
            self._hub.readings.keep(self._files.close_idle())
        uses = self._hub.state.files
        if uses is not self._uses:
            # A cut has just been made: at the next look it is known what of it waits for its place.
            self._uses = uses
        elif self._knows_all():
            gone, self._put_off = [*self._put_off, *uses.take_left()], []
            if gone:
                self._hub.readings.keep(self._erase(gone))

    async def _erase(self, gone: list[str]) -> None:
        for sha256 in gone:
            may_go = self._may_go(sha256)
            try:
                if may_go:
                    await self._files.remove(sha256)
            except OSError as error:
                _log.warning(marked("A file could not be erased, and is tried again: %s"), error)
                may_go = False
            if not (may_go or self._is_carried(sha256)):
                self._put_off.append(sha256)

    def _may_go(self, sha256: str) -> bool:
        """Whether no message carries it, or is about to. To be asked for each file just before.

        The log may be cut between two of them: nobody knows then what comes back.
        """
        if self._hub.state.files is not self._uses or not self._knows_all():
            return False
        # In this order: what was seen meanwhile is carried by then.
        is_held = self._files.is_held(sha256, self._hub.state.has_seen)
        return not (is_held or self._is_carried(sha256))

    def _is_carried(self, sha256: str) -> bool:
        return self._hub.state.files.is_carried(sha256)

    def _sweep(self) -> None:
        self._hub.call_later(SWEEP_EVERY_S, self._sweep)
        self._hub.readings.keep(self.sweep())

    async def sweep(self) -> None:
        """Once."""
        if self._knows_all():
            await self._files.sweep(self._is_carried, self._may_go, self._hub.time_ms() / 1000)

    def _knows_all(self) -> bool:
        """A server that does not know yet what the archive holds keeps everything."""
        pair = self._hub.pair
        return pair.mode != "waiting" and not (pair.is_behind or pair.is_merging)
