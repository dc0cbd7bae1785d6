"""Messages as events carry them: runs of one room, delivered or as a page of its past."""

from collections.abc import Iterable
from typing import Final

import msgspec

from server.protocol.event import Event
from server.protocol.facts import FileFacts


class Extras(msgspec.Struct, frozen=True, omit_defaults=True):
    """What few messages have beside their text.

    `reply` is (device, counter) of the message that it answers, `mentions` are the ids of the people whom
    it names as @name. `edited_ms` is when it was edited last; the text is that of then. A deleted one has
    no text. `reactions` has the ids of those who put an emoji to it, by emoji. `has_left`: whoever wrote it
    has left the chat for good.
    """

    reply: tuple[str, int] | None = None
    mentions: list[str] = []
    edited_ms: int = 0
    is_deleted: bool = False
    reactions: dict[str, list[str]] = {}
    has_left: bool = False


_NO_EXTRAS: Final = Extras()
# The id of a person in quotes, and a comma.
_ID_CHARACTERS: Final = 19


class Message(msgspec.Struct, frozen=True):
    """A message of a room as programs use it; on the wire it is a row of a run.

    (device, counter) is its identity, `time_ms` when it was written. The rest is as in `Extras`.
    """

    index: int
    number: int
    room: str
    user: str
    name: str
    device: str
    counter: int
    time_ms: int
    text: str
    file: FileFacts | None = None
    reply: tuple[str, int] | None = None
    mentions: list[str] = []
    edited_ms: int = 0
    is_deleted: bool = False
    reactions: dict[str, list[str]] = {}
    has_left: bool = False

    @property
    def extras(self) -> Extras:
        """What it has beside its text."""
        return Extras(
            self.reply, self.mentions, self.edited_ms, self.is_deleted, self.reactions, self.has_left
        )

    @property
    def characters(self) -> int:
        """About how long it is in a frame: its text, and who put what to it."""
        reactions = sum(len(emoji) + _ID_CHARACTERS * len(by) for emoji, by in self.reactions.items())
        return len(self.text) + _ID_CHARACTERS * len(self.mentions) + reactions


class Sender(msgspec.Struct, frozen=True, array_like=True):
    """Who wrote messages of a run: the id of the person, the name as it is now, and the device."""

    user: str
    name: str
    device: str


class MessageRow(msgspec.Struct, frozen=True, array_like=True):
    """One message of a run; `sender` is a place in the run's `senders`, counted from 0.

    (device, counter) is its identity, `time_ms` when it was written, `number` its running number.
    """

    index: int
    number: int
    sender: int
    counter: int
    time_ms: int
    text: str


class _Run(Event, frozen=True, kw_only=True):
    """Messages of one room, one after the other, with what repeats said once: a row is mostly its text."""

    room: str
    senders: list[Sender]
    rows: list[MessageRow]
    # By the place of the row: few messages carry one.
    files: dict[int, FileFacts] = {}
    extras: dict[int, Extras] = {}

    def __post_init__(self) -> None:
        """Raise ValueError when a row names nobody."""
        if not all(0 <= row.sender < len(self.senders) for row in self.rows):
            raise ValueError("a row names a sender that is not there")

    @property
    def messages(self) -> list[Message]:
        """Each message by itself."""
        found = []
        for place, row in enumerate(self.rows):
            sender = self.senders[row.sender]
            extras = self.extras.get(place, _NO_EXTRAS)
            found.append(
                Message(
                    row.index,
                    row.number,
                    self.room,
                    sender.user,
                    sender.name,
                    sender.device,
                    row.counter,
                    row.time_ms,
                    row.text,
                    self.files.get(place),
                    *msgspec.structs.astuple(extras),
                )
            )
        return found


def as_run(messages: Iterable[Message]) -> tuple[list[Sender], list[MessageRow]]:
    """The senders and the rows of messages."""
    places: dict[Sender, int] = {}
    rows = [
        MessageRow(
            message.index,
            message.number,
            places.setdefault(Sender(message.user, message.name, message.device), len(places)),
            message.counter,
            message.time_ms,
            message.text,
        )
        for message in messages
    ]
    return list(places), rows


def files_in(messages: Iterable[Message]) -> dict[int, FileFacts]:
    """What messages carry, by their place."""
    return {place: message.file for place, message in enumerate(messages) if message.file is not None}


def extras_in(messages: Iterable[Message]) -> dict[int, Extras]:
    """What messages have beside their texts, by their place."""
    found = ((place, message.extras) for place, message in enumerate(messages) if _is_special(message))
    return dict(found)


def _is_special(message: Message) -> bool:
    # A plain one is not worth an object: there are many.
    has_more = message.reply or message.mentions or message.reactions
    return bool(has_more or message.edited_ms or message.is_deleted or message.has_left)


class Messages(_Run, frozen=True, kw_only=True, tag="messages"):
    """Messages of a room as they are delivered, in order; some may lie before the client's cursor."""


class HistoryPage(_Run, frozen=True, kw_only=True, tag="history_page"):
    """The answer to `history`: messages in order; `is_end` when nothing lies beyond that side.

    Around an index `is_end` is about what lies before the page, and `has_newer` says whether messages lie
    behind it. Where they are long there are fewer than you asked for.
    """

    is_end: bool
    has_newer: bool = False
