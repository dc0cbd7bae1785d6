"""The past as frames: a lagging reader gets all of it, in order, and never too much at once."""

from pathlib import Path
from typing import Any
from unittest import mock

from server.archive.blocks import TimelineRow
from server.archive.disk import SqliteDisk
from server.archive.store import Store, StoreReader
from server.protocol import events
from server.protocol.connection import ClientConnection
from server.sessions.history import missed_frames
from tests.sessions.reading_stage import ROOMS, Log
from tests.sessions.scene import messages_in

ROWS = 5


def test_a_reader_of_many_rooms_gets_as_much_at_once_as_one_of_few(tmp_path: Path) -> None:
    store = Store(SqliteDisk(tmp_path / "archive.sqlite"))
    log = Log(store)
    rooms = ["general", *ROOMS]
    for n in range(8):
        for room in rooms:
            log.say(f"{room} {n}", room)
    cursor, last, texts = 0, log.state.index, list[str]()
    connection = ClientConnection()
    with mock.patch("server.sessions.history.ROWS_MAX", ROWS):
        while cursor < last:
            frames, reach = missed_frames(store.reader(), log.state, frozenset(rooms), cursor, last)
            assert reach > cursor
            cursor = reach
            heard = connection.receive(frames)
            assert len(heard) <= ROWS + 1
            texts += [message.text for message in messages_in(heard)]
            position = heard[-1]
            assert isinstance(position, events.PositionMoved)
            assert (position.cursor.index, position.number) == (reach, len(texts))
    store.close()
    assert texts == [f"{room} {n}" for n in range(8) for room in rooms]


def test_of_many_rooms_no_more_is_read_than_is_sent(tmp_path: Path) -> None:
    store = Store(SqliteDisk(tmp_path / "archive.sqlite"))
    log = Log(store)
    rooms = ["general", *ROOMS]
    for n in range(40):
        for room in rooms:
            log.say(f"{room} {n}", room)
    reader, read = store.reader(), list[int]()
    page = StoreReader.page

    def counted(*args: Any, **options: Any) -> list[TimelineRow]:
        found = page(*args, **options)
        read.append(len(found))
        return found

    with (
        mock.patch("server.sessions.history.ROWS_MAX", ROWS),
        mock.patch("server.sessions.history._ROWS_AT_ONCE", 2),
        mock.patch.object(StoreReader, "page", counted),
    ):
        missed_frames(reader, log.state, frozenset(rooms), 0, log.state.index)
    store.close()
    assert sum(read) <= ROWS + 2 * len(rooms)


def test_long_messages_come_in_pieces_that_a_buffer_can_hold(tmp_path: Path) -> None:
    store = Store(SqliteDisk(tmp_path / "archive.sqlite"))
    log = Log(store)
    said = [f"{n} {'x' * 900}" for n in range(30)]
    for text in said:
        log.say(text)
    cursor, last, texts = 0, log.state.index, list[str]()
    connection = ClientConnection()
    with (
        mock.patch("server.sessions.history.PIECE_BYTES", 4_000),
        mock.patch("server.sessions.telling.RUN_CHARACTERS_MAX", 1_000),
    ):
        while cursor < last:
            frames, reach = missed_frames(store.reader(), log.state, frozenset(["general"]), cursor, last)
            assert len(frames) < 7_000
            assert reach > cursor
            cursor = reach
            heard = connection.receive(frames)
            texts += [message.text for message in messages_in(heard)]
            position = heard[-1]
            assert isinstance(position, events.PositionMoved)
            assert (position.cursor.index, position.number) == (reach, len(texts))
    store.close()
    assert texts == said
