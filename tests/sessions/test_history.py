"""The past as frames: a lagging reader gets all of it, in order, and never too much at once."""

from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from server.archive.blocks import TimelineRow
from server.archive.disk import SqliteDisk
from server.archive.store import Store, StoreReader
from server.protocol import events, limits, requests
from server.protocol.connection import ClientConnection
from server.sessions.history import missed_frames
from tests.sessions.reading_stage import ROOMS, Log
from tests.sessions.scene import Client, Scene, codes, messages_in, only
from tests.waiting import wait_until

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


def say(scene: Scene, client: Client, *texts: str, room: str = "general") -> None:
    """Each is in a round of its own; some are in the tables by the time one reads, some only in memory."""
    for text in texts:
        client.ask(requests.Send, counter=client.request(requests.Ping).id, room=room, text=text, time_ms=1)
        scene.commit()


def page_around(client: Client, index: int, limit: int, room: str = "general") -> events.HistoryPage:
    found = client.ask_until(events.HistoryPage, requests.History, room=room, around=index, limit=limit)
    return only(found, events.HistoryPage)


def seen(page: events.HistoryPage) -> tuple[str, bool, bool]:
    """The texts, whether nothing lies before them, and whether something lies behind."""
    return "".join(message.text for message in page.messages), page.is_end, page.has_newer


@pytest.fixture
def reader(scene: Scene) -> Client:
    """Somebody in a room where eight letters were said."""
    client = scene.client()
    client.sign_in()
    say(scene, client, *"abcdefgh")
    client.heard()
    return client


def index_of(client: Client, text: str) -> int:
    found = client.ask_until(events.HistoryPage, requests.History, room="general")
    messages = only(found, events.HistoryPage).messages
    return next(message.index for message in messages if message.text == text)


def test_a_page_around_a_message_has_half_of_it_before_and_the_rest_from_it_on(reader: Client) -> None:
    place = index_of(reader, "d")
    assert seen(page_around(reader, place, 4)) == ("bcde", False, True)
    assert seen(page_around(reader, place, 5)) == ("bcdef", False, True)
    assert seen(page_around(reader, place, 1)) == ("d", False, True)
    assert seen(page_around(reader, place, 2)) == ("cd", False, True)
    assert seen(page_around(reader, place, 200)) == ("abcdefgh", True, False)


def test_at_an_end_of_the_room_one_half_is_shorter(reader: Client) -> None:
    assert seen(page_around(reader, index_of(reader, "a"), 6)) == ("abc", True, True)
    assert seen(page_around(reader, index_of(reader, "h"), 6)) == ("efgh", False, False)
    assert seen(page_around(reader, index_of(reader, "d"), 7)) == ("abcdefg", True, True)
    assert seen(page_around(reader, index_of(reader, "e"), 8)) == ("abcdefgh", True, False)
    for nowhere, texts in ((0, "abc"), (limits.INTEGER_MAX, "fgh")):
        assert seen(page_around(reader, nowhere, 6))[0] == texts


def test_around_a_message_of_another_room_lies_what_was_said_here_then(scene: Scene) -> None:
    anna, ben = scene.client(), scene.client()
    anna.sign_in("Anna")
    ben.sign_in("Ben")
    say(scene, anna, "a", "b")
    anna.ask(requests.CreateRoom, counter=900, name="garden")
    scene.commit()
    garden = only(anna.heard(), events.Stored).room
    say(scene, anna, "secret", room=garden)
    say(scene, anna, "c", "d")
    secret = only(anna.ask_until(events.HistoryPage, requests.History, room=garden), events.HistoryPage)
    place = secret.messages[0].index
    assert seen(page_around(anna, place, 2, garden)) == ("secret", True, False)
    for client in (anna, ben):
        assert seen(page_around(client, place, 2)) == ("bc", False, True)
    assert codes(ben.ask(requests.History, room=garden, around=place)) == ["not_a_member"]


def test_around_long_messages_both_halves_are_shorter(
    reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = index_of(reader, "d")
    monkeypatch.setattr("server.sessions.history.PAGE_CHARACTERS_MAX", 4)
    assert seen(page_around(reader, place, 200)) == ("bcde", False, True)
    monkeypatch.setattr("server.sessions.history.PAGE_CHARACTERS_MAX", 0)
    assert seen(page_around(reader, place, 200)) == ("cd", False, True)


def test_a_page_around_reads_no_more_than_a_page_beside(scene: Scene, reader: Client) -> None:
    place = index_of(reader, "e")
    wait_until(lambda: scene.hub.store.derived_index() >= scene.hub.delivery.position.index)
    read, page = list[int](), StoreReader.page

    def counted(*args: Any, **options: Any) -> list[TimelineRow]:
        found = page(*args, **options)
        read.append(len(found))
        return found

    with mock.patch.object(StoreReader, "page", counted):
        assert seen(page_around(reader, place, 2)) == ("de", False, True)
    # One more in each direction says that there are more.
    assert read == [2, 2]


@pytest.mark.parametrize(
    "places", [{"before": 3, "after": 1}, {"before": 3, "around": 3}, {"after": 3, "around": 3}]
)
def test_a_page_has_one_place(places: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="one index"):
        requests.History(id=1, room="general", **places)
