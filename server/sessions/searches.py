"""Searches: messages by their words, in the rooms that a person is a member of now."""

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import msgspec

from server.archive.search_follower import SearchFollower
from server.archive.search_query import Term, parse_terms
from server.archive.search_reader import Marks, SearchReader, marks_in
from server.protocol import events, limits, requests
from server.protocol.errors import Refusal
from server.protocol.facts import SearchHit
from server.sessions.snippets import snippet
from server.sessions.telling import message_of
from server.state.permissions import Act, is_readable, readable_rooms, refusal_of
from server.state.sayings import sayings

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session

# They take milliseconds; a third one at once would only take the processor from the engine.
_THREADS: Final = 2
# One that has found little for so long says how far it looked (s).
_SEARCH_S_MAX: Final = 1.0
_END: Final = 2**53


def search(hub: "Hub", session: "Session", request: requests.Search) -> None:
    """A page of what is found."""
    assert session.user is not None
    terms = parse_terms(request.text)
    refusal = hub.searches.refusal_of(request, terms, session.user.id)
    if refusal is not None:
        session.refuse(request.id, refusal)
        return
    hub.readings.start(session, request, hub.searches.page(request, terms, session.user.id))
    session.searched()


class Searches:
    """Those of all sessions. `refusal_of` and `stop` on the io thread only."""

    def __init__(self, hub: "Hub", index: SearchFollower | None) -> None:
        self._hub: Final = hub
        self._index: Final = index
        self._threads: Final = ThreadPoolExecutor(_THREADS, thread_name_prefix="searches")

    def refusal_of(self, request: requests.Search, terms: Sequence[Term], user: str) -> Refusal | None:
        """Why this cannot be looked for."""
        if request.room is not None:
            refusal = refusal_of(self._hub.state, Act.READ, request.room, user)
            if refusal is not None:
                return refusal
        if not terms:
            return Refusal("nothing_to_find")
        if len(terms) > limits.SEARCH_WORDS_MAX:
            return Refusal("too_many_words", {"limit": limits.SEARCH_WORDS_MAX})
        percent = self._index.percent if self._index is not None else 0
        return Refusal("index_not_ready", {"percent": percent}) if percent < 100 else None

    async def page(
        self, request: requests.Search, terms: Sequence[Term], user: str
    ) -> events.SearchPage | Refusal:
        """What is found, of an archive that no merge changed meanwhile."""
        hub, index = self._hub, self._index
        assert index is not None
        loop = asyncio.get_running_loop()
        while True:
            merges = hub.delivery.merges
            look = Search(hub, index.reader, terms, user)
            try:
                found = await loop.run_in_executor(self._threads, look.page, request)
            except sqlite3.Error as error:
                index.read_failed(error)
                return Refusal("index_not_ready", {"percent": 0})
            if merges == hub.delivery.merges:
                # Whoever was taken out of a room meanwhile is told nothing of it any more.
                hits = [hit for hit in found.hits if is_readable(hub.state, hit.room, user)]
                return msgspec.structs.replace(found, hits=hits)

    def stop(self) -> None:
        """No more are begun."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Search:
    """One search, in a worker's thread."""

    def __init__(
        self,
        hub: "Hub",
        index: SearchReader,
        terms: Sequence[Term],
        user: str,
    ) -> None:
        self._index: Final = index
        self._store: Final = hub.store
        self._state: Final = hub.state
        self._now: Final = hub.now
        self._terms: Final = terms
        self._user: Final = user
        self._rooms: Sequence[str] = ()

    def page(self, request: requests.Search) -> events.SearchPage:
        """The newest messages with all of it before an index."""
        mine = readable_rooms(self._state, self._user)
        self._rooms = mine if request.room is None else [room for room in mine if room == request.room]
        until = self._now() + _SEARCH_S_MAX
        wanted = request.limit + 1
        reached = _END if request.before is None else request.before
        hits: list[SearchHit] = []
        while len(hits) < wanted and reached > 1 and self._now() <= until:
            found = self._index.find(self._terms, self._rooms, reached, wanted, lambda: self._now() > until)
            hits += self._checked(found.indices)
            reached = found.reached
        if len(hits) > request.limit:
            hits = hits[: request.limit]
            reached = hits[-1].index
        return events.SearchPage(answer=request.id, hits=hits, reached=reached, is_end=reached <= 1)

    def _checked(self, indices: list[int]) -> list[SearchHit]:
        """The messages there that are told, in these rooms, and hold all of it: the index may be behind."""
        records = self._store.records_at(indices[::-1])
        said = sayings(self._store, records.values())
        messages = []
        for index in filter(said.__contains__, indices):
            message = message_of(records[index], 0, self._state)
            if message is None or message.is_deleted or message.room not in self._rooms:
                continue
            told = self._store.page(message.room, index, index, 1, is_backwards=False, only_messages=True)
            messages += [(message, row.number) for row in told]
        texts = [said[message.index][1] for message, _number in messages]
        found = zip(messages, texts, marks_in(self._terms, texts), strict=True)
        return [_hit(*message, text, marks) for message, text, marks in found if marks]


def _hit(message: events.Message, number: int, whole: str, marks: Marks) -> SearchHit:
    start, text, marks = snippet(whole, marks)
    return SearchHit(
        message.index,
        number,
        message.room,
        message.user,
        message.name,
        message.device,
        message.counter,
        message.time_ms,
        text,
        start,
        len(whole),
        list(marks),
        message.has_left,
    )
