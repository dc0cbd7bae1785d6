"""What became of messages: edits, deletions and reactions as events, and a message as it is behind them."""

from collections.abc import Iterable

import msgspec

from server.protocol.event import Happening
from server.protocol.messages import Message


class _Changed(Happening, frozen=True, kw_only=True):
    """It is about the message (device, counter) of a room; `index` is where the change stands."""

    room: str
    device: str
    counter: int

    @property
    def target(self) -> tuple[str, int]:
        """The identity of the message."""
        return self.device, self.counter


class MessageEdited(_Changed, frozen=True, kw_only=True, tag="message_edited"):
    """The message (device, counter) has another text since `edited_ms` (Unix, ms)."""

    text: str
    edited_ms: int


class MessageDeleted(_Changed, frozen=True, kw_only=True, tag="message_deleted"):
    """The message (device, counter) was deleted: drop what you hold of it, and show that it was there."""


class ReactionChanged(_Changed, frozen=True, kw_only=True, tag="reaction_changed"):
    """A person, called `name`, put an emoji to the message (device, counter), or took it away."""

    user: str
    name: str
    emoji: str
    is_on: bool


AnyChange = MessageEdited | MessageDeleted | ReactionChanged


def changed(message: Message, changes: Iterable[AnyChange]) -> Message:
    """The message behind these changes of it, in their order. One that is deleted stays so."""
    for change in changes:
        if message.is_deleted:
            break
        match change:
            case MessageEdited():
                message = msgspec.structs.replace(message, text=change.text, edited_ms=change.edited_ms)
            case MessageDeleted():
                message = deleted(message)
            case ReactionChanged():
                message = _reacted(message, change)
    return message


def deleted(message: Message) -> Message:
    """What is shown in the place of a deleted message."""
    return msgspec.structs.replace(
        message, text="", file=None, reply=None, edited_ms=0, is_deleted=True, reactions={}, mentions=[]
    )


def _reacted(message: Message, change: ReactionChanged) -> Message:
    """Who put which emoji to it, in the order in which they did."""
    users = [user for user in message.reactions.get(change.emoji, []) if user != change.user]
    if change.is_on and change.user in message.reactions.get(change.emoji, []):
        return message
    users += [change.user] if change.is_on else []
    reactions = {**message.reactions, change.emoji: users}
    return msgspec.structs.replace(
        message, reactions={emoji: found for emoji, found in reactions.items() if found}
    )
