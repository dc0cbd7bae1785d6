"""What was said before: a page of a room, and what is found in it."""

from typing import Annotated

from msgspec import Meta

from server.protocol import limits
from server.protocol.request import Count, Identifier, Request


class History(Request, frozen=True, tag="history"):
    """A page of a room, at most `limit` messages: those before an index, behind it, or around it.

    At most one of the three is given; without any it is the end of the room. Around an index stand
    `limit` // 2 messages before it and the rest from it on, the message of that index itself included when
    it is one of the room. At an end of the room its half is shorter; the other one does not grow.
    """

    room: Identifier
    before: Count | None = None
    after: Count | None = None
    around: Count | None = None
    limit: Annotated[int, Meta(ge=1, le=limits.HISTORY_ROWS_MAX)] = 50

    def __post_init__(self) -> None:
        if [self.before, self.after, self.around].count(None) < 2:
            raise ValueError("a page lies before, after or around one index")


class Search(Request, frozen=True, tag="search"):
    """Messages with all words of `text`, the newest first: in a room, or in all of one's own.

    A word matches whatever its case and accents; `"some words"` must follow each other; `wor*` begins a
    word. `before` is `reached` of the page before.
    """

    text: Annotated[str, Meta(max_length=limits.SEARCH_CHARACTERS_MAX)]
    room: Identifier | None = None
    before: Count | None = None
    limit: Annotated[int, Meta(ge=1, le=limits.SEARCH_HITS_MAX)] = 20


PastRequest = History | Search
