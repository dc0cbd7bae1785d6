"""Searching from the terminal: what was found, numbered, a page at a time."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from server.client.notices import Answered, AnyNotice, QuestionFailed
from server.i18n.translation import _
from server.network.client_links import ClientLinks
from server.protocol import limits
from server.protocol.events import SearchPage
from server.protocol.facts import SearchHit
from server.protocol.requests import Search
from server.terminal.printing import author_of

_EVERYWHERE: Final = "-a"
_PAGE_HITS: Final = 20


class Searching:
    """`/search` takes what stands behind its word; `note` tells the person.

    `number` gives what was found the number by which other commands take it, `label` what a room is called.
    """

    def __init__(
        self,
        room: Callable[[], str],
        note: Callable[[str], None],
        number: Callable[[SearchHit], int],
        label: Callable[[str], str],
    ) -> None:
        # Where the person talks.
        self._room: Final = room
        self._note = note
        self._number = number
        self._label: Final = label
        self._links: ClientLinks | None = None
        # The last search, as it goes on, and whether anything of it was told.
        self._search: Search | None = None
        self._has_found = False
        self._ticket = 0
        self.has_failed = False

    @property
    def is_waiting(self) -> bool:
        """Whether something has no answer yet."""
        return bool(self._ticket)

    def connect(self, links: ClientLinks) -> None:
        """Where questions go."""
        self._links = links

    def search(self, argument: str) -> None:
        """`/search WORDS`, in this room; `-a` before them: everywhere; nothing: the last one goes on."""
        if argument:
            first, _space, rest = argument.partition(" ")
            is_everywhere = first == _EVERYWHERE
            text = (rest if is_everywhere else argument)[: limits.SEARCH_CHARACTERS_MAX]
            self._search = Search(
                id=1, text=text, room=None if is_everywhere else self._room(), limit=_PAGE_HITS
            )
            self._has_found = False
        if self._search is None:
            self._note(
                _("What is to be found? /search WORDS looks in this room, /search -a WORDS everywhere.")
            )
            return
        assert self._links is not None
        self._ticket = self._links.ask(self._search)

    def hear(self, notice: AnyNotice) -> None:
        """Something was answered, perhaps."""
        match notice:
            case Answered(ticket, SearchPage() as page) if ticket == self._ticket:
                self._ticket = 0
                self._tell(page)
            case QuestionFailed(ticket) if ticket == self._ticket:
                self._ticket = 0
                self.has_failed = True
            case _:
                pass

    def _tell(self, page: SearchPage) -> None:
        assert self._search is not None
        lines = [self._line(self._number(hit), hit) for hit in page.hits]
        self._has_found |= bool(page.hits)
        if not page.is_end:
            lines.append(_("There may be more: /search goes on."))
            self._search = Search(
                id=1,
                text=self._search.text,
                room=self._search.room,
                before=page.reached,
                limit=_PAGE_HITS,
            )
        else:
            lines += [] if self._has_found else [_("Nothing was found.")]
            self._search = None
        self._note("\n".join(lines))

    def _line(self, number: int, hit: SearchHit) -> str:
        day = datetime.fromtimestamp(hit.time_ms / 1000, tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M")
        is_here = self._search is not None and self._search.room is not None
        room = "" if is_here else f" {self._label(hit.room)}"
        before = "… " if hit.start else ""
        behind = " …" if hit.start + len(hit.text) < hit.length else ""
        return f"{number:4}  {day}{room} {author_of(hit)}: {before}{' '.join(hit.text.split())}{behind}"
