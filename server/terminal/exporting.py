"""Exporting a conversation: page by page out of the history into a file, all of it or none."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

import msgspec

from server.client.notices import Answered, AnyNotice, Connected, Diverged, QuestionFailed, RoomsChanged
from server.i18n.translation import _, ngettext
from server.network.client_links import ClientLinks
from server.network.clock import Clock
from server.protocol import limits
from server.protocol.events import HistoryPage
from server.protocol.requests import History
from server.terminal.export_formats import ENDINGS, FORMATS, Format, Heading
from server.terminal.paths import path_in
from server.terminal.room_list import RoomList
from server.terminal.words import one_name

_PROGRESS_EVERY_S: Final = 2.0


class Export(msgspec.Struct, frozen=True):
    """What is wanted: a room, by its name or id, in a format, into a file that is not there yet."""

    room: str
    format: str
    path: Path
    # What people are told of the place where it is written, when that is not the path.
    place: str = ""


class Exporting:
    """One export at a time; `note` tells the person. `rooms` hear of rooms before this does."""

    def __init__(
        self, room: Callable[[], str], rooms: RoomList, clock: Clock, note: Callable[[str], None]
    ) -> None:
        # Where the person talks.
        self._own_room: Final = room
        self._rooms: Final = rooms
        self._clock = clock
        self._note = note
        self._links: ClientLinks | None = None
        self._chat = ""
        self._is_known = False
        # What is wanted and has to wait until it is known which rooms there are.
        self._wanted: Export | None = None
        self._file: TextIO | None = None
        self._format: Format | None = None
        self._room = ""
        self._ticket = 0
        self._count = 0
        self._last_index = 0
        self._told_at = 0.0
        self.has_failed = False

    @property
    def is_waiting(self) -> bool:
        """Whether something is not done yet."""
        return self._wanted is not None

    def connect(self, links: ClientLinks) -> None:
        """Where questions go."""
        self._links = links

    def export(self, argument: str) -> None:
        """`/export FILE`: this room; the file's ending says the format."""
        if not argument:
            self._fail(
                _("Into which file? /export talk.html writes this room as a page, .json and .txt work too.")
            )
            return
        try:
            path = path_in(one_name(argument))
        except OSError as error:
            self._fail(_cannot_write(argument, error))
            return
        if path.suffix and path.suffix.casefold() not in {*ENDINGS, ".txt"}:
            self._fail(_("A file ends in .html, .json or .txt, for that says what is written."))
            return
        self.begin(Export(self._own_room(), ENDINGS.get(path.suffix.casefold(), "text"), path))

    def begin(self, wanted: Export) -> None:
        """Write it, as soon as it is known which rooms there are."""
        if self._wanted is not None:
            self._fail(_("Another export is under way."))
            return
        self._wanted = wanted
        if self._is_known:
            self._start(wanted)

    def hear(self, notice: AnyNotice) -> None:
        """A page came, perhaps."""
        match notice:
            case Connected(chat=chat):
                self._chat = chat
            case RoomsChanged():
                self._is_known = True
                if self._wanted is not None and self._file is None:
                    self._start(self._wanted)
            case Answered(ticket, HistoryPage() as page) if ticket == self._ticket:
                self._take(page)
            case QuestionFailed(ticket) if ticket == self._ticket:
                # Why is told as for every question.
                self._give_up("")
            case Diverged(index) if self._file is not None and index < self._last_index:
                # What was written is not the archive any more: from the beginning.
                self._rewind()
            case _:
                pass

    def _start(self, wanted: Export) -> None:
        found = self._rooms.found(wanted.room, self._rooms.own())
        if len(found) != 1:
            self._give_up((_several() if found else _no_member()).format(room=wanted.room))
            return
        (self._room,) = found
        try:
            # What is there has a name: / has none that could be a part's.
            there = wanted.path if wanted.path.exists() else self._part_of(wanted)
            if there.exists():
                self._give_up(_("There is a file {path} already.").format(path=there))
                return
            # Made by us: only that may be written over, and taken away.
            self._file = self._part_of(wanted).open("x+", encoding="utf-8", newline="\n")
            self._rewind()
        except OSError as error:
            self._give_up(_cannot_write(wanted.path, error))

    def _rewind(self) -> None:
        assert self._file is not None
        assert self._wanted is not None
        self._format = FORMATS[self._wanted.format]()
        now_ms = self._clock.wall_ms()
        zone = datetime.fromtimestamp(now_ms / 1000, tz=UTC).astimezone().tzinfo or UTC
        name, label = self._rooms.name_of(self._room), self._rooms.label_of(self._room)
        heading = Heading(self._chat, name, label, now_ms, zone)
        self._file.seek(0)
        self._file.truncate()
        self._file.write(self._format.begin(heading))
        self._count = self._last_index = 0
        self._told_at = self._clock.monotonic_s()
        self._ask()

    def _ask(self) -> None:
        assert self._links is not None
        question = History(id=1, room=self._room, after=self._last_index, limit=limits.HISTORY_ROWS_MAX)
        self._ticket = self._links.ask(question)

    def _take(self, page: HistoryPage) -> None:
        assert self._file is not None
        assert self._format is not None
        assert self._wanted is not None
        try:
            self._file.write(self._format.messages(page.messages))
            self._count += len(page.messages)
            self._last_index = page.messages[-1].index if page.messages else self._last_index
            if page.is_end:
                self._file.write(self._format.end())
                self._file.close()
                # Somebody may have put a file there meanwhile.
                self._wanted.path.touch(exist_ok=False)
                self._part_of(self._wanted).replace(self._wanted.path)
        except OSError as error:
            self._give_up(_cannot_write(self._wanted.path, error))
            return
        if page.is_end:
            text = ngettext("{count} message is in {path}.", "{count} messages are in {path}.", self._count)
            self._note(text.format(count=f"{self._count:,}", path=self._wanted.place or self._wanted.path))
            self._forget()
            return
        self._ask()
        now = self._clock.monotonic_s()
        if now - self._told_at >= _PROGRESS_EVERY_S:
            self._told_at = now
            self._note(_("{count} messages so far").format(count=f"{self._count:,}"))

    def close(self) -> None:
        """The client ends: what is not whole is not left behind."""
        if self._file is not None and self._wanted is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            with contextlib.suppress(OSError):
                self._part_of(self._wanted).unlink()
        self._forget()

    def _give_up(self, sentence: str) -> None:
        self.close()
        self._fail(sentence)

    def _forget(self) -> None:
        self._wanted = self._file = self._format = None
        self._ticket = 0

    def _fail(self, sentence: str) -> None:
        self.has_failed = True
        self._note(sentence)

    def _part_of(self, wanted: Export) -> Path:
        """Until it is whole it has another name."""
        return wanted.path.with_name(wanted.path.name + ".part")


def _no_member() -> str:
    return _("You are not a member of a room {room}.")


def _several() -> str:
    return _("Several conversations are called {room}: in `chat`, /room and then /export write one of them.")


def _cannot_write(path: Path | str, error: OSError) -> str:
    return _("{path} cannot be written: {detail}.").format(path=path, detail=error.strerror or error)
