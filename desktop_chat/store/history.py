"""The cached messages: written in batches as they arrive, read in pages as they come in sight."""

import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from typing import Final

from desktop_chat.store.messages import Message
from server.protocol.limits import INTEGER_MAX

_COLUMNS: Final = "idx, number, room, user, name, device, counter, time_ms, text, copies, is_deleted"


def insert_messages(connection: sqlite3.Connection, messages: Iterable[Message]) -> list[bool]:
    """Keep messages; those that are known stay as they are. Own ones leave the outbox.

    What the outbox knew about an own message's copies is kept. Tells of each whether it is in the cache
    now: it is not where a server tells another message than before, or one that it told elsewhere.
    """
    are_kept: list[bool] = []
    for message in messages:
        row = connection.execute(
            "SELECT copies FROM outbox"
            " WHERE counter = ? AND ? = (SELECT value FROM fact WHERE key = 'device')",
            (message.counter, message.device),
        ).fetchone()
        copies = max(message.copies, row[0]) if row else message.copies
        inserted = connection.execute(
            f"INSERT OR IGNORE INTO message ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                message.index, message.number, message.room, message.user, message.name,
                message.device, message.counter, message.time_ms, message.text, copies, message.is_deleted,
            ),
        )  # fmt: skip
        are_kept.append(inserted.rowcount > 0 or _is_known(connection, message))
        if row:
            connection.execute("DELETE FROM outbox WHERE counter = ?", (message.counter,))
    return are_kept


def _is_known(connection: sqlite3.Connection, message: Message) -> bool:
    found = connection.execute("SELECT device, counter FROM message WHERE idx = ?", (message.index,))
    return bool(found.fetchone() == (message.device, message.counter))


def edit(connection: sqlite3.Connection, device: str, counter: int, text: str) -> None:
    """The message (device, counter) has another text, if it is here and was not deleted."""
    connection.execute(
        "UPDATE message SET text = ? WHERE device = ? AND counter = ? AND NOT is_deleted",
        (text, device, counter),
    )


def erase(connection: sqlite3.Connection, device: str, counter: int) -> None:
    """The message (device, counter) was deleted: nothing of what it said stays here."""
    connection.execute(
        "UPDATE message SET text = '', is_deleted = 1 WHERE device = ? AND counter = ?", (device, counter)
    )


def find_message(connection: sqlite3.Connection, device: str, counter: int) -> Message | None:
    """The message (device, counter)."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM message WHERE device = ? AND counter = ?",  # noqa: S608
        (device, counter),
    ).fetchone()
    return Message(*row) if row else None


def drop_behind(connection: sqlite3.Connection, index: int) -> None:
    """The archives merged: what lies behind an index comes again."""
    connection.execute("DELETE FROM message WHERE idx > ?", (index,))


def raise_copies(connection: sqlite3.Connection, index: int) -> None:
    """Everything up to an index is on both servers."""
    connection.execute("UPDATE message SET copies = 2 WHERE copies < 2 AND idx <= ?", (index,))


def room_indices(connection: sqlite3.Connection, room: str, before: int, limit: int) -> "array[int]":
    """The places of the newest cached messages of a room before an index (0: of all), in order."""
    rows = connection.execute(
        "SELECT idx FROM message WHERE room = ? AND idx < ? ORDER BY idx DESC LIMIT ?",
        (room, before or INTEGER_MAX, limit),
    )
    found = array("q", [index for (index,) in rows])
    found.reverse()
    return found


def room_page(
    connection: sqlite3.Connection, room: str, first_index: int, last_index: int
) -> Sequence[Message]:
    """The messages of a room between two places, both included."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM message WHERE room = ? AND idx BETWEEN ? AND ? ORDER BY idx",  # noqa: S608
        (room, first_index, last_index),
    )
    return [Message(*row) for row in rows]


def last_message(connection: sqlite3.Connection, room: str) -> Message | None:
    """The newest message of a room."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM message WHERE room = ? ORDER BY idx DESC LIMIT 1",  # noqa: S608
        (room,),
    ).fetchone()
    return Message(*row) if row else None
