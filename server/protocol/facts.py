"""What events say of rooms, servers, people, devices and connections: parts of them, by name."""

from collections.abc import Sequence

import msgspec


class RoomFacts(msgspec.Struct, frozen=True):
    """A room as it is listed; `is_member` is about the person who asked."""

    room: str
    name: str
    members: int
    is_member: bool


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


class MemberFacts(msgspec.Struct, frozen=True):
    """A member of a room."""

    user: str
    name: str
    is_online: bool


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
