"""Delivery against a model: whatever happens, each reader gets its rooms from its cursor on, in order."""

import random
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.sessions.reader import Reader
from server.state.bodies import MemberBody
from server.state.state import GENERAL
from tests.sessions.reading_stage import PEOPLE, ROOMS, Stage, a_stage, reads
from tests.waiting import wait_until

actions = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from([GENERAL, *ROOMS]), st.integers(1, 3)),
        st.tuples(st.just("attach"), st.sampled_from(PEOPLE), st.integers(0, 100)),
        st.tuples(st.just("join"), st.sampled_from(["ben", "cleo"]), st.sampled_from(ROOMS)),
        st.tuples(st.just("pause"), st.integers(0, 20), st.booleans()),
    ),
    max_size=40,
)


@settings(max_examples=40)
@given(actions, st.integers(0, 2**32))
def test_whatever_happens_each_reader_gets_its_rooms_from_its_cursor_on(
    tmp_path_factory: pytest.TempPathFactory, given_actions: list[tuple[str, object, object]], seed: int
) -> None:
    with a_stage(tmp_path_factory.mktemp("model")) as stage:
        Model(stage, random.Random(seed)).play(given_actions)


class Model:
    """What each reader must get, kept as plain lists: (room, text) of the whole log."""

    def __init__(self, stage: Stage, rng: random.Random) -> None:
        self._stage = stage
        self._rng = rng
        self._said: list[tuple[int, str, str]] = []
        self._readers: list[tuple[Reader, dict[str, int]]] = []

    def play(self, given_actions: list[tuple[str, object, object]]) -> None:
        for action, first, second in given_actions:
            getattr(self, action)(first, second)
        for reader, _ in self._readers:
            self._stage.pause(reader, is_paused=False)
        for reader, since in self._readers:
            expected = [text for index, room, text in self._said if index > since.get(room, 2**62)]
            wait_until(partial(reads, reader, expected), what=str(expected))

    def say(self, room: str, count: int) -> None:
        for _ in range(count):
            text = str(len(self._said))
            self._stage.log.say(text, room)
            self._said.append((self._stage.log.state.index, room, text))
            if self._rng.random() < 0.5:
                self._stage.publish()
        self._stage.publish()

    def attach(self, who: str, back: int) -> None:
        log = self._stage.log
        cursor = max(0, log.state.index - back)
        reader = self._stage.attach(who, cursor)
        self._readers.append((reader, dict.fromkeys(log.state.users[who].rooms, cursor)))

    def join(self, who: str, room: str) -> None:
        log = self._stage.log
        if room in log.state.users[who].rooms:
            return
        log.act("member", who, MemberBody(room))
        self._stage.publish()
        for reader, since in self._readers:
            if reader.user == who:
                since[room] = log.state.index

    def pause(self, number: int, is_paused: bool) -> None:
        if number < len(self._readers):
            self._stage.pause(self._readers[number][0], is_paused=is_paused)
