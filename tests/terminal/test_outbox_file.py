"""The outbox file: counters, order, restarts, and one process at a time."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from server.protocol.facts import FileFacts
from server.terminal.outbox_file import BEGUN_MAX, OutboxFile, OutboxFileError


def test_lines_get_rising_counters_and_stay_until_they_are_settled(tmp_path: Path) -> None:
    outbox = OutboxFile(tmp_path / "anna.sqlite")
    drafts = outbox.put("general", ["one", "two"], 5) + outbox.put("general", ["three"], 6)
    assert [(draft.counter, draft.text) for draft in drafts] == [(1, "one"), (2, "two"), (3, "three")]
    outbox.settle([2])
    assert [draft.counter for draft in outbox.drafts()] == [1, 3]
    outbox.close()


def test_a_restart_brings_back_the_lines_the_identity_and_the_next_counter(tmp_path: Path) -> None:
    first = OutboxFile(tmp_path / "anna.sqlite")
    identity = first.identity("anna")
    written = first.put("general", ["one ✓\nline"], 5)
    first.settle([0])
    first.close()
    second = OutboxFile(tmp_path / "anna.sqlite")
    assert second.identity("anna") == identity
    assert second.drafts() == written
    second.settle([1])
    assert second.put("general", ["two"], 6)[0].counter == 2
    second.close()


def test_what_is_kept_is_there_and_what_is_not_is_empty(tmp_path: Path) -> None:
    outbox = OutboxFile(tmp_path / "anna.sqlite")
    outbox.keep("cluster", "c1")
    outbox.keep("cluster", "c2")
    assert (outbox.fact("cluster"), outbox.fact("authority")) == ("c2", "")
    outbox.close()


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    outbox = OutboxFile(tmp_path / "folder" / "anna.sqlite")
    outbox.put("general", ["one"], 5)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "folder").iterdir())
    outbox.close()


def test_a_second_one_on_the_same_file_is_told_that_it_is_in_use(tmp_path: Path) -> None:
    outbox = OutboxFile(tmp_path / "anna.sqlite")
    with pytest.raises(OutboxFileError) as raised:
        OutboxFile(tmp_path / "anna.sqlite")
    assert raised.value.code == "in_use"
    outbox.close()


def test_a_file_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    (tmp_path / "damaged.sqlite").write_bytes(b"this is no database" * 100)
    (tmp_path / "file").touch()
    for path in (tmp_path / "damaged.sqlite", tmp_path / "file" / "anna.sqlite"):
        with pytest.raises(OutboxFileError) as raised:
            OutboxFile(path)
        assert raised.value.code == "unusable"
        assert raised.value.detail


def test_a_file_of_an_older_version_takes_messages_with_files(tmp_path: Path) -> None:
    path = tmp_path / "anna.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        columns = "counter INTEGER PRIMARY KEY, room TEXT, text TEXT, time_ms INTEGER"
        database.execute(f"CREATE TABLE outbox ({columns})")
        database.execute("INSERT INTO outbox VALUES (1, 'general', 'old', 5)")
    outbox = OutboxFile(path)
    outbox.keep("next_counter", "2")
    file = FileFacts("a" * 64, 5, "x.txt", "text/plain")
    outbox.put_file("general", file, 6)
    outbox.put("general", ["new"], 7)
    assert [(draft.counter, draft.text, draft.file) for draft in outbox.drafts()] == [
        (1, "old", None),
        (2, "", file),
        (3, "new", None),
    ]
    outbox.close()


def test_what_is_begun_is_kept_over_restarts_and_goes_with_the_message(tmp_path: Path) -> None:
    first = OutboxFile(tmp_path / "anna.sqlite")
    first.keep_begun("general", "half a", 5)
    first.keep_begun("general", "half a line", 6)
    first.keep_begun("garden", "\"'; --", 7)
    first.close()
    second = OutboxFile(tmp_path / "anna.sqlite")
    assert list(second.begun().items()) == [("garden", "\"'; --"), ("general", "half a line")]
    second.put("garden", ["something else"], 8)
    second.put("general", ["half a line done"], 9, ends_begun=True)
    assert second.begun() == {"garden": "\"'; --"}
    second.put_reply("garden", "that", ("d" * 32, 4), 9, ends_begun=True)
    assert second.begun() == {}
    second.keep_begun("garden", "again", 10)
    second.keep_begun("garden", "", 11)
    assert second.begun() == {}
    second.close()


def test_of_many_things_begun_the_oldest_go(tmp_path: Path) -> None:
    outbox = OutboxFile(tmp_path / "anna.sqlite")
    for number in range(BEGUN_MAX + 5):
        outbox.keep_begun(f"room {number}", "half", number)
    begun = outbox.begun()
    outbox.close()
    assert len(begun) == BEGUN_MAX
    assert [min(begun, key=lambda room: int(room.split()[1])), next(iter(begun))] == ["room 5", "room 204"]
