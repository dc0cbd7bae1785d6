"""The past in the terminal: pages of it with the numbers of their messages, around one, and on from there."""

import re
from collections.abc import Callable, Iterable
from typing import Final, Protocol

import msgspec

from server.client.notices import Answered, AnyNotice, Diverged, QuestionFailed
from server.i18n.translation import _
from server.network.client_links import ClientLinks
from server.protocol import limits
from server.protocol.events import HistoryPage, Message
from server.protocol.requests import History
from server.terminal.shown import Shown
from server.terminal.words import number_in

# About as much as stands on a screen.
_PAGE_ROWS: Final = 20
# What programs say in place of a number: the id of the room, and an index of the log.
_PLACE: Final = re.compile(r"(\S{1,64}):([0-9]{1,16})")


class Show(Protocol):
    """Prints a message of the past."""

    def __call__(self, message: Message, mark: str = " ", /) -> None:
        """`mark` is a sign beside the one that was meant."""


class _Span(msgspec.Struct, frozen=True):
    """What was printed of a room: the places of the first message and of the last one."""

    first: int
    last: int


class Pages:
    """Its commands take what stands behind their word; `room` is where the person talks, `note` tells."""

    def __init__(
        self, shown: Shown, *, room: Callable[[], str], show: Show, note: Callable[[str], None]
    ) -> None:
        self._shown: Final = shown
        self._room: Final = room
        self._show: Final = show
        self._note: Final = note
        self._links: ClientLinks | None = None
        self._spans: Final[dict[str, _Span]] = {}
        # The room of the last page, and where the person talked then: there it goes on.
        self._paged = ""
        self._paged_from = ""
        self._asked: History | None = None
        self._ticket = 0
        self.has_failed = False

    @property
    def is_waiting(self) -> bool:
        """Whether something has no answer yet."""
        return bool(self._ticket)

    def connect(self, links: ClientLinks) -> None:
        """Where questions go."""
        self._links = links

    def printed(self, messages: Iterable[Message]) -> None:
        """The person has these before the eyes, as they come."""
        for message in messages:
            if message.room == self._paged:
                # It goes on from the page, however much is said meanwhile.
                continue
            span = self._spans.get(message.room, _Span(message.index, message.index))
            self._spans[message.room] = _Span(span.first, max(span.last, message.index))

    def entered(self, messages: list[Message]) -> None:
        """The person came into a room, whose last messages these are: there reading begins anew."""
        self._paged = ""
        if messages:
            self._spans[messages[0].room] = _Span(messages[0].index, messages[-1].index)

    # The commands.

    def around(self, argument: str) -> None:
        """`/around N`: what was said before and after the message of this number, or the hit of a search."""
        place = self._place(argument)
        if place is None:
            self._fail(_("Around which message? /last and /search show their numbers: /around 12"))
        else:
            room, index = place
            self._ask(History(id=1, room=room, around=index, limit=_PAGE_ROWS))

    def before(self, argument: str) -> None:
        """`/before`: further back than what stands there; `/before N`: than that message."""
        span = self._span(argument)
        if span is not None:
            room, first = span[0], span[1].first if span[1] else None
            self._ask(History(id=1, room=room, before=first, limit=_PAGE_ROWS))

    def after(self, argument: str) -> None:
        """`/after`, and `/after N`: what was said then."""
        span = self._span(argument)
        if span is not None:
            room, last = span[0], span[1].last if span[1] else 0
            self._ask(History(id=1, room=room, after=last, limit=_PAGE_ROWS))

    def _span(self, argument: str) -> tuple[str, _Span | None] | None:
        """The room, and what it goes on from; None: that cannot be said (told)."""
        if argument:
            place = self._place(argument)
            if place is None:
                self._fail(_("Which message? /last shows the last ones with their numbers."))
                return None
            return place[0], _Span(place[1], place[1])
        is_going_on = self._paged and self._paged_from == self._room()
        room = self._paged if is_going_on else self._room()
        if not room:
            self._fail(_("Which message? /last shows the last ones with their numbers."))
            return None
        return room, self._spans.get(room)

    def _place(self, argument: str) -> tuple[str, int] | None:
        """The room and the index of what is meant."""
        number = number_in(argument)
        if number is not None:
            message = self._shown.find(number)
            return None if message is None else (message.room, message.index)
        match = _PLACE.fullmatch(argument)
        if match is None:
            return None
        return match[1], min(int(match[2]), limits.INTEGER_MAX)

    def _ask(self, question: History) -> None:
        assert self._links is not None
        self._asked = question
        self._ticket = self._links.ask(question)

    # The answers.

    def hear(self, notice: AnyNotice) -> None:
        """Something was answered, perhaps."""
        match notice:
            case Answered(ticket, HistoryPage() as page) if ticket == self._ticket:
                self._ticket = 0
                self._tell(page)
            case QuestionFailed(ticket) if ticket == self._ticket:
                self._ticket = 0
                self.has_failed = True
            case Diverged(index=index):
                self._cut(index)
            case _:
                pass

    def _cut(self, index: int) -> None:
        """What was printed behind it stands elsewhere now."""
        for room, span in self._spans.items():
            self._spans[room] = _Span(min(span.first, index + 1), min(span.last, index))

    def _tell(self, page: HistoryPage) -> None:
        assert self._asked is not None
        messages = page.messages
        for message in messages:
            self._show(message, "→" if message.index == self._asked.around else " ")
        if messages:
            self._spans[page.room] = _Span(messages[0].index, messages[-1].index)
        self._paged, self._paged_from = page.room, self._room()
        self._note(_where(self._asked, page))

    def _fail(self, sentence: str) -> None:
        self.has_failed = True
        self._note(sentence)


def _where(asked: History, page: HistoryPage) -> str:
    """What lies before a page and behind it."""
    has_older = asked.after is not None or not page.is_end
    has_newer = page.has_newer or asked.before is not None or (asked.after is not None and not page.is_end)
    if has_older and has_newer:
        return _("There is more: /before goes back, /after goes on.")
    if has_older:
        return _("These are the newest messages; /before goes back.")
    if has_newer:
        return _("Here it begins; /after goes on.")
    return _("There is no more than this.")
