"""Files of a person in a terminal: sent by their path, fetched by their number, and how far they are."""

import mimetypes
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import msgspec

from server.client.notices import AnyNotice, Refused, Stored, TransferEnded, TransferFailed, TransferMoved
from server.i18n.translation import _
from server.network.client_links import ClientLinks
from server.protocol.events import Message
from server.protocol.facts import FileFacts
from server.protocol.names import clean_file_name
from server.terminal.paths import path_in
from server.terminal.printing import size_text
from server.terminal.sentences import nowhere, sentence_of
from server.terminal.words import number_in, one_name

# A server that lost a file between the upload and the message gets it again; so often and not for ever.
_TRIES_MAX: Final = 3
_BAR_CHARACTERS: Final = 20


class KeepsUploads(Protocol):
    """What remembers over restarts which files are to be sent."""

    def uploads(self) -> list[tuple[int, str, bytes]]:
        """What they are kept as, their rooms, and their paths."""

    def keep_upload(self, room: str, path: bytes) -> int:
        """Keep one more."""

    def drop_upload(self, upload: int) -> None:
        """It will not be sent."""


class _Sending(msgspec.Struct):
    # Where the person talked when the file was chosen.
    room: str
    path: Path
    # What it is kept as.
    upload: int
    tries: int = 1


class Files:
    """`write` puts a message with a file for a room (`room`: where the person talks) into the outbox, in
    place of the upload that was kept, and gives its counter; `listed` finds a message.

    `show` is told how far the transfers are, "" when none is under way.
    """

    def __init__(
        self,
        *,
        note: Callable[[str], None],
        keep: KeepsUploads,
        write: Callable[[str, FileFacts, int], int],
        room: Callable[[], str],
        listed: Callable[[int], Message | None],
        show: Callable[[str], None],
    ) -> None:
        self._note: Final = note
        self._keep: Final = keep
        self._write: Final = write
        self._room: Final = room
        self._listed: Final = listed
        self._show: Final = show
        self._links: ClientLinks | None = None
        # By ticket: what is sent, what is fetched, and how far each is with a name for it.
        self._sending: Final[dict[int, _Sending]] = {}
        self._fetching: Final[dict[int, str]] = {}
        self._moved: Final[dict[int, tuple[str, TransferMoved]]] = {}
        # By counter: messages without an answer, should a server not have their file any more.
        self._written: Final[dict[int, _Sending]] = {}
        # Files that were wanted before the messages were there: what a pipe brings comes all at once.
        self._later: list[str] | None = []
        # Whether something that was wanted was not done.
        self.has_failed = False

    @property
    def is_waiting(self) -> bool:
        """Whether something is under way."""
        return bool(self._sending or self._fetching or self._later)

    def connect(self, links: ClientLinks) -> None:
        """Where files go, and come from. What was not sent when the program ended goes on."""
        self._links = links
        for upload, room, kept in self._keep.uploads():
            sending = _Sending(room, Path(os.fsdecode(kept)), upload)
            if _file_at(str(sending.path)) is not None:
                self._note(_("{path} was not sent yet; it is sent now.").format(path=sending.path))
                self._upload(sending)
            else:
                self._keep.drop_upload(upload)
                self._fail(_("{path} was not sent, and is not there any more.").format(path=sending.path))

    @property
    def sending(self) -> list[str]:
        """The names of the files that are not sent yet, and go on the next time."""
        return [sending.path.name for sending in self._sending.values()]

    def send(self, argument: str) -> None:
        """`/file PATH`: send it, then the message that carries it."""
        path = _file_at(argument) or _file_at(one_name(argument))
        if not argument:
            self._fail(_("Which file? Type /file and its path."))
            return
        if path is None:
            self._fail(_("There is no file {path}. Type /file and its path.").format(path=argument))
            return
        if not self._room():
            self._fail(nowhere())
            return
        self._choose(self._room(), path)

    def fetch(self, argument: str) -> None:
        """`/get N [FOLDER]`: save the file with this number."""
        if self._later is not None:
            self._later.append(argument)
            return
        number, _space, folder = argument.partition(" ")
        message = self._listed(number_in(number) or 0)
        if message is None or message.file is None or self._links is None:
            self._fail(_("There is no file with this number. Each is shown with its number: /get 1"))
            return
        try:
            place = path_in(folder.strip())
        except OSError as error:
            self._fail(_("{name}: {reason}.").format(name=folder.strip(), reason=error.strerror))
            return
        ticket = self._links.download(message.room, message.file, place)
        self._fetching[ticket] = clean_file_name(message.file.name)

    def messages_are_there(self) -> None:
        """Those that were there before us are printed, and have their numbers."""
        later, self._later = self._later, None
        for argument in later or ():
            self.fetch(argument)

    def hear(self, notice: AnyNotice) -> None:
        """Something is on its way, has ended, or was refused."""
        match notice:
            case TransferMoved():
                self._progress(notice)
            case TransferEnded():
                self._ended(notice)
            case TransferFailed():
                self._failed(notice)
            case Refused(counter=counter, code="unknown_file") if counter in self._written:
                sending = self._written.pop(counter)
                if sending.tries < _TRIES_MAX:
                    self._choose(sending.room, sending.path, sending.tries + 1)
            case Stored() | Refused():
                self._written.pop(notice.counter, None)
            case _:
                pass

    def _choose(self, room: str, path: Path, tries: int = 1) -> None:
        # The program may be started elsewhere the next time.
        path = path.absolute()
        self._upload(_Sending(room, path, self._keep.keep_upload(room, os.fsencode(path)), tries))

    def _upload(self, sending: _Sending) -> None:
        assert self._links is not None, "nothing is typed before the connection is made"
        self._sending[self._links.upload(sending.path)] = sending

    def _ended(self, notice: TransferEnded) -> None:
        self._forget_progress(notice.ticket)
        sending = self._sending.pop(notice.ticket, None)
        if sending is not None:
            name = clean_file_name(sending.path.name)
            media_type = mimetypes.guess_type(name)[0] or ""
            file = FileFacts(notice.sha256, notice.size, name, media_type if len(media_type) <= 63 else "")
            self._written[self._write(sending.room, file, sending.upload)] = sending
        elif self._fetching.pop(notice.ticket, None) is not None:
            self._note(_("saved: {path}").format(path=notice.path))

    def _failed(self, notice: TransferFailed) -> None:
        self._forget_progress(notice.ticket)
        sending = self._sending.pop(notice.ticket, None)
        if sending is not None:
            self._keep.drop_upload(sending.upload)
        name = self._fetching.pop(notice.ticket, "") if sending is None else sending.path.name
        reason = sentence_of(notice.code, notice.arguments)
        self._fail(_("{name}: {reason}.").format(name=name, reason=reason))

    def _fail(self, sentence: str) -> None:
        self.has_failed = True
        self._note(sentence)

    # How far they are.

    def _progress(self, notice: TransferMoved) -> None:
        sending = self._sending.get(notice.ticket)
        name = sending.path.name if sending is not None else self._fetching.get(notice.ticket, "")
        self._moved[notice.ticket] = name, notice
        self._show_all()

    def _forget_progress(self, ticket: int) -> None:
        if self._moved.pop(ticket, None) is not None:
            self._show_all()

    def _show_all(self) -> None:
        self._show("  ".join(bar(name, moved.done, moved.size) for name, moved in self._moved.values()))


def _file_at(argument: str) -> Path | None:
    try:
        path = path_in(argument)
        return path if argument and path.is_file() else None
    except OSError:
        return None


def bar(name: str, done: int, size: int) -> str:
    """How far a transfer is, on a part of a line."""
    part = done / size if size else 1.0
    full = int(part * _BAR_CHARACTERS)
    return f"{name} [{'#' * full}{'.' * (_BAR_CHARACTERS - full)}] {part:4.0%} {size_text(size)}"
