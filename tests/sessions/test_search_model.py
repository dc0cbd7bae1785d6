"""Whatever is said, edited, deleted and merged: what is found is what a look at the whole history finds."""

import itertools
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from server.archive import search_follower, search_index, search_source
from server.archive.disk import SqliteReader
from server.archive.record import Draft
from server.archive.search_follower import SearchFollower
from server.network.loop_thread import LoopThread
from server.protocol import requests
from server.sessions.history import Recent, history_page
from server.state.bodies import DeleteBody, DeviceBody, EditBody, MessageBody
from server.state.sayings import sayings
from tests.sessions.scene import Scene, packed
from tests.sessions.test_searches import Person
from tests.waiting import wait_until

WORDS = ("bread", "butter", "cheese")
DEVICE = "d" * 32
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
NUMBERS = st.integers(0, 30)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), TEXTS, NUMBERS),
        st.tuples(st.just("say"), TEXTS, NUMBERS),
        st.tuples(st.just("edit"), TEXTS, NUMBERS),
        st.tuples(st.just("delete"), st.just(""), NUMBERS),
        st.tuples(st.just("cut"), st.just(""), NUMBERS),
        st.tuples(st.just("wait"), st.just(""), NUMBERS),
    ),
    min_size=10,
    max_size=60,
)


class Talk:
    """Somebody writes into the archive; what a cut takes away may come back behind it, or not."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._counters = itertools.count(1)
        self._said: list[int] = []
        scene.append(Draft("device", DEVICE, 0, 0, packed(DeviceBody("writer", "Writer", b""))))
        self.begin = scene.state.index

    def do(self, what: str, text: str, number: int) -> None:
        """One step; one that means nothing at the moment is left out."""
        if what == "say":
            self._said.append(self._append("message", MessageBody("general", text)))
        elif what == "cut":
            self._scene.cut(max(self.begin, self._scene.state.index - number))
            for draft in self._scene.re_submitted()[: number % 3]:
                if not self._scene.state.has_seen(*draft.id):
                    self._scene.append(draft)
        elif self._said and what in {"edit", "delete"}:
            target = self._said[number % len(self._said)]
            if self._scene.state.has_seen(DEVICE, target) and not self._scene.state.is_deleted(
                DEVICE, target
            ):
                edit, delete = (
                    EditBody("general", DEVICE, target, text),
                    DeleteBody("general", DEVICE, target),
                )
                self._append(what, edit if what == "edit" else delete)

    def _append(self, kind: str, body: object) -> int:
        counter = next(self._counters)
        self._scene.append(Draft(kind, DEVICE, counter, 0, packed(body)))
        return counter


@contextmanager
def searched() -> Iterator[tuple[Scene, SearchFollower]]:
    """A hub with an index that follows at once, in small pieces."""
    with (
        mock.patch.object(search_follower, "_EVERY_S", 0.005),
        mock.patch.object(search_follower, "_REWRITE_EVERY_S", 0.02),
        mock.patch.object(search_index, "SHELF_RECORDS", 4),
        mock.patch.object(search_source, "_CHUNK_RECORDS", 3),
        tempfile.TemporaryDirectory() as folder,
    ):
        path, loop = Path(folder), LoopThread("test-loop")
        reader = SqliteReader(path / "archive.sqlite")
        follower = SearchFollower(reader, path / "search.sqlite", "c", sayings, time.monotonic)
        loop.start()
        scene = Scene(loop, path, index=follower)
        try:
            follower.start()
            yield scene, follower
        finally:
            follower.stop()
            scene.stop()
            loop.stop()


def history(scene: Scene) -> list[str]:
    """All texts, the newest first."""
    request = requests.History(id=1, room="general", limit=200)
    page = history_page(scene.hub.store, scene.state, request, Recent([], {}), 2**53)
    return [message.text for message in page.messages][::-1]


@settings(max_examples=25)
@given(STEPS)
def test_a_search_finds_what_the_history_has(steps: list[tuple[str, str, int]]) -> None:
    with searched() as (scene, follower):
        reader, talk = Person(scene, "Reader"), Talk(scene)
        wait_until(lambda: follower.percent == 100)
        for what, text, number in steps:
            if what == "wait" or (what == "cut" and number % 2):
                wait_until(partial(is_settled, scene, follower))
            talk.do(what, text, number)
        texts = history(scene)
        for word in WORDS:
            expected = [text for text in texts if word in text.split()]
            wait_until(partial(finds, reader, word, expected), what=f"{word} in {texts}")


def is_settled(scene: Scene, follower: SearchFollower) -> bool:
    """Whether the index has all, and of no message what it said before."""
    end = scene.state.index
    with follower.reader._moment() as index:
        (stale,) = index.execute("SELECT count(*) FROM shelves WHERE is_stale").fetchone()
    return follower._reached == (end, end) and not stale


def finds(reader: Person, word: str, expected: list[str]) -> bool:
    return [hit.text for hit in reader.search(word, limit=50).hits] == expected
