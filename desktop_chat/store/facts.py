"""Single facts by name: who we are, where the servers are, how far we have read."""

import secrets
import sqlite3
from collections.abc import Sequence

import msgspec

from server.client.identity import Identity
from server.protocol.requests import Cursor


class KnownServers(msgspec.Struct, frozen=True):
    """How to reach and to recognise the pair: addresses in order, and the authority (PEM) once known.

    `fingerprint` (hex) is what the invite link promised; neither of both means plain TCP.
    """

    addresses: tuple[str, ...]
    fingerprint: str = ""
    authority: str = ""
    chat_name: str = ""


def read_fact(connection: sqlite3.Connection, key: str) -> str:
    """A fact, or nothing."""
    row = connection.execute("SELECT value FROM fact WHERE key = ?", (key,)).fetchone()
    return row[0] if row else ""


def write_fact(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Keep a fact."""
    connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (key, value))


def read_identity(connection: sqlite3.Connection) -> Identity | None:
    """Who this device is, None before the first join."""
    text = read_fact(connection, "identity")
    return msgspec.json.decode(text, type=Identity) if text else None


def make_identity(connection: sqlite3.Connection, name: str) -> Identity:
    """A new device of this name; a device that exists keeps its id and secret under the new name."""
    known = read_identity(connection)
    if known is None:
        identity = Identity(name, secrets.token_hex(16), secrets.token_hex(32))
    else:
        identity = msgspec.structs.replace(known, name=name)
    write_fact(connection, "identity", msgspec.json.encode(identity).decode())
    # Beside the rest, so that a query can tell our own messages.
    write_fact(connection, "device", identity.device)
    return identity


def forget_identity(connection: sqlite3.Connection) -> None:
    """The name was refused before anything was written: the next name gets a new device."""
    connection.execute("DELETE FROM fact WHERE key IN ('identity', 'device')")


def take_counter(connection: sqlite3.Connection) -> int:
    """The next counter of this device. Counters never come twice, so this is part of a transaction."""
    counter = int(read_fact(connection, "next_counter") or 1)
    write_fact(connection, "next_counter", str(counter + 1))
    return counter


def read_servers(connection: sqlite3.Connection) -> KnownServers | None:
    """Where the servers are."""
    text = read_fact(connection, "servers")
    return msgspec.json.decode(text, type=KnownServers) if text else None


def write_servers(connection: sqlite3.Connection, servers: KnownServers) -> None:
    """Keep where the servers are."""
    write_fact(connection, "servers", msgspec.json.encode(servers).decode())


def learn_servers(connection: sqlite3.Connection, addresses: Sequence[str], authority: str) -> None:
    """A session taught both addresses and the authority."""
    known = read_servers(connection) or KnownServers(())
    write_servers(
        connection,
        msgspec.structs.replace(known, addresses=tuple(addresses), authority=authority or known.authority),
    )


def learn_chat_name(connection: sqlite3.Connection, chat_name: str) -> None:
    """What people call this chat."""
    known = read_servers(connection)
    if known is not None and chat_name and chat_name != known.chat_name:
        write_servers(connection, msgspec.structs.replace(known, chat_name=chat_name))


def read_cursor(connection: sqlite3.Connection) -> Cursor | None:
    """How far this device has read the archive."""
    text = read_fact(connection, "cursor")
    return msgspec.json.decode(text, type=Cursor) if text else None


def write_cursor(connection: sqlite3.Connection, cursor: Cursor, since: int = 0) -> None:
    """Keep how far this device has read; belongs into the transaction of what it read.

    From `since` on the cache lacks nothing.
    """
    write_fact(connection, "cursor", msgspec.json.encode(cursor).decode())
    write_fact(connection, "since", str(since))


def read_since(connection: sqlite3.Connection) -> int | None:
    """From which index on this device lacks nothing; None while it has read nothing."""
    text = read_fact(connection, "since")
    return int(text) if text else None
