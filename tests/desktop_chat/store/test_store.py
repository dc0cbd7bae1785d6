"""The cache: one writing thread, an outbox that is a promise, a history that is read in pages."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec import structs

from desktop_chat.store import drafts, facts, history, outbox, rooms
from desktop_chat.store.chat_folder import FolderInUseError, FolderLock, chat_folder, known_chats
from desktop_chat.store.database import (
    FILE_NAME,
    CacheError,
    open_for_reading,
    open_for_writing,
)
from desktop_chat.store.facts import KnownServers
from desktop_chat.store.store_thread import StoreThread
from server.protocol.facts import RoomFacts
from server.protocol.requests import Cursor
from tests.desktop_chat.examples import message
from tests.waiting import DEADLINE_S

T = TypeVar("T")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = open_for_writing(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StoreThread]:
    thread = StoreThread(tmp_path)
    yield thread
    thread.stop()


def done(store: StoreThread, write: Callable[[sqlite3.Connection], T]) -> T:
    """Write and wait for the result."""
    results: list[T] = []
    event = threading.Event()

    def on_done(result: T) -> None:
        results.append(result)
        event.set()

    store.write(write, on_done)
    assert event.wait(DEADLINE_S)
    return results[0]


def test_counters_rise_and_never_come_twice(connection: sqlite3.Connection, tmp_path: Path) -> None:
    assert [outbox.put(connection, "general", "x", 0).counter for _ in range(3)] == [1, 2, 3]
    outbox.take_refused(connection, 3)
    connection.close()
    again = open_for_writing(tmp_path)
    assert outbox.put(again, "general", "x", 0).counter == 4
    again.close()


def test_what_is_written_leaves_the_draft_and_waits_in_order(connection: sqlite3.Connection) -> None:
    drafts.write_draft(connection, "general", "half a sentence")
    for text in ("one", "two"):
        outbox.put(connection, "general", text, 7)
    assert drafts.read_draft(connection, "general") == ""
    assert [draft.text for draft in outbox.unsent(connection)] == ["one", "two"]


def test_what_is_stored_is_not_sent_again_but_shown_until_it_is_delivered(
    connection: sqlite3.Connection,
) -> None:
    identity = facts.make_identity(connection, "Anna")
    draft = outbox.put(connection, "general", "one", 7)
    outbox.mark_stored(connection, draft.counter, 12, 2)
    assert outbox.unsent(connection) == []
    assert [copies for _draft, copies in outbox.waiting(connection, "general")] == [2]
    delivered = message(12, user="anna", text="one", copies=1)
    delivered = structs.replace(delivered, device=identity.device, counter=draft.counter)
    history.insert_messages(connection, [delivered])
    assert outbox.waiting(connection, "general") == []
    found = history.last_message(connection, "general")
    assert found is not None
    assert found.copies == 2


def test_messages_are_kept_once_and_read_in_order(connection: sqlite3.Connection) -> None:
    history.insert_messages(connection, [message(3), message(1), message(2), message(3)])
    assert list(history.room_indices(connection, "general", 0, 100)) == [1, 2, 3]
    assert [each.text for each in history.room_page(connection, "general", 2, 3)] == [
        "message 2",
        "message 3",
    ]


def test_the_places_of_a_room_are_read_from_the_end(connection: sqlite3.Connection) -> None:
    history.insert_messages(connection, [message(index) for index in range(1, 11)])
    assert list(history.room_indices(connection, "general", 0, 3)) == [8, 9, 10]
    assert list(history.room_indices(connection, "general", 8, 3)) == [5, 6, 7]
    assert list(history.room_indices(connection, "general", 1, 3)) == []


def test_a_merge_drops_what_lies_behind(connection: sqlite3.Connection) -> None:
    history.insert_messages(connection, [message(index) for index in range(1, 6)])
    history.drop_behind(connection, 3)
    assert list(history.room_indices(connection, "general", 0, 100)) == [1, 2, 3]


def test_copies_are_raised_up_to_an_index(connection: sqlite3.Connection) -> None:
    history.insert_messages(connection, [message(index, copies=1) for index in (1, 2, 3)])
    history.raise_copies(connection, 2)
    assert [each.copies for each in history.room_page(connection, "general", 1, 3)] == [2, 2, 1]


def test_read_marks_only_move_forward_and_count_what_others_wrote(connection: sqlite3.Connection) -> None:
    history.insert_messages(connection, [message(1), message(2, user="me"), message(3), message(4)])
    assert rooms.first_unread(connection, "general", "me") == 0
    rooms.write_read_mark(connection, "general", 2)
    rooms.write_read_mark(connection, "general", 1)
    assert rooms.read_mark(connection, "general") == 2
    assert rooms.unread_count(connection, "general", "me", 100) == 2
    assert rooms.first_unread(connection, "general", "me") == 3


def test_rooms_keep_what_the_cache_knows_of_them(connection: sqlite3.Connection) -> None:
    rooms.write_general(connection)
    rooms.mark_beginning(connection, "general")
    rooms.write_rooms(
        connection, [RoomFacts("general", "general", 5, True), RoomFacts("r2", "other", 1, False)]
    )
    assert rooms.read_rooms(connection) == [rooms.KnownRoom("general", "general", 5, True)]


def test_a_device_keeps_its_id_under_another_name(connection: sqlite3.Connection) -> None:
    first = facts.make_identity(connection, "Anna")
    second = facts.make_identity(connection, "Anne")
    assert (second.device, second.secret, second.name) == (first.device, first.secret, "Anne")
    facts.forget_identity(connection)
    assert facts.make_identity(connection, "Anna").device != first.device


def test_the_cursor_and_the_servers_are_read_as_they_were_written(connection: sqlite3.Connection) -> None:
    assert facts.read_cursor(connection) is None
    cursor = Cursor(epoch="1.a.ff", index=7)
    facts.write_cursor(connection, cursor)
    assert facts.read_cursor(connection) == cursor
    facts.write_servers(connection, KnownServers(("10.0.0.1:7000",), "ab", chat_name="Lab"))
    facts.learn_servers(connection, ["10.0.0.1:7000", "10.0.0.2:7000"], "PEM")
    assert facts.read_servers(connection) == KnownServers(
        ("10.0.0.1:7000", "10.0.0.2:7000"), "ab", "PEM", "Lab"
    )


def test_the_thread_writes_in_order_and_readers_see_it(store: StoreThread, tmp_path: Path) -> None:
    for number in range(100):
        store.write(lambda connection, number=number: outbox.put(connection, "general", str(number), 0))  # type: ignore[misc]
    done(store, lambda _connection: None)
    reader = open_for_reading(tmp_path)
    assert [draft.text for draft in outbox.unsent(reader)] == [str(number) for number in range(100)]
    reader.close()


def test_a_write_that_fails_takes_nothing_else_with_it(store: StoreThread, tmp_path: Path) -> None:
    failures: list[Exception] = []
    begun = threading.Event()
    store.write(lambda _connection: begun.wait(DEADLINE_S))
    store.write(lambda connection: outbox.put(connection, "general", "before", 0))
    store.write(
        lambda connection: connection.execute("INSERT INTO nowhere VALUES (1)"), None, failures.append
    )
    store.write(lambda connection: outbox.put(connection, "general", "after", 0))
    begun.set()
    texts = done(store, lambda connection: [draft.text for draft in outbox.unsent(connection)])
    assert texts == ["before", "after"]
    assert [str(error) for error in failures] == ["no such table: nowhere"]


@pytest.mark.expected_errors("could not be written")
def test_a_failure_that_nobody_waits_for_is_logged(store: StoreThread) -> None:
    store.write(lambda connection: connection.execute("INSERT INTO nowhere VALUES (1)"))
    done(store, lambda _connection: None)


def test_stopping_writes_what_was_asked_for(tmp_path: Path) -> None:
    store = StoreThread(tmp_path)
    for number in range(50):
        store.write(lambda connection, number=number: outbox.put(connection, "general", str(number), 0))  # type: ignore[misc]
    store.stop()
    reader = open_for_reading(tmp_path)
    assert len(outbox.unsent(reader)) == 50
    reader.close()


def test_a_cache_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    newer = sqlite3.connect(tmp_path / FILE_NAME)
    newer.execute("PRAGMA user_version=99")
    newer.close()
    with pytest.raises(CacheError, match="newer_version"):
        open_for_writing(tmp_path)


def test_a_file_that_is_no_cache_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"something else " * 100)
    with pytest.raises(CacheError, match="damaged"):
        open_for_writing(tmp_path)


def test_a_folder_is_held_by_one(tmp_path: Path) -> None:
    folder = tmp_path / "chat"
    with FolderLock(folder), pytest.raises(FolderInUseError):
        FolderLock(folder)
    FolderLock(folder).release()


def test_every_chat_has_a_folder_of_its_own(tmp_path: Path) -> None:
    first = chat_folder(tmp_path, "ab" * 32, "10.0.0.1:7000")
    plain = chat_folder(tmp_path, "", "10.0.0.1:7000")
    assert first != plain
    assert chat_folder(tmp_path, "ab" * 32, "10.9.9.9:7000") == first
    for folder in (first, plain):
        FolderLock(folder).release()
    assert set(known_chats(tmp_path)) == {first, plain}
