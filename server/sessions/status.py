"""Status: facts about one server, for operators; the whole of them against a proof."""

import asyncio
import hashlib
import hmac
import ipaddress
from typing import TYPE_CHECKING

import msgspec

from server.archive.record import Record
from server.protocol import events, requests
from server.protocol.errors import Refusal
from server.protocol.facts import ConnectionFacts

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session


async def status_facts(
    hub: "Hub", session: "Session", request: requests.Status
) -> events.StatusFacts | Refusal:
    """What everybody here may know, and the rest when the secret is proven."""
    is_proven = hmac.compare_digest(
        request.proof.encode(), status_proof(hub.facts.cluster_secret, session.nonce).encode()
    )
    if not is_proven and session.user is None and not _is_on_this_computer(session.address):
        return Refusal("forbidden")
    position = hub.delivery.position
    index = position.index if request.hash_at is None else request.hash_at
    if index > position.index:
        return Refusal("unknown_index", {"index": index})
    record = await asyncio.to_thread(hub.store.record, index)
    status = events.StatusFacts(
        answer=request.id,
        server=hub.facts.name,
        cluster=hub.facts.cluster,
        role=hub.pair.role,
        mode=hub.mode,
        epoch=hub.pair.epoch,
        archive_number=position.number,
        index=index,
        hash=_told_hash(hub, record, is_proven=is_proven) if record else "",
    )
    return _with_private_facts(hub, status) if is_proven else status


def _told_hash(hub: "Hub", record: Record, *, is_proven: bool) -> str:
    """The hash of the chain; without a proof one that is good for comparing two servers and nothing else.

    By the hash itself anybody could try at home whether a message of others says what it might say.
    """
    if is_proven:
        return record.hash.hex()
    return hmac.new(hub.facts.cluster_secret, b"hash " + record.hash, hashlib.sha256).hexdigest()


def _is_on_this_computer(address: str) -> bool:
    """Whether a connection comes over loopback; through an IPv6 socket IPv4 has a longer name."""
    host = ipaddress.ip_address(address.rpartition(":")[0].partition("%")[0])
    mapped = host.ipv4_mapped if isinstance(host, ipaddress.IPv6Address) else None
    return (mapped or host).is_loopback


def status_proof(cluster_secret: bytes, nonce: str) -> str:
    """HMAC-SHA-256 (RFC 2104) of a welcome's nonce: who knows the cluster's secret may see all."""
    return hmac.new(cluster_secret, b"status " + nonce.encode(), hashlib.sha256).hexdigest()


def _with_private_facts(hub: "Hub", status: events.StatusFacts) -> events.StatusFacts:
    return msgspec.structs.replace(
        status,
        durable_index=hub.engine.durable_index,
        peer=hub.peer_known.name if hub.peer_known else "",
        users=hub.presence.users_here,
        users_max=hub.users_max,
        servers=hub.servers(),
        connections=[_connection_facts(hub, s) for s in hub.sessions if s.user is not None],
        promotions=hub.pair.promotions,
        alarm=hub.pair.alarm,
    )


def _connection_facts(hub: "Hub", session: "Session") -> ConnectionFacts:
    assert session.user is not None
    archive_number = hub.delivery.position.number
    reader = session.reader
    number = archive_number if reader is None else hub.delivery.number_of(reader)
    return ConnectionFacts(
        user=session.user.name,
        address=session.address,
        is_standby=reader is None,
        number=number,
        lag=archive_number - number,
        buffered_bytes=session.buffered_bytes,
    )
