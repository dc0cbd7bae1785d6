"""The rooms we are in, how far each was read, and whether its whole history is here."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from server.protocol.facts import RoomFacts

GENERAL: Final = "general"


class KnownRoom(msgspec.Struct, frozen=True):
    """A room as the cache knows it. `has_beginning`: nothing older is at the servers."""

    room: str
    name: str
    members: int
    has_beginning: bool


def write_general(connection: sqlite3.Connection) -> None:
    """The room that every chat has: known before the first connection, so that one can write at once."""
    connection.execute(
        "INSERT OR IGNORE INTO room (room, name, members) VALUES (?, ?, 0)", (GENERAL, GENERAL)
    )


def write_rooms(connection: sqlite3.Connection, rooms: Iterable[RoomFacts]) -> None:
    """Keep the rooms that we are a member of."""
    for facts in rooms:
        if facts.is_member:
            connection.execute(
                "INSERT INTO room (room, name, members) VALUES (?, ?, ?)"
                " ON CONFLICT (room) DO UPDATE SET name = excluded.name, members = excluded.members",
                (facts.room, facts.name, facts.members),
            )


def read_rooms(connection: sqlite3.Connection) -> Sequence[KnownRoom]:
    """The rooms by name."""
    rows = connection.execute("SELECT room, name, members, has_beginning FROM room ORDER BY name")
    return [KnownRoom(room, name, members, bool(whole)) for room, name, members, whole in rows]


def mark_beginning(connection: sqlite3.Connection, room: str) -> None:
    """The first message of the room is in the cache."""
    connection.execute("UPDATE room SET has_beginning = 1 WHERE room = ?", (room,))


def write_read_mark(connection: sqlite3.Connection, room: str, index: int) -> None:
    """The person has seen a room up to an index; marks only move forward."""
    connection.execute(
        "INSERT INTO read_mark VALUES (?, ?) ON CONFLICT (room) DO UPDATE SET idx = max(idx, excluded.idx)",
        (room, index),
    )


def read_mark(connection: sqlite3.Connection, room: str) -> int:
    """How far a room was seen."""
    row = connection.execute("SELECT idx FROM read_mark WHERE room = ?", (room,)).fetchone()
    return row[0] if row else 0


def unread_count(connection: sqlite3.Connection, room: str, own_user: str, count_max: int) -> int:
    """How many messages of others lie behind the mark, counted up to a limit."""
    row = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM message WHERE room = ? AND idx > ? AND user <> ? LIMIT ?)",
        (room, read_mark(connection, room), own_user, count_max),
    ).fetchone()
    return int(row[0])


def first_unread(connection: sqlite3.Connection, room: str, own_user: str) -> int:
    """The first message of somebody else behind the mark; 0 without one, or before anything was seen."""
    mark = read_mark(connection, room)
    row = connection.execute(
        "SELECT min(idx) FROM message WHERE room = ? AND idx > ? AND user <> ?", (room, mark, own_user)
    ).fetchone()
    return row[0] or 0 if mark else 0
