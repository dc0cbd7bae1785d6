"""What the servers of a pair tell each other about their clients, and what is fixed about one."""

from typing import Annotated

import msgspec
from msgspec import Meta

from server.protocol import limits


class OwnFacts(msgspec.Struct, frozen=True):
    """What does not change while a server runs. `is_first`: its address is the one tried first.

    `is_open`: somebody new needs no invite, and no password.
    """

    name: str
    server: str
    cluster: str
    chat: str
    address: str
    is_first: bool
    authority_pem: str = ""
    cluster_secret: bytes = b""
    is_open: bool = False


class PeerFacts(msgspec.Struct, frozen=True, array_like=True, tag="peer_facts"):
    """Both ways, as soon as something of it changed: what admission at the other server depends on."""

    name: Annotated[str, Meta(max_length=64)]
    address: Annotated[str, Meta(max_length=300)]
    role: Annotated[str, Meta(max_length=16)]
    users: Annotated[int, Meta(ge=0, le=limits.INTEGER_MAX)]


class PeerTyping(msgspec.Struct, frozen=True, array_like=True, tag="peer_typing"):
    """Both ways: somebody types here, in a room."""

    room: Annotated[str, Meta(max_length=64)]
    user: Annotated[str, Meta(max_length=64)]


class PeerOnline(msgspec.Struct, frozen=True, array_like=True, tag="peer_online"):
    """Both ways: who is online here, by user id; sent with the presence of the own clients."""

    users: Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=100_000)]


# What a server tells the other one about its people.
PeerNews = PeerFacts | PeerOnline | PeerTyping
