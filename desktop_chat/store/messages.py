"""A message as the window knows it, archived or still in the outbox."""

import msgspec

from server.client.outbox import Draft
from server.protocol import events


class Message(msgspec.Struct, frozen=True):
    """A message of a room. In the outbox `index` is 0 and `copies` may be 0.

    (device, counter) is its identity for ever; `copies` is on how many servers' disks it is
    known to be.
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
    copies: int
    is_deleted: bool = False

    @property
    def is_pending(self) -> bool:
        """Whether it has no place in the archive yet that we were shown."""
        return self.index == 0

    def is_own(self, own_user: str) -> bool:
        """Whether this person wrote it; what lies in the outbox always is."""
        return self.is_pending or self.user == own_user


def from_event(event: events.Message, copies: int) -> Message:
    """A delivered message, with what we know about its copies."""
    return Message(
        index=event.index,
        number=event.number,
        room=event.room,
        user=event.user,
        name=event.name,
        device=event.device,
        counter=event.counter,
        time_ms=event.time_ms,
        text=_text_of(event),
        copies=copies,
        is_deleted=event.is_deleted,
    )


def _text_of(event: events.Message) -> str:
    """A file has no look of its own yet: its name says that there is one, below what was written with it."""
    file = [] if event.file is None else [f"📎 {event.file.name}"]
    return "\n".join([*([event.text] if event.text else []), *file])


def from_draft(draft: Draft, device: str, copies: int) -> Message:
    """What a person wrote on this device and no server has shown us yet."""
    return Message(
        index=0,
        number=0,
        room=draft.room,
        user="",
        name="",
        device=device,
        counter=draft.counter,
        time_ms=draft.time_ms,
        text=draft.text,
        copies=copies,
    )
