"""Everything the other threads may tell the window: what the cache has kept, and the client's notices.

What the network brings is written into the cache first and told then, so that the window can read
whatever it hears of.
"""

import msgspec

from server.client import notices
from server.client.outbox import Draft
from server.protocol import events


class MessagesKept(msgspec.Struct, frozen=True):
    """Messages are in the cache; `copies` is on how many servers they are at least.

    `room` and `ticket` are set when they answer a question for older ones; `is_beginning` says that
    the room has none before them.
    """

    messages: list[events.Message]
    copies: int
    ticket: int = 0
    room: str = ""
    is_beginning: bool = False


class OutboxKept(msgspec.Struct, frozen=True):
    """What was written is on disk and was given to the network. `ticket` is that of the request."""

    ticket: int
    draft: Draft


class OutboxFailed(msgspec.Struct, frozen=True):
    """What was written could not be kept: the text goes back into the box."""

    ticket: int
    room: str
    text: str
    reason: str


class OutboxRefused(msgspec.Struct, frozen=True):
    """The servers will never store it: the text goes back into the box, with the reason."""

    draft: Draft
    code: str
    arguments: dict[str, str | int | float]


class RoomsKept(msgspec.Struct, frozen=True):
    """The rooms in the cache may have changed."""


GuiEvent = (
    MessagesKept
    | OutboxKept
    | OutboxFailed
    | OutboxRefused
    | RoomsKept
    | notices.Connected
    | notices.Disconnected
    | notices.StandbyChanged
    | notices.SignInRefused
    | notices.CertificateUnknown
    | notices.CertificateChanged
    | notices.OtherChat
    | notices.Stored
    | notices.Delayed
    | notices.CopiesRaised
    | notices.PositionMoved
    | notices.Diverged
    | notices.Renamed
    | notices.Happened
    | notices.ServersChanged
    | notices.PresenceChanged
    | notices.Answered
    | notices.QuestionFailed
    | notices.LatencyMeasured
)
