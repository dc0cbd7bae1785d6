"""Muted conversations in the terminal: what is written there waits until one comes to read it.

That is a matter of this client and not of the servers: it is kept beside the outbox, over restarts.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from server.i18n.translation import _
from server.protocol.events import Message
from server.terminal.rooms import Conversations, Keeping

_FACT: Final = "muted rooms"


class Muting:
    """Its commands take what stands behind their word; `note` tells the person."""

    def __init__(self, conversations: Conversations, keep: Keeping, note: Callable[[str], None]) -> None:
        self._conversations: Final = conversations
        self._keep: Final = keep
        self._note: Final = note
        kept = keep.fact(_FACT)
        conversations.rooms.muted.update(msgspec.json.decode(kept, type=list[str]) if kept else ())

    def mute(self, argument: str) -> None:
        """`/mute`: this conversation, or that of a name."""
        room = self._conversations.meant(argument)
        if room:
            self._conversations.rooms.muted.add(room)
            self._changed(_("{room} is muted: unless you talk in it, only what mentions you is shown."), room)

    def unmute(self, argument: str) -> None:
        """`/unmute`, in the same way."""
        room = self._conversations.meant(argument)
        if room:
            self._conversations.rooms.muted.discard(room)
            self._changed(_("{room} is not muted."), room)

    def is_shown(self, message: Message) -> bool:
        """Whether a new message is printed: that of another device of our own is."""
        user = self._conversations.user
        is_for_us = user == message.user or user in message.mentions
        return is_for_us or not self._conversations.is_quiet(message.room)

    def _changed(self, sentence: str, room: str) -> None:
        rooms = self._conversations.rooms
        self._keep.keep(_FACT, msgspec.json.encode(sorted(rooms.muted)).decode())
        self._note(sentence.format(room=rooms.label_of(room)))
