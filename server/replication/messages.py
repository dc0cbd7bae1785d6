"""What the two servers say to each other about the log (msgpack, tagged arrays).

Every message but `Hello` carries the session nonce that its receiver chose for this link, so that
nothing of an old link is ever taken for news.
"""

from typing import Final

import msgspec

from server.archive.record import Draft, PackedRecord, Span


class Hello(msgspec.Struct, frozen=True, array_like=True, tag="hello"):
    """The durable facts of a server, from which both sides choose the same leader.

    `spans` are its latest epochs, oldest first. `is_founder`: with an empty log it may begin one.
    """

    session: str
    server: str
    cluster: str
    is_leader: bool
    is_founder: bool
    spans: tuple[Span, ...]
    last_index: int


class Match(msgspec.Struct, frozen=True, array_like=True, tag="match"):
    """Follower to leader: my log equals yours up to this index, where the hash is this."""

    session: str
    index: int
    hash: bytes
    durable: int


class Append(msgspec.Struct, frozen=True, array_like=True, tag="append"):
    """Leader to follower: the next records, and how far the log is committed."""

    session: str
    records: tuple[PackedRecord, ...]
    commit: int


class Confirm(msgspec.Struct, frozen=True, array_like=True, tag="confirm"):
    """Follower to leader: everything up to here is synced to my disk."""

    session: str
    durable: int


class Heartbeat(msgspec.Struct, frozen=True, array_like=True, tag="heartbeat"):
    """Both ways, every 200 ms: where I stand, and how long ago I heard you."""

    session: str
    is_leader: bool
    last_index: int
    durable: int
    tail_hash: bytes
    heard_ms_ago: int


class Forward(msgspec.Struct, frozen=True, array_like=True, tag="forward"):
    """Follower to leader: one of my clients asks for this."""

    session: str
    draft: Draft


class Refuse(msgspec.Struct, frozen=True, array_like=True, tag="refuse"):
    """Leader to follower: what was forwarded is refused and will not be archived.

    `digest` (of the body) says which, when an id was used for two things.
    """

    session: str
    device: str
    counter: int
    digest: bytes
    code: str
    arguments: dict[str, str | int | float]


Message = Hello | Match | Append | Confirm | Heartbeat | Forward | Refuse

# Epochs are few (one a start, up to three a failover), but a server that crashes and starts again for
# hours makes thousands; all of them in one hello still fit into a frame (about 90 bytes each).
SPANS_MAX: Final = 20_000
