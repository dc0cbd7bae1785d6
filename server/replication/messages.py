"""What the two servers say to each other about the log (msgpack, tagged arrays).

Every message but `Hello` carries the session nonce that its receiver chose for this link, so that
nothing of an old link is ever taken for news.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from server.archive.record import Draft, Number, PackedRecord, Span

_Session = Annotated[str, Meta(min_length=1, max_length=64)]
_Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]


class Hello(msgspec.Struct, frozen=True, array_like=True, tag="hello"):
    """Both ways, first of all: my durable facts, from which both sides choose the same leader.

    `spans` are its latest epochs, oldest first. `is_founder`: with an empty log it may begin one.
    """

    session: _Session
    server: str
    cluster: str
    is_leader: bool
    is_founder: bool
    spans: tuple[Span, ...]
    last_index: Number


class Match(msgspec.Struct, frozen=True, array_like=True, tag="match"):
    """Follower to leader: my log equals yours up to this index, where the hash is this."""

    session: _Session
    index: Number
    hash: _Hash
    durable: Number


class Append(msgspec.Struct, frozen=True, array_like=True, tag="append"):
    """Leader to follower: the next records, and how far the log is committed."""

    session: _Session
    records: tuple[PackedRecord, ...]
    commit: Number


class Confirm(msgspec.Struct, frozen=True, array_like=True, tag="confirm"):
    """Follower to leader: everything up to here is synced to my disk."""

    session: _Session
    durable: Number


class Heartbeat(msgspec.Struct, frozen=True, array_like=True, tag="heartbeat"):
    """Both ways, every 200 ms: where I stand, and how long ago I heard you."""

    session: _Session
    is_leader: bool
    last_index: Number
    durable: Number
    tail_hash: _Hash
    heard_ms_ago: Number


class Forward(msgspec.Struct, frozen=True, array_like=True, tag="forward"):
    """Follower to leader: one of my clients asks for this."""

    session: _Session
    draft: Draft


class Refuse(msgspec.Struct, frozen=True, array_like=True, tag="refuse"):
    """Leader to follower: what was forwarded is refused and will not be archived.

    `digest` (of the body) says which, when an id was used for two things.
    """

    session: _Session
    device: str
    counter: Number
    digest: bytes
    code: Annotated[str, Meta(max_length=64)]
    arguments: dict[str, str | int | float]


Message = Hello | Match | Append | Confirm | Heartbeat | Forward | Refuse

# Epochs are few (one a start, up to three a failover), but a server that crashes and starts again for
# hours makes thousands; all of them in one hello still fit into a frame (about 90 bytes each).
SPANS_MAX: Final = 20_000
# Far more epochs than ever begin. Whoever tells of more would leave none for us to begin.
EPOCH_COUNTER_MAX: Final = 2**52
