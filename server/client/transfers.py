"""Files on their way: what is sent and fetched over the active link, and goes on at the next one (pure).

    the app calls      upload, download, cancel
    the shell answers  ReadPiece with piece_read, and does KeepPiece

Pieces are asked for ahead, so that a link is never idle; a file that is fetched is kept in order. When a link
is lost the servers say how much of an upload they have, and a download goes on behind what was kept.
"""

from collections.abc import Callable
from typing import Final

from msgspec import structs

from server.client.effects import KeepPiece, ReadPiece
from server.client.link import Link
from server.client.links import Links
from server.client.notices import Arguments, TransferEnded, TransferFailed, TransferMoved
from server.protocol import events, limits
from server.protocol.compression import BadPackedError, unpack
from server.protocol.events import Failed
from server.protocol.frames import encode_frame
from server.protocol.request import Request
from server.protocol.requests import BeginUpload, Chunk, Download

# On their way at once: what a server takes in hand of one connection, and as much behind it.
_CHUNKS_AHEAD: Final = 8
_PIECES_AHEAD: Final = limits.READS_IN_FLIGHT_MAX
# Said again after a while: nothing is lost by it.
_PASSING: Final = frozenset({"unknown", "file_on_its_way", "too_many_requests", "too_many_uploads", "busy"})
# The server knows less, or more, of the file than we thought: it is asked how much.
_BEGIN_AGAIN: Final = frozenset({"unknown_upload", "wrong_offset"})
# A file that arrives broken is sent once more from its start; a file that changes is given up.
_WRONG_MAX: Final = 1


class Transfer:
    """What is known about one. `done` is what the server has of it, or what was kept here."""

    __slots__ = (
        "ahead",
        "begun_at",
        "done",
        "held",
        "is_begun",
        "next_at",
        "room",
        "sha256",
        "size",
        "ticket",
        "wrong",
    )

    def __init__(self, ticket: int, sha256: str, size: int, room: str, done: int) -> None:
        self.ticket: Final = ticket
        self.sha256: Final = sha256
        self.size: Final = size
        # Where a message carries it; "" for an upload.
        self.room: Final = room
        self.done = done
        # Up to here it was read, or asked for.
        self.ahead = done
        self.is_begun = False
        # How much was done when it was begun again.
        self.begun_at = -1
        # Nothing is tried before this.
        self.next_at = 0.0
        # Pieces that came before the one that is next.
        self.held: dict[int, bytes] = {}
        self.wrong = 0


class Transfers:
    """All of one conversation."""

    def __init__(
        self,
        links: Links,
        emit: Callable[[ReadPiece | KeepPiece | TransferMoved | TransferEnded | TransferFailed], None],
    ) -> None:
        self._links: Final = links
        self._emit: Final = emit
        self._transfers: Final[dict[int, Transfer]] = {}
        # Requests without an answer on the link that serves us, each with the place that it is about.
        self._asked: Final[dict[int, tuple[Transfer, int]]] = {}
        # What the shell reads, by (ticket, offset); what was read for another link is not sent.
        self._reading: Final[set[tuple[int, int]]] = set()
        self._served_by: Link | None = None

    # What the app wants.

    def upload(self, ticket: int, sha256: str, size: int) -> None:
        """Send a file."""
        self._transfers[ticket] = Transfer(ticket, sha256, size, "", 0)

    def download(self, ticket: int, room: str, sha256: str, size: int, done: int) -> None:
        """Fetch a file behind the `done` bytes that are here already."""
        self._transfers[ticket] = Transfer(ticket, sha256, size, room, done)

    def cancel(self, ticket: int) -> None:
        """It is not wanted any more."""
        self._transfers.pop(ticket, None)

    # What comes.

    def piece_read(self, ticket: int, offset: int, raw: bytes, now: float, *, is_packed: bool) -> None:
        """The shell has read a piece."""
        transfer = self._transfers.get(ticket)
        is_wanted = (ticket, offset) in self._reading
        self._reading.discard((ticket, offset))
        if transfer is not None and is_wanted and self._links.active is self._served_by:
            self._ask(transfer, _chunk(transfer, offset, raw, is_packed=is_packed), now)

    def upload_state(self, event: events.UploadState) -> None:
        """The server has so much of it."""
        transfer = self._answered(event.answer)
        if transfer is None or transfer.sha256 != event.sha256:
            return
        if not transfer.is_begun:
            transfer.is_begun = True
            transfer.ahead = event.received
        self._moved(transfer, min(event.received, transfer.size))

    def file_piece(self, event: events.FilePiece) -> None:
        """A piece that was asked for; or what is no piece of it."""
        _, offset = self._asked.get(event.answer, (None, 0))
        transfer = self._answered(event.answer)
        if transfer is None:
            return
        try:
            data = unpack(event.raw, limits.CHUNK_BYTES_MAX) if event.is_packed else event.raw
        except BadPackedError:
            data = b""
        wanted = min(limits.CHUNK_BYTES_MAX, transfer.size - offset)
        if len(data) != wanted or (event.sha256, event.offset) != (transfer.sha256, offset):
            self._fail(transfer, "protocol", {})
            return
        transfer.held[offset] = data
        done = transfer.done
        while (piece := transfer.held.pop(done, None)) is not None:
            self._emit(KeepPiece(transfer.ticket, done, piece))
            done += len(piece)
        self._moved(transfer, done)

    def failed(self, event: Failed, now: float) -> bool:
        """A request was refused; False when it was none of ours."""
        if event.answer not in self._asked:
            return False
        transfer = self._answered(event.answer)
        if transfer is None:
            return True
        if event.code == "wrong_hash" and transfer.wrong < _WRONG_MAX:
            transfer.wrong += 1
            self._begin_anew(transfer, now)
        elif event.code in _BEGIN_AGAIN:
            # At once, unless that has just been tried.
            is_new = transfer.begun_at != transfer.done
            transfer.begun_at = transfer.done
            self._begin_anew(transfer, now if is_new else now + self._links.settings.delay_s)
        elif event.code in _PASSING:
            self._begin_anew(transfer, now + self._links.settings.delay_s)
        else:
            self._fail(transfer, event.code, event.arguments)
        return True

    # What goes out.

    def next_wake(self) -> float | None:
        """When `write` has something new to do at the earliest."""
        times = [transfer.next_at for transfer in self._transfers.values() if transfer.next_at]
        return min(times, default=None) if self._links.active is not None else None

    def write(self, now: float) -> None:
        """Ask for what comes next; on a new link everything goes on from what is known."""
        active = self._links.active
        if active is not self._served_by:
            self._served_by = active
            self._asked.clear()
            for transfer in self._transfers.values():
                self._begin_anew(transfer, 0.0)
        if active is None:
            return
        for transfer in list(self._transfers.values()):
            if now >= transfer.next_at:
                transfer.next_at = 0.0
                self._go_on(transfer, now)

    def _go_on(self, transfer: Transfer, now: float) -> None:
        if transfer.room:
            self._ask_for_pieces(transfer, now)
        elif not transfer.is_begun:
            if not self._in_flight(transfer):
                self._ask(transfer, BeginUpload(id=1, sha256=transfer.sha256, size=transfer.size), now)
        else:
            self._read_ahead(transfer)

    def _read_ahead(self, transfer: Transfer) -> None:
        reading = sum(ticket == transfer.ticket for ticket, _ in self._reading)
        while transfer.ahead < transfer.size and reading + self._in_flight(transfer) < _CHUNKS_AHEAD:
            length = min(limits.CHUNK_BYTES_MAX, transfer.size - transfer.ahead)
            self._reading.add((transfer.ticket, transfer.ahead))
            self._emit(ReadPiece(transfer.ticket, transfer.ahead, length))
            transfer.ahead += length
            reading += 1

    def _ask_for_pieces(self, transfer: Transfer, now: float) -> None:
        if transfer.done == transfer.size:
            # Nothing to fetch: an empty file, or all of it was here.
            self._moved(transfer, transfer.done)
        while transfer.ahead < transfer.size and self._in_flight(transfer) < _PIECES_AHEAD:
            request = Download(
                id=1, room=transfer.room, sha256=transfer.sha256, offset=transfer.ahead, takes_packed=True
            )
            transfer.ahead += limits.CHUNK_BYTES_MAX
            self._ask(transfer, request, now)

    def _ask(self, transfer: Transfer, request: "BeginUpload | Chunk | Download", now: float) -> None:
        assert self._served_by is not None
        request_id = self._links.next_request_id()
        self._asked[request_id] = transfer, 0 if isinstance(request, BeginUpload) else request.offset
        self._links.write(self._served_by, encode_frame(_with_id(request, request_id)), now)

    def _in_flight(self, transfer: Transfer) -> int:
        return sum(asked is transfer for asked, _offset in self._asked.values())

    def _answered(self, request_id: int) -> Transfer | None:
        transfer, _ = self._asked.pop(request_id, (None, 0))
        return transfer if transfer is not None and transfer.ticket in self._transfers else None

    def _begin_anew(self, transfer: Transfer, at: float) -> None:
        """What is on its way counts for nothing: go on from what is known."""
        for request_id in [asked for asked, (other, _) in self._asked.items() if other is transfer]:
            del self._asked[request_id]
        self._reading.difference_update([key for key in self._reading if key[0] == transfer.ticket])
        transfer.held.clear()
        transfer.is_begun = False
        transfer.ahead = transfer.done
        transfer.next_at = at

    def _moved(self, transfer: Transfer, done: int) -> None:
        transfer.done = done
        self._emit(TransferMoved(ticket=transfer.ticket, done=done, size=transfer.size))
        if done == transfer.size:
            del self._transfers[transfer.ticket]
            self._emit(TransferEnded(ticket=transfer.ticket))

    def _fail(self, transfer: Transfer, code: str, arguments: Arguments) -> None:
        del self._transfers[transfer.ticket]
        self._emit(TransferFailed(ticket=transfer.ticket, code=code, arguments=arguments))


def _chunk(transfer: Transfer, offset: int, raw: bytes, *, is_packed: bool) -> Chunk:
    return Chunk(id=1, sha256=transfer.sha256, offset=offset, is_packed=is_packed, raw=raw)


def _with_id(request: "BeginUpload | Chunk | Download", request_id: int) -> Request:
    return structs.replace(request, id=request_id)
