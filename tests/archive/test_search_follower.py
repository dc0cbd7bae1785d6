"""The follower: the index has what the archive has, through merges, damages and starts."""

import logging
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from server.archive import search_follower, search_index, search_source
from server.archive.blocks import TimelineRow
from server.archive.disk import SqliteDisk, SqliteReader
from server.archive.record import GENESIS_HASH, Draft, Epoch, Record, make_records
from server.archive.search_follower import SearchFollower
from server.archive.search_index import Change, SearchIndex
from server.archive.search_query import parse_terms
from server.archive.store import Store, StoreReader, Write
from tests.waiting import wait_until

ROOM = "general"
EPOCH = Epoch(1, "a", "n")
OTHER = Epoch(2, "b", "n")


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few messages need several looks and fill several shelves."""
    monkeypatch.setattr(search_index, "SHELF_RECORDS", 16)
    monkeypatch.setattr(search_source, "_CHUNK_RECORDS", 5)


class Chat:
    """An archive whose messages are their bodies, and the follower of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.archive = folder / "archive.sqlite"
        self.path = folder / "search.sqlite"
        self.store = Store(SqliteDisk(self.archive))
        self.followers: list[SearchFollower] = []
        self._counter = 0

    def write(self, *texts: str, epoch: Epoch = EPOCH) -> None:
        """Append messages; an empty text is a record that is none."""
        last = self.store.last_record()
        drafts = []
        for text in texts:
            self._counter += 1
            drafts.append(Draft("message", "d", self._counter, 0, text.encode()))
        records = make_records(drafts, epoch, last.index if last else 0, last.hash if last else GENESIS_HASH)
        number, rows = self.store.last_number(), []
        for record in records:
            number += bool(record.body)
            rows.append(TimelineRow(record.index, ROOM, number if record.body else 0))
        write = Write(records=tuple(records), timeline=tuple(rows), derived_index=records[-1].index)
        self.store.commit([write])

    def follow(self) -> SearchFollower:
        follower = SearchFollower(SqliteReader(self.archive), self.path, "c", sayings, time.monotonic)
        self.followers.append(follower)
        follower.start()
        return follower

    def find(self, line: str) -> list[int]:
        """What the newest follower's index has."""
        reader = self.followers[-1].reader
        try:
            return reader.find(parse_terms(line), (ROOM,), 2**53, 1000, lambda: False).indices
        except sqlite3.Error as error:
            self.followers[-1].read_failed(error)
            return []

    def await_found(self, line: str, *indices: int) -> None:
        wait_until(lambda: self.find(line) == list(indices), what=f"{line} found at {indices}")

    def stop(self) -> None:
        for follower in self.followers:
            follower.stop()
        self.store.close()


def sayings(_reader: StoreReader, records: Iterable[Record]) -> dict[int, tuple[str, str]]:
    return {record.index: (ROOM, record.body.decode()) for record in records}


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    chat = Chat(tmp_path)
    yield chat
    chat.stop()


def test_what_was_there_and_what_comes_is_found(chat: Chat) -> None:
    chat.write(*(f"bread {n}" for n in range(40)))
    follower = chat.follow()
    chat.await_found("bread", *range(40, 0, -1))
    chat.write("", "more bread", "")
    chat.await_found("more", 42)
    assert follower.percent == 100


def test_an_index_goes_on_where_it_was(chat: Chat) -> None:
    chat.write(*["bread"] * 20)
    chat.follow()
    chat.await_found("bread", *range(20, 0, -1))
    chat.followers[-1].stop()
    chat.write(*["butter"] * 20)
    index = SearchIndex(chat.path, "c")
    assert index.reach.index == 20
    index.close()
    chat.follow()
    chat.await_found("butter", *range(40, 20, -1))
    assert chat.find("bread") == list(range(20, 0, -1))


def test_what_a_merge_took_away_is_not_found(chat: Chat) -> None:
    chat.write(*["bread"] * 40)
    chat.follow()
    chat.await_found("bread", *range(40, 0, -1))
    chat.store.commit([Write(cut_to=21)])
    chat.write(*["butter"] * 25, epoch=OTHER)
    chat.await_found("butter", *range(46, 21, -1))
    assert chat.find("bread") == list(range(21, 0, -1))


def test_a_merge_while_nobody_followed_is_found_at_the_start(chat: Chat) -> None:
    chat.write(*["bread"] * 40)
    chat.follow()
    chat.await_found("bread", *range(40, 0, -1))
    chat.followers[-1].stop()
    chat.store.commit([Write(cut_to=3)])
    chat.write("butter", epoch=OTHER)
    chat.follow()
    chat.await_found("butter", 4)
    assert chat.find("bread") == [3, 2, 1]


def test_an_archive_that_was_cut_to_nothing_leaves_nothing(chat: Chat) -> None:
    chat.write(*["bread"] * 20)
    chat.follow()
    chat.await_found("bread", *range(20, 0, -1))
    chat.store.commit([Write(cut_to=0)])
    chat.await_found("bread")


@pytest.mark.parametrize("damage", ["no database", "a lost table", "a page of other bytes"])
def test_a_damaged_index_is_made_anew(chat: Chat, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    chat.write(*(f"bread {n}" for n in range(40)))
    chat.follow()
    chat.await_found("bread", *range(40, 0, -1))
    chat.followers[-1].stop()
    if damage == "no database":
        chat.path.write_bytes(b"something else" * 1000)
    elif damage == "a lost table":
        connection = sqlite3.connect(chat.path)
        connection.execute("DROP TABLE shelf_1_data")
        connection.close()
    else:
        content = bytearray(chat.path.read_bytes())
        content[4096:12288] = bytes(range(256)) * 32
        chat.path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        chat.follow()
        chat.await_found("bread", *range(40, 0, -1))
    assert "is made anew" in caplog.text


def test_an_index_that_vanishes_before_a_start_is_made_again(chat: Chat) -> None:
    chat.write(*["bread"] * 20)
    chat.follow()
    chat.await_found("bread", *range(20, 0, -1))
    chat.followers[-1].stop()
    chat.path.unlink()
    chat.follow()
    chat.await_found("bread", *range(20, 0, -1))


def test_a_file_that_cannot_be_written_stops_nothing_and_is_tried_again(
    chat: Chat, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_follower, "_RETRY_EVERY_S", 0.1)
    chat.write("bread")
    chat.path.mkdir()
    with caplog.at_level(logging.WARNING):
        follower = chat.follow()
        wait_until(lambda: "It is tried again" in caplog.text)
        assert follower.percent == 0
        chat.path.rmdir()
        chat.await_found("bread", 1)


def test_a_shelf_is_written_anew_however_much_is_still_to_follow(chat: Chat) -> None:
    chat.write(*["bread"] * 100)
    follower = SearchFollower(SqliteReader(chat.archive), chat.path, "c", sayings, time.monotonic)
    index = SearchIndex(chat.path, "c")
    assert follower._step(index)
    reach = index.reach
    index.add([], reach, reach, [Change(101, 1, ROOM, None)])
    assert index.stale_shelf() is not None
    assert follower._step(index)
    assert index.stale_shelf() is None
    index.close()
    follower._source.close()


def test_what_an_edit_said_that_a_cut_took_back_is_read_again(chat: Chat) -> None:
    edited = {1: "butter"}
    read = lambda _reader, records: {r.index: (ROOM, edited.get(r.index, r.body.decode())) for r in records}  # noqa: E731
    chat.write(*["bread"] * 12)
    follower = SearchFollower(SqliteReader(chat.archive), chat.path, "c", read, time.monotonic)
    index = SearchIndex(chat.path, "c")
    follower._step(index)
    assert index.reach.index == 5
    chat.store.commit([Write(cut_to=8)])
    edited.clear()
    chat.write(*["cheese"] * 8, epoch=OTHER)
    while follower._step(index) or index.stale_shelf():
        continue
    index.close()
    follower._source.close()
    found = follower.reader.find(parse_terms("bread"), (ROOM,), 2**53, 1000, lambda: False)
    assert found.indices == list(range(8, 0, -1))


def test_stopping_does_not_wait_for_a_long_way(chat: Chat) -> None:
    chat.write(*["bread"] * 6000)
    follower = chat.follow()
    wait_until(lambda: chat.find("bread"))
    follower.stop()
    index = SearchIndex(chat.path, "c")
    assert 0 < index.reach.index < 6000
    index.close()
