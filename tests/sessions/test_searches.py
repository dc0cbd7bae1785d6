"""Searching: what one may read, as it is now, a page at a time, and never a word of what is gone."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from server.archive import search_follower
from server.archive.disk import SqliteReader
from server.archive.record import Draft
from server.archive.search_follower import SearchFollower
from server.protocol import events, limits, requests
from server.protocol.facts import SearchHit
from server.protocol.frames import encode_frame
from server.sessions import searches
from server.state.bodies import DeleteBody, EditBody
from server.state.sayings import sayings
from tests.sessions.scene import Client, Scene, only, packed
from tests.waiting import DEADLINE_S, wait_until


@pytest.fixture
def follower(tmp_path: Path) -> Iterator[SearchFollower]:
    archive = SqliteReader(tmp_path / "archive.sqlite")
    follower = SearchFollower(archive, tmp_path / "search.sqlite", "c", sayings, time.monotonic)
    yield follower
    follower.stop()


@pytest.fixture
def scene(make_scene: Callable[..., Scene], follower: SearchFollower) -> Scene:
    scene = make_scene(index=follower)
    follower.start()
    wait_until(lambda: follower.percent == 100)
    return scene


class Person:
    """A client that says things and looks for them."""

    def __init__(self, scene: Scene, name: str) -> None:
        self._scene = scene
        self.client: Client = scene.client()
        self.client.sign_in(name)
        self._counter = 0

    def say(self, *texts: str, room: str = "general") -> None:
        for text in texts:
            self._ask(requests.Send, room=room, text=text, time_ms=1)

    def make_room(self, name: str) -> str:
        return only(self._ask(requests.CreateRoom, name=name), events.Stored).room

    def make_group(self, name: str) -> str:
        return only(self._ask(requests.CreateGroup, name=name), events.Stored).room

    def leave(self, room: str) -> None:
        self._ask(requests.LeaveRoom, room=room)

    def join(self, room: str) -> None:
        self._ask(requests.JoinRoom, room=room)

    def search(self, text: str, **fields: Any) -> events.SearchPage:
        found = self.ask_search(text, **fields)
        assert isinstance(found, events.SearchPage), found
        return found

    def refused(self, text: str, **fields: Any) -> str:
        found = self.ask_search(text, **fields)
        assert isinstance(found, events.Failed), found
        return found.code

    def ask_search(self, text: str, **fields: Any) -> events.AnyEvent:
        self.client.heard()
        self.client.send(encode_frame(self.client.request(requests.Search, text=text, **fields)))
        heard: list[events.AnyEvent] = []

        def answers() -> list[events.AnyEvent]:
            heard.extend(self.client.heard())
            return [event for event in heard if isinstance(event, events.SearchPage | events.Failed)]

        return wait_until(answers)[0]

    def await_found(self, text: str, *texts: str) -> None:
        """The index follows a moment later."""
        wait_until(lambda: [hit.text for hit in self.search(text).hits] == list(texts))

    def _ask(self, kind: type[requests.AnyRequest], **fields: Any) -> list[events.AnyEvent]:
        self._counter += 1
        self.client.ask(kind, counter=self._counter, **fields)
        self._scene.commit()
        return self.client.heard()


def marked(hit: SearchHit) -> list[str]:
    return [hit.text[start:end] for start, end in hit.marks]


def test_a_hit_is_the_message_with_marks(scene: Scene) -> None:
    anna = Person(scene, "Anna")
    anna.say("nothing", "Bread and butter, and bread")
    anna.await_found("bread", "Bread and butter, and bread")
    page = anna.search("bread")
    [hit] = page.hits
    assert (hit.number, hit.room, hit.name, hit.counter, hit.time_ms) == (2, "general", "Anna", 2, 1)
    assert (hit.start, hit.length, marked(hit)) == (0, 27, ["Bread", "bread"])
    assert page.is_end


def test_pages_go_from_the_newest_to_the_oldest_without_a_gap(scene: Scene) -> None:
    anna = Person(scene, "Anna")
    anna.say(*(f"bread {n}" for n in range(7)))
    anna.await_found("bread", *(f"bread {n}" for n in range(6, -1, -1)))
    texts, before, pages = list[str](), None, 0
    while True:
        page = anna.search("bread", limit=3, before=before)
        texts += [hit.text for hit in page.hits]
        before, pages = page.reached, pages + 1
        if page.is_end:
            break
    assert (texts, pages) == ([f"bread {n}" for n in range(6, -1, -1)], 3)
    assert anna.search("bread", before=0).is_end


def test_a_search_that_takes_long_says_how_far_it_looked(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = Person(scene, "Anna")
    anna.say("bread")
    anna.await_found("bread", "bread")
    monkeypatch.setattr(searches, "_SEARCH_S_MAX", -1.0)
    page = anna.search("bread")
    assert (page.hits, page.is_end) == ([], False)


def test_rooms_of_others_are_never_searched(scene: Scene) -> None:
    anna, ben = Person(scene, "Anna"), Person(scene, "Ben")
    garden = ben.make_room("garden")
    ben.say("bread in the garden", room=garden)
    ben.say("bread for all")
    ben.await_found("bread", "bread for all", "bread in the garden")
    assert [hit.text for hit in anna.search("bread").hits] == ["bread for all"]
    assert anna.refused("bread", room=garden) == "not_a_member"
    assert anna.refused("bread", room="nowhere") == "unknown_room"
    anna.join(garden)
    assert [hit.text for hit in anna.search("bread", room=garden).hits] == ["bread in the garden"]
    assert [hit.text for hit in ben.search("bread", room="general").hits] == ["bread for all"]


def test_a_room_that_was_left_is_not_searched_and_a_group_of_others_is_not_even_told_of(scene: Scene) -> None:
    anna, ben = Person(scene, "Anna"), Person(scene, "Ben")
    garden, group = ben.make_room("garden"), ben.make_group("plans")
    anna.join(garden)
    ben.say("bread in the garden", room=garden)
    ben.say("bread in secret", room=group)
    ben.await_found("bread", "bread in secret", "bread in the garden")
    assert [hit.text for hit in anna.search("bread").hits] == ["bread in the garden"]
    assert anna.refused("bread", room=group) == "unknown_room"
    anna.leave(garden)
    assert anna.search("bread").hits == []
    assert anna.refused("bread", room=garden) == "not_a_member"


def test_whoever_is_put_out_while_a_search_runs_is_told_nothing_of_the_room(scene: Scene) -> None:
    anna, ben = Person(scene, "Anna"), Person(scene, "Ben")
    garden = ben.make_room("garden")
    anna.join(garden)
    ben.say("bread in the garden", room=garden)
    anna.await_found("bread", "bread in the garden")
    begun, may_go_on = threading.Event(), threading.Event()
    looks = searches.Search.page

    def slow(search: searches.Search, request: requests.Search) -> events.SearchPage:
        page = looks(search, request)
        begun.set()
        assert may_go_on.wait(DEADLINE_S)
        return page

    with mock.patch.object(searches.Search, "page", slow):
        anna.client.send(encode_frame(anna.client.request(requests.Search, text="bread")))
        assert begun.wait(DEADLINE_S)
        anna.leave(garden)
        may_go_on.set()
        found = wait_until(
            lambda: [event for event in anna.client.heard() if isinstance(event, events.SearchPage)]
        )
    assert found[0].hits == []


def test_what_a_merge_took_away_is_not_found_even_while_the_index_has_it(
    scene: Scene, follower: SearchFollower
) -> None:
    anna = Person(scene, "Anna")
    anna.say("bread")
    fork = scene.state.index
    anna.say("butter and bread")
    anna.await_found("bread", "butter and bread", "bread")
    follower.stop()
    scene.cut(fork)
    assert [hit.text for hit in anna.search("bread").hits] == ["bread"]
    assert anna.search("butter").hits == []
    for draft in scene.re_submitted():
        scene.append(draft)
    assert [hit.text for hit in anna.search("bread").hits] == ["butter and bread", "bread"]


def edit(person: Person, counter: int, target: int, text: str) -> Draft:
    device = person.client.device
    return Draft("edit", device, counter, 0, packed(EditBody("general", device, target, text)))


def delete(person: Person, counter: int, target: int) -> Draft:
    device = person.client.device
    return Draft("delete", device, counter, 0, packed(DeleteBody("general", device, target)))


def test_an_edited_message_is_found_by_what_it_says_now(scene: Scene) -> None:
    anna = Person(scene, "Anna")
    anna.say("bread", "butter")
    anna.await_found("bread", "bread")
    scene.append(edit(anna, 3, 1, "cheese"))
    assert anna.search("bread").hits == []
    anna.await_found("cheese", "cheese")
    scene.append(edit(anna, 4, 1, "old cheese"))
    anna.await_found("old", "old cheese")
    assert [hit.text for hit in anna.search("cheese").hits] == ["old cheese"]


def test_a_deleted_message_is_not_found_and_then_in_no_file(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_follower, "_REWRITE_EVERY_S", 0.0)
    anna = Person(scene, "Anna")
    anna.say("unspeakable things", "butter")
    scene.append(edit(anna, 3, 1, "unutterable things"))
    anna.await_found("unutterable", "unutterable things")
    scene.append(delete(anna, 4, 1))
    assert anna.search("things").hits == []
    wait_until(lambda: not files_have(tmp_path, b"utterable") and not files_have(tmp_path, b"speakable"))
    assert [hit.text for hit in anna.search("butter").hits] == ["butter"]


def files_have(folder: Path, word: bytes) -> bool:
    return any(word in file.read_bytes() for file in folder.glob("search.sqlite*"))


def test_a_deletion_that_a_merge_took_away_is_undone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_follower, "_REWRITE_EVERY_S", 0.0)
    anna = Person(scene, "Anna")
    anna.say("bread")
    fork = scene.state.index
    anna.await_found("bread", "bread")
    scene.append(edit(anna, 2, 1, "cheese"))
    anna.await_found("cheese", "cheese")
    scene.cut(fork)
    anna.await_found("bread", "bread")
    assert anna.search("cheese").hits == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "nothing_to_find"),
        ('"" * ... \0', "nothing_to_find"),
        (" ".join(f"w{n}" for n in range(limits.SEARCH_WORDS_MAX + 1)), "too_many_words"),
        ("x" * (limits.SEARCH_CHARACTERS_MAX + 1), "bad_request"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(scene: Scene, text: str, code: str) -> None:
    assert Person(scene, "Anna").refused(text) == code


def test_without_a_whole_index_nothing_is_searched(make_scene: Callable[..., Scene]) -> None:
    assert Person(make_scene(), "Anna").refused("bread") == "index_not_ready"


def test_an_index_that_cannot_be_read_is_said_and_made_anew(
    scene: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    anna = Person(scene, "Anna")
    anna.say("bread")
    anna.await_found("bread", "bread")
    with contextlib.closing(sqlite3.connect(tmp_path / "search.sqlite")) as index:
        index.execute("DROP TABLE shelf_0_data")
    assert anna.refused("bread") == "index_not_ready"
    wait_until(lambda: isinstance(anna.ask_search("bread"), events.SearchPage))
    anna.await_found("bread", "bread")
    assert "is made anew" in caplog.text


def test_more_than_a_few_searches_wait_and_none_is_refused(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(send_rate_per_s=5.0)
    client = scene.client()
    client.sign_in()
    session = client.session
    for _ in range(limits.SEARCH_BURST):
        scene.do(session.searched)
        assert not session.is_held
    scene.do(session.searched)
    assert session.is_held
    wait_until(lambda: not session.is_held)
