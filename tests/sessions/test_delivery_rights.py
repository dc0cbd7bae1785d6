"""Delivery against a model of rights: nobody is sent what was said in a group while one was out of it."""

import random
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.sessions.reader import Reader
from server.state.bodies import AddBody, GroupBody, RemoveBody
from tests.sessions.reading_stage import Stage, a_stage, sink
from tests.waiting import wait_until

GROUP = "choir"
OTHERS = ["ben", "cleo"]

actions = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(1, 3), st.just(0)),
        st.tuples(st.just("come_or_go"), st.sampled_from(OTHERS), st.just(0)),
        st.tuples(st.just("attach"), st.sampled_from(OTHERS), st.integers(0, 60)),
        st.tuples(st.just("pause"), st.integers(0, 5), st.booleans()),
        st.tuples(st.just("trim"), st.just(0), st.just(0)),
    ),
    min_size=15,
    max_size=40,
)


@settings(max_examples=60)
@given(actions, st.integers(0, 2**32))
def test_nobody_is_sent_what_was_said_while_one_was_out(
    tmp_path_factory: pytest.TempPathFactory, given_actions: list[tuple[str, object, object]], seed: int
) -> None:
    with a_stage(tmp_path_factory.mktemp("rights")) as stage:
        Model(stage, random.Random(seed)).play(given_actions)


class Model:
    """Who was in the group when, and what each reader may be sent."""

    def __init__(self, stage: Stage, rng: random.Random) -> None:
        self._stage = stage
        self._rng = rng
        self._inside = {"ben"}
        # Each text with its index, and who was in the group then.
        self._said: list[tuple[int, str, set[str]]] = []
        # Each reader, the end of the log when it came, and whether it was in the group then.
        self._readers: list[tuple[Reader, int, bool]] = []
        stage.log.act("group", "anna", GroupBody(GROUP, "Choir", ("ben",)))
        stage.publish()

    def play(self, given_actions: list[tuple[str, object, object]]) -> None:
        for action, first, second in given_actions:
            getattr(self, action)(first, second)
        self._stage.publish()
        self._stage.say("the end")
        for reader, _index, _was_inside in self._readers:
            self._stage.pause(reader, is_paused=False)
        for reader, index, was_inside in self._readers:
            wait_until(partial(has_read_to_the_end, reader))
            allowed = {
                text
                for at, text, inside in self._said
                if (reader.user in inside if at > index else was_inside)
            }
            assert set(sink(reader).texts) - {"the end"} <= allowed

    def say(self, count: int, _: int) -> None:
        for _number in range(count):
            text = str(len(self._said))
            self._stage.log.say(text, GROUP)
            self._said.append((self._stage.log.state.index, text, set(self._inside)))
            self._publish_perhaps()

    def come_or_go(self, who: str, _: int) -> None:
        kind, body = ("remove", RemoveBody) if who in self._inside else ("add", AddBody)
        self._stage.log.act(kind, "anna", body(GROUP, who))
        self._inside ^= {who}
        self._publish_perhaps()

    def attach(self, who: str, back: int) -> None:
        self._stage.publish()
        end = self._stage.log.state.index
        reader = self._stage.attach(who, max(0, end - back))
        self._readers.append((reader, end, who in self._inside))

    def pause(self, number: int, is_paused: bool) -> None:
        if self._readers:
            self._stage.pause(self._readers[number % len(self._readers)][0], is_paused=is_paused)

    def trim(self, _: int, __: int) -> None:
        """The older half leaves the memory: who is behind reads it from the store."""
        self._stage.publish()
        self._stage.trim()

    def _publish_perhaps(self) -> None:
        if self._rng.random() < 0.5:
            self._stage.publish()


def has_read_to_the_end(reader: Reader) -> bool:
    return "the end" in sink(reader).texts
