"""Edits and deletions reach the cache, and nothing of what was deleted stays in its files."""

from pathlib import Path

from desktop_chat.gui_events import GuiEvent
from desktop_chat.network.keeper import Keeper
from desktop_chat.store import history
from desktop_chat.store.database import FILE_NAME, VERSION, open_for_reading, open_for_writing
from desktop_chat.store.store_thread import StoreThread
from desktop_chat.view_models.message_rows import shown_text
from server.client.notices import Arrived, Happened
from server.protocol.events import Message, MessageDeleted, MessageEdited
from tests.waiting import wait_until

SECRET = "the secret of the garden"


def arrived(counter: int, text: str) -> Message:
    return Message(
        index=counter, number=counter, room="general", user="u", name="Ada", device="d", counter=counter,
        time_ms=0, text=text,
    )  # fmt: skip


def edited(text: str) -> Happened:
    event = MessageEdited(index=8, by=("d", 8), room="general", device="d", counter=1, text=text, edited_ms=1)
    return Happened(event=event)


DELETED = Happened(event=MessageDeleted(index=9, by=("d", 9), room="general", device="d", counter=1))


def files_with(folder: Path, text: str) -> list[str]:
    return [path.name for path in folder.iterdir() if text.encode() in path.read_bytes()]


def test_the_last_text_is_kept_and_what_was_deleted_is_gone(tmp_path: Path) -> None:
    store, told = StoreThread(tmp_path), list[GuiEvent]()
    keeper = Keeper(store, told.append)
    keeper.on_notices([Arrived(messages=[arrived(1, SECRET), arrived(2, "hello")]), edited(f"{SECRET}, 2")])
    wait_until(lambda: len(told) == 2)
    reader = open_for_reading(tmp_path)
    found = history.find_message(reader, "d", 1)
    assert found is not None
    assert found.text == f"{SECRET}, 2"
    keeper.on_notices([DELETED, edited("too late")])
    wait_until(lambda: len(told) == 4)
    found = history.find_message(reader, "d", 1)
    assert found is not None
    assert (found.text, bool(found.is_deleted)) == ("", True)
    assert shown_text(found) == "This message was deleted."
    reader.close()
    store.stop()
    assert files_with(tmp_path, SECRET) == []
    assert files_with(tmp_path, "hello") == [FILE_NAME]


def test_a_cache_of_the_version_before_is_used_as_it_is(tmp_path: Path) -> None:
    connection = open_for_writing(tmp_path)
    connection.executescript("ALTER TABLE message DROP COLUMN is_deleted; PRAGMA user_version=1;")
    connection.execute("INSERT INTO message VALUES (1, 1, 'general', 'u', 'Ada', 'd', 1, 0, 'hello', 2)")
    connection.close()
    connection = open_for_writing(tmp_path)
    found = history.find_message(connection, "d", 1)
    assert found is not None
    assert (found.text, bool(found.is_deleted)) == ("hello", False)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == VERSION
    connection.close()
