"""Everything the window may ask of the network thread, as data."""

import msgspec

from server.client.outbox import Draft


class SendDraft(msgspec.Struct, frozen=True):
    """Send a message that the outbox holds on disk."""

    draft: Draft


class AskOlder(msgspec.Struct, frozen=True):
    """A page of a room before an index; 0 asks for the newest page. Answered by `MessagesKept`."""

    room: str
    before: int
    limit: int


class AskPeople(msgspec.Struct, frozen=True):
    """Who is in a room. Answered by `MemberList`."""

    room: str


class Reconnect(msgspec.Struct, frozen=True):
    """Do not wait for the next try."""


NetworkRequest = SendDraft | AskOlder | AskPeople | Reconnect
