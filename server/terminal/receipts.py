"""Receipts from the terminal: what is printed is read, and who has read what was written here."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from server.client.notices import (
    Answered,
    AnyNotice,
    Connected,
    CopiesRaised,
    Diverged,
    PositionMoved,
    QuestionFailed,
    Stored,
)
from server.i18n.translation import _
from server.network.client_links import ClientLinks
from server.protocol.events import Message, RoomReceipts, UnreadCounts
from server.protocol.requests import Cursor, Receipts, Unread
from server.terminal.room_list import unread_text
from server.terminal.words import number_in

# Own messages that can be asked about.
_OWN_MAX: Final = 200
_TEXT_CHARACTERS: Final = 40


class ReceiptErrands:
    """Its commands take what stands behind their word; `room` is where the person talks, `note` tells.

    `label` is what a room is called; of one that `is_quiet` not all is printed.
    """

    def __init__(
        self,
        room: Callable[[], str],
        note: Callable[[str], None],
        label: Callable[[str], str],
        is_quiet: Callable[[str], bool],
    ) -> None:
        self._room: Final = room
        self._note = note
        self._label: Final = label
        self._is_quiet: Final = is_quiet
        self._links: ClientLinks | None = None
        self._user = ""
        # Where we are, and up to where each room was printed in that archive.
        self._cursor: Cursor | None = None
        self._printed: dict[str, int] = {}
        self._own: deque[Message] = deque(maxlen=_OWN_MAX)
        # On how many disks what was stored lately is, by its index.
        self._copies: dict[int, int] = {}
        self._asked: dict[int, Message | None] = {}
        self.has_failed = False

    @property
    def is_waiting(self) -> bool:
        """Whether something has no answer yet."""
        return bool(self._asked)

    def connect(self, links: ClientLinks) -> None:
        """Where questions go."""
        self._links = links

    def printed(self, messages: Iterable[Message]) -> None:
        """The person has these before the eyes, the program in its input."""
        for message in messages:
            if not self._is_quiet(message.room):
                # A mark is for all up to there: one mention must not mark what was kept back before it.
                self._printed[message.room] = max(self._printed.get(message.room, 0), message.index)
            if message.user == self._user:
                self._own.append(message)
        self._mark()

    def unread(self, _argument: str) -> None:
        """`/unread`."""
        assert self._links is not None
        self._asked[self._links.ask(Unread(id=1))] = None

    def receipts(self, argument: str) -> None:
        """`/receipts N`: of the last N own messages."""
        assert self._links is not None
        number = number_in(argument)
        wanted = 1 if number is None else number
        own = [message for message in self._own if message.room == self._room()]
        messages = own[-wanted:] if wanted else []
        if not messages:
            self._note(_("You have written nothing here that is shown."))
        for message in messages:
            question = Receipts(id=1, room=message.room, index=message.index)
            self._asked[self._links.ask(question)] = message

    def typing(self, _argument: str) -> None:
        """`/typing`: for programs that write what a person types elsewhere."""
        assert self._links is not None
        self._links.typing(self._room())

    def hear(self, notice: AnyNotice) -> None:
        """Something is ours, perhaps."""
        match notice:
            case Connected(user=user):
                self._user = user
            case PositionMoved(cursor=cursor):
                self._cursor = cursor
                self._mark()
            case Diverged(index=index):
                self._cursor = None
                self._printed = {room: min(last, index) for room, last in self._printed.items()}
                kept = (message for message in self._own if message.index <= index)
                self._own = deque(kept, _OWN_MAX)
                self._copies = {place: copies for place, copies in self._copies.items() if place <= index}
            case Stored(index=index, copies=copies):
                self._copies[index] = copies
                if len(self._copies) > _OWN_MAX:
                    del self._copies[next(iter(self._copies))]
            case CopiesRaised(index=index):
                self._copies = {place: 2 if place <= index else n for place, n in self._copies.items()}
            case Answered(ticket, UnreadCounts(counts=counts)) if ticket in self._asked:
                del self._asked[ticket]
                self._note("\n".join(map(self._unread_line, counts)) or _("Nothing is unread."))
            case Answered(ticket, RoomReceipts() as found) if ticket in self._asked:
                message = self._asked.pop(ticket)
                if message is not None:
                    self._note(_receipt_line(message, found) + self._where(message.index))
            case QuestionFailed(ticket) if ticket in self._asked:
                self.has_failed = True
                del self._asked[ticket]
            case _:
                pass

    def _mark(self) -> None:
        """Say so; how often is the conversation's care."""
        if self._cursor is not None and self._printed and self._links is not None:
            self._links.mark(self._cursor, dict(self._printed))

    def _unread_line(self, counted: tuple[str, int]) -> str:
        room, count = counted
        return f"{self._label(room)}: {unread_text(count)}"

    def _where(self, index: int) -> str:
        """On how many servers it is, where that is known."""
        copies = self._copies.get(index)
        if copies is None:
            return ""
        return " " + (_("(stored on both servers)") if copies > 1 else _("(stored on one server so far)"))


def _receipt_line(message: Message, found: RoomReceipts) -> str:
    file = message.file.name if message.file is not None else ""
    text = message.text.splitlines()[0] if message.text else file
    if len(text) > _TEXT_CHARACTERS:
        text = text[: _TEXT_CHARACTERS - 1] + "…"
    return _("{text}: {delivered} of {members} have it, {read} of them have read it").format(
        text=text, delivered=found.delivered, members=found.members, read=found.read
    )
