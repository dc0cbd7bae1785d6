"""The shell of a client's transfers: between the conversation on the loop and the disk's own thread."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import structs

from server.client.conversation import Conversation
from server.client.effects import FileEffect, ReadPiece
from server.client.notices import TransferEnded, TransferFailed
from server.network.file_transfers import FileTransfers, Source, Target
from server.network.loop_thread import LoopThread
from server.protocol.facts import FileFacts


class ClientFiles:
    """On the loop. `tell` gives the app a notice; `turn` has the conversation's effects done, soon."""

    def __init__(
        self,
        conversation: Conversation,
        loop_thread: LoopThread,
        *,
        now: Callable[[], float],
        tell: Callable[[TransferEnded | TransferFailed], None],
        turn: Callable[[], None],
    ) -> None:
        self._conversation: Final = conversation
        self._now: Final = now
        self._tell: Final = tell
        self._turn: Final = turn
        self._disk: Final = FileTransfers(loop_thread.call)
        self._sent: Final[dict[int, Source]] = {}

    def upload(self, ticket: int, path: Path) -> None:
        """Read it, and send it."""

        def opened(end: Source | Target) -> None:
            assert isinstance(end, Source)
            self._sent[ticket] = end
            self._conversation.upload(ticket, end.sha256, end.size, self._now())
            self._turn()

        self._disk.open(ticket, lambda: Source(path), opened, self._failing(ticket))

    def download(self, ticket: int, room: str, file: FileFacts, folder: Path) -> None:
        """Fetch it into a folder, behind what is there of it."""

        def opened(end: Source | Target) -> None:
            assert isinstance(end, Target)
            self._conversation.download(ticket, room, file, self._now(), done=end.done)
            self._turn()

        self._disk.open(
            ticket, lambda: Target(folder, file.name, file.sha256, file.size), opened, self._failing(ticket)
        )

    def cancel(self, ticket: int) -> None:
        """Give it up; what is fetched of it stays for the next time."""
        self._conversation.cancel(ticket)
        self._sent.pop(ticket, None)
        self._disk.close(ticket)

    def do(self, effect: FileEffect) -> None:
        """What the conversation wants of the disk."""
        failed = self._failing(effect.ticket)
        if not isinstance(effect, ReadPiece):
            self._disk.keep(effect.ticket, effect.offset, effect.data, failed)
            return

        def got(raw: bytes, is_packed: bool) -> None:
            self._conversation.piece_read(effect.ticket, effect.offset, raw, self._now(), is_packed=is_packed)
            self._turn()

        self._disk.read(effect.ticket, effect.offset, effect.length, got, failed)

    def ended(self, notice: TransferEnded | TransferFailed) -> None:
        """The servers are done with it: the app is told when the disk is, too."""
        source = self._sent.pop(notice.ticket, None)
        if isinstance(notice, TransferFailed):
            self._disk.close(notice.ticket)
            self._tell(notice)
            return

        def done(path: str) -> None:
            facts = (source.sha256, source.size) if source is not None else ("", 0)
            self._tell(structs.replace(notice, path=path, sha256=facts[0], size=facts[1]))

        self._disk.finish(notice.ticket, done, self._failing(notice.ticket))

    def stop(self) -> None:
        """Nothing is read or kept any more."""
        self._disk.stop()

    def _failing(self, ticket: int) -> Callable[[str, str], None]:
        def failed(code: str, reason: str) -> None:
            self.cancel(ticket)
            self._tell(TransferFailed(ticket=ticket, code=code, arguments={"reason": reason}))

        return failed
