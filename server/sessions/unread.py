"""Unread messages: how many of others stand behind a person's marks, counted by worker threads when asked."""

import asyncio
from typing import TYPE_CHECKING, Final

from server.archive.store import StoreReader
from server.protocol import events, limits, requests
from server.state.permissions import readable_rooms
from server.state.state import State

if TYPE_CHECKING:
    from server.sessions.hub import Hub
    from server.sessions.session import Session


# What a room costs in which there is something new; it may be as many as `UNREAD_COUNT_MAX`.
_ROWS_PER_ROOM: Final = 100
# So many own ones, times `UNREAD_COUNT_MAX`, may stand among those of others: nobody has a worker for longer.
_PAGES_MAX: Final = 10


def tell_unread(hub: "Hub", session: "Session", request: requests.Unread) -> None:
    """Of all rooms of the person."""
    assert session.user is not None
    user = session.user.id
    hub.readings.start(session, request, _unread(hub, user, request))
    session.listed(len(_moved(hub.state, user)) * _ROWS_PER_ROOM)


async def _unread(hub: "Hub", user: str, request: requests.Unread) -> events.UnreadCounts:
    while True:
        merges = hub.delivery.merges
        # As for pages of history: what the tables lack is in memory.
        recent_from = min(hub.store.derived_index(), hub.delivery.position.index) + 1
        recent = {room: hub.delivery.recent(room, recent_from).messages for room in _moved(hub.state, user)}
        counts = await asyncio.to_thread(_counts, hub.store, hub.state, user, recent, recent_from)
        if merges == hub.delivery.merges:
            return events.UnreadCounts(answer=request.id, counts=counts)


def _moved(state: State, user: str) -> list[str]:
    """The rooms in which there is a message behind the mark."""
    last, of_member = state.marks.last_message, state.marks.of_member
    return [room for room in readable_rooms(state, user) if last.get(room, 0) > of_member(room, user).read]


def _counts(
    reader: StoreReader,
    state: State,
    user: str,
    recent: dict[str, list[events.Message]],
    recent_from: int,
) -> list[tuple[str, int]]:
    found = []
    for room, messages in recent.items():
        mark = state.marks.of_member(room, user)
        first = max(mark.read, mark.joined) + 1
        count = sum(message.user != user for message in messages if message.index >= first)
        count += _count(reader, state, user, room, (first, recent_from - 1))
        if count:
            found.append((room, min(count, limits.UNREAD_COUNT_MAX)))
    return found


def _count(reader: StoreReader, state: State, user: str, room: str, span: tuple[int, int]) -> int:
    """How many of others the tables have from the first to the last index: enough of them, or all."""
    count, (first, last) = 0, span
    for _ in range(_PAGES_MAX):
        rows = reader.page(room, first, last, limits.UNREAD_COUNT_MAX, is_backwards=False, only_messages=True)
        count += sum(writer != user for writer in _writers(reader, state, [row.index for row in rows]))
        if len(rows) < limits.UNREAD_COUNT_MAX or count >= limits.UNREAD_COUNT_MAX:
            break
        first = rows[-1].index + 1
    return count


def _writers(reader: StoreReader, state: State, indices: list[int]) -> list[str]:
    records = reader.records_at(indices).values()
    users = (state.user_of_device(record.header.device) for record in records)
    return [user.id for user in users if user is not None]
