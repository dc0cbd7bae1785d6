"""The keeper: what it tells the window is in the cache."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_chat.gui_events import GuiEvent, MessagesKept
from desktop_chat.network.keeper import Keeper
from desktop_chat.store import facts
from desktop_chat.store.store_thread import StoreThread
from server.client.notices import Answered, Arrived, PositionMoved
from server.protocol.events import HistoryPage, Message, as_run
from server.protocol.requests import Cursor
from tests.waiting import DEADLINE_S, wait_until


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StoreThread]:
    thread = StoreThread(tmp_path)
    yield thread
    thread.stop()


def arrived(index: int, counter: int, text: str = "hello") -> Message:
    return Message(
        index=index, number=index, room="general", user="u", name="Ada", device="d", counter=counter,
        time_ms=0, text=text,
    )  # fmt: skip


def page_of(messages: list[Message]) -> HistoryPage:
    senders, rows = as_run(messages)
    return HistoryPage(answer=1, room="general", senders=senders, rows=rows, is_end=True)


def told_indices(told: list[GuiEvent]) -> list[list[int]]:
    return [[each.index for each in event.messages] for event in told if isinstance(event, MessagesKept)]


def test_only_what_the_cache_took_is_told(store: StoreThread) -> None:
    told: list[GuiEvent] = []
    keeper = Keeper(store, told.append)
    first, second = arrived(1, 1), arrived(2, 2)
    moved, replaced = arrived(3, 2), arrived(1, 9, "another text")
    keeper.on_notices([Arrived(messages=[first, second])])
    keeper.on_notices([Answered(ticket=1, answer=page_of([first, moved, replaced]))])
    wait_until(lambda: told_indices(told) == [[1, 2], [1]])


def test_what_is_kept_is_said_once_it_is_on_the_disk(store: StoreThread) -> None:
    may_write, kept = threading.Event(), list[Cursor]()
    store.write(lambda _connection: may_write.wait(DEADLINE_S))
    keeper = Keeper(store, lambda _event: None, kept.append)
    cursor = Cursor("1.a.0", 7)
    keeper.on_notices([PositionMoved(cursor=cursor, number=3, archive_number=3, since=2)])
    assert kept == []
    may_write.set()
    wait_until(lambda: kept == [cursor])
    held: list[tuple[Cursor | None, int | None]] = []
    store.write(lambda connection: held.append((facts.read_cursor(connection), facts.read_since(connection))))
    wait_until(lambda: held == [(cursor, 2)])


def test_what_waits_for_the_disk_is_counted(store: StoreThread) -> None:
    may_write, told = threading.Event(), list[GuiEvent]()
    store.write(lambda _connection: may_write.wait(DEADLINE_S))
    wait_until(lambda: store.backlog() == 1)
    keeper = Keeper(store, told.append)
    keeper.on_notices([Arrived(messages=[arrived(1, 1)]), Arrived(messages=[arrived(2, 2)])])
    assert store.backlog() == 3
    may_write.set()
    wait_until(lambda: store.backlog() == 0)
    assert told_indices(told) == [[1], [2]]
