"""The outbox: what was written here and was not delivered back to us yet."""

import sqlite3
from collections.abc import Sequence

from desktop_chat.store.drafts import write_draft
from desktop_chat.store.facts import take_counter
from server.client.outbox import Draft


def put(connection: sqlite3.Connection, room: str, text: str, time_ms: int) -> Draft:
    """Move what was written from the draft to the outbox: one transaction takes the counter with it."""
    draft = Draft(take_counter(connection), room, text, time_ms)
    connection.execute(
        "INSERT INTO outbox (counter, room, text, time_ms) VALUES (?, ?, ?, ?)",
        (draft.counter, draft.room, draft.text, draft.time_ms),
    )
    write_draft(connection, room, "")
    return draft


def mark_stored(connection: sqlite3.Connection, counter: int, index: int, copies: int) -> None:
    """The servers have it; it leaves when it is delivered, or at once if it was before."""
    connection.execute(
        "UPDATE outbox SET idx = ?, copies = max(copies, ?) WHERE counter = ?", (index, copies, counter)
    )
    connection.execute("UPDATE message SET copies = max(copies, ?) WHERE idx = ?", (copies, index))


def take_refused(connection: sqlite3.Connection, counter: int) -> Draft | None:
    """It will never be stored: give it back, so that its text is not lost."""
    row = connection.execute(
        "DELETE FROM outbox WHERE counter = ? RETURNING counter, room, text, time_ms", (counter,)
    ).fetchone()
    return Draft(*row) if row else None


def unsent(connection: sqlite3.Connection) -> Sequence[Draft]:
    """What no server has confirmed, in the order it was written."""
    rows = connection.execute(
        "SELECT counter, room, text, time_ms FROM outbox WHERE idx = 0 ORDER BY counter"
    )
    return [Draft(*row) for row in rows]


def waiting(connection: sqlite3.Connection, room: str) -> Sequence[tuple[Draft, int]]:
    """What waits in a room, with the number of copies that are known."""
    rows = connection.execute(
        "SELECT counter, room, text, time_ms, copies FROM outbox WHERE room = ? ORDER BY counter",
        (room,),
    )
    return [(Draft(*row[:4]), row[4]) for row in rows]
