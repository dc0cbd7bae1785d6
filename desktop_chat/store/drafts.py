"""Drafts: what stands in the composer of each conversation, kept over restarts."""

import sqlite3


def write_draft(connection: sqlite3.Connection, room: str, text: str) -> None:
    """Keep a draft; an empty one is forgotten."""
    if text:
        connection.execute("INSERT OR REPLACE INTO draft VALUES (?, ?)", (room, text))
    else:
        connection.execute("DELETE FROM draft WHERE room = ?", (room,))


def read_draft(connection: sqlite3.Connection, room: str) -> str:
    """A draft, or nothing."""
    row = connection.execute("SELECT text FROM draft WHERE room = ?", (room,)).fetchone()
    return row[0] if row else ""
