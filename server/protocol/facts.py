"""What events say of rooms, servers, people, devices and connections: parts of them, by name."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from server.protocol import limits


class FileFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that a message carries: what it is called, and by what it is found. `media_type` is a claim."""

    sha256: Annotated[str, Meta(max_length=64, pattern=r"^[0-9a-f]{64}\Z")]
    size: Annotated[int, Meta(ge=0, le=limits.INTEGER_MAX)]
    name: Annotated[str, Meta(min_length=1, max_length=1_000)]
    media_type: Annotated[str, Meta(max_length=64, pattern=r"^([a-z0-9.+-]{1,31}/[a-z0-9.+-]{1,31})?\Z")] = ""


class RoomFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """A room as it is listed; `is_member` and `is_administrator` are about the person who asked.

    Who is no member and yet `is_administrator` would administer it: an administrator of the chat.
    `kind` is general, public, group or private. A private chat has the other one's name; `user` is that
    one's id, and `has_left` says that the person has left the chat for good.
    `read` is up to which index the person has read there; the last message stands at `last_message`.
    """

    room: str
    name: str
    members: int
    is_member: bool
    kind: str = "public"
    topic: str = ""
    is_administrator: bool = False
    user: str = ""
    read: int = 0
    last_message: int = 0
    has_left: bool = False


class ServerFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the servers, in the order of addresses: the first is tried first.

    `role` is one of leader, follower, learner, recovering, away; `users` are signed in there.
    """

    name: str
    address: str
    role: str
    users: int = 0

    @property
    def is_up(self) -> bool:
        """Whether the server answers its peer (or is the one that tells)."""
        return self.role != "away"


def is_waiting_for_other(mode: str, servers: Sequence[ServerFacts]) -> bool:
    """Whether a server that is there stores nothing before the other one is back."""
    return mode == "waiting" and {facts.role for facts in servers} == {"recovering", "away"}


class MemberFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person: a member of a room, or found by name."""

    user: str
    name: str
    is_online: bool
    is_administrator: bool = False


class FriendFacts(msgspec.Struct, frozen=True):
    """Another person as seen by the one who asked: `status` is friend, asked (by us), asks (us) or blocked.

    `room` is the id of the private chat, "" while there is none.
    """

    user: str
    name: str
    status: str
    room: str
    is_online: bool


class SearchHit(msgspec.Struct, frozen=True, array_like=True):
    """A message that was found. `text` is a part of it, which begins at the character `start` of `length`.

    The name of a file that it carries is a line of its own at the end.

    `marks` are the places of what was looked for in `text`: first character, and the one behind the last.
    The other fields are those of a message.
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
    start: int
    length: int
    marks: list[tuple[int, int]]
    has_left: bool = False


class MemberMark(msgspec.Struct, frozen=True, array_like=True):
    """How far a member of a room was delivered to, and has read there; nothing before `joined` was for it.

    All three are indices of the log, the two marks not beyond the last message of the room.
    """

    user: str
    joined: int
    delivered: int
    read: int


class DeviceFacts(msgspec.Struct, frozen=True):
    """A device of the person who asked; `since_ms` is when it first signed in (Unix, ms)."""

    device: str
    name: str
    since_ms: int
    is_this: bool


class ConnectionFacts(msgspec.Struct, frozen=True):
    """A connection as `status` shows it. `number` is MT; `lag` is MA - MT."""

    user: str
    address: str
    is_standby: bool
    number: int
    lag: int
    buffered_bytes: int
