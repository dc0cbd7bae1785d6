"""Refusals that a server may not give yet: what it may lack is waited for, and then it is certain."""

import pytest

from server.engine.round import PairState
from server.protocol import events, limits, requests
from server.protocol.frames import encode_frame
from tests.sessions.asking import Asking, coming, of
from tests.sessions.scene import Client, Scene, codes
from tests.sessions.test_files import CONTENT, facts, sha256_of, uploaded
from tests.waiting import wait_until

LEVEL = PairState("leader", "solo", "2.b.0", "", 0)
BEHIND = PairState("learner", "solo", "2.b.0", "", 0)


@pytest.fixture
def anna(scene: Scene) -> Asking:
    """Anna, signed in."""
    return coming(scene, "Anna")


@pytest.fixture
def ben(scene: Scene) -> Asking:
    """Ben, signed in."""
    return coming(scene, "Ben")


def send(client: Client, kind: type[requests.AnyRequest], **fields: object) -> None:
    client.send(encode_frame(client.request(kind, **fields)))


def test_what_this_server_may_not_have_yet_is_waited_for(scene: Scene, anna: Asking, ben: Asking) -> None:
    said = anna.say("hello")
    (record,) = [record for record in scene.records() if record.header.kind == "message"]
    scene.cut(record.index - 1)
    (moved,) = scene.re_submitted()
    merging = PairState("follower", "dual", "2.b.0", "slow_peer", 0, is_merging=True)
    learning = PairState("learner", "solo", "2.b.0", "", 0)
    for pair in (merging, learning, PairState("recovering", "waiting", "", "", 0)):
        scene.hub.pair = pair
        ben.counter += 1
        heard = ben.client.ask(requests.React, counter=ben.counter, **of(anna, said), emoji="👍")
        for _turn in range(3):
            heard.extend(ben.client.heard())
        assert not codes(heard)
        scene.clock.now_s += limits.ANSWER_S_MAX

        def is_answered(heard: list[events.AnyEvent] = heard) -> bool:
            heard.extend(ben.client.heard())
            return codes(heard) == ["unknown"]

        wait_until(is_answered)
    ben.client.send(encode_frame(ben.client.request(requests.React, counter=9, **of(anna, said), emoji="👍")))
    scene.append(moved)
    wait_until(lambda: [ask.draft.kind for ask in scene.asked] == ["react"])
    scene.commit()
    wait_until(lambda: any(isinstance(event, events.Stored) for event in ben.client.heard()))
    # A leader knows.
    scene.hub.pair = PairState("leader", "solo", "2.b.0", "", 0)
    assert codes(ben.ask(requests.React, **of(anna, 99), emoji="👍")) == ["unknown_message"]


def test_what_is_asked_right_behind_its_message_waits_for_that(scene: Scene, anna: Asking) -> None:
    client = anna.client
    message = client.request(requests.Send, counter=1, room="general", text="hello", time_ms=1)
    react = client.request(requests.React, counter=2, device=client.device, message=1, emoji="👍")
    client.send(encode_frame(message) + encode_frame(react))
    wait_until(lambda: scene.asked)
    assert client.heard() == []
    scene.commit()
    wait_until(lambda: [ask.draft.kind for ask in scene.asked] == ["react"])


def test_a_person_who_may_be_known_at_the_other_server_is_waited_for(scene: Scene, anna: Asking) -> None:
    scene.hub.pair = BEHIND
    send(anna.client, requests.Friend, counter=1, user="@Ben", act="ask")
    send(anna.client, requests.Send, counter=2, room="general", text="later", time_ms=1)
    ben = scene.client()
    ben.sign_in("Ben")
    wait_until(lambda: len(scene.asked) == 2)
    # In the order in which they were asked.
    assert [(ask.draft.kind, ask.draft.counter) for ask in scene.asked] == [("friend", 1), ("message", 2)]
    scene.commit()
    scene.hub.pair = LEVEL
    assert codes(anna.client.ask(requests.Friend, counter=3, user="@Cleo", act="ask")) == ["unknown_person"]


def test_a_message_whose_file_never_came_here_may_be_archived_already(scene: Scene, anna: Asking) -> None:
    client = anna.client
    uploaded(scene, client, CONTENT)
    message = client.request(
        requests.Send, counter=1, room="general", text="", time_ms=1, file=facts(CONTENT)
    )
    client.send(encode_frame(message))
    wait_until(lambda: scene.asked)
    (asked,) = scene.asked
    scene.asked = []
    # This server has heard of none of it, and is behind; then it learns what the other one has stored.
    store = scene.hub.files
    assert store is not None
    store.blobs.remove(sha256_of(CONTENT))
    scene.hub.pair = BEHIND
    again = scene.client()
    again.device, again.secret = client.device, client.secret
    again.sign_in("Anna")
    again.send(encode_frame(message))
    scene.append(asked.draft)
    wait_until(lambda: scene.asked)
    assert [ask.draft for ask in scene.asked] == [asked.draft]
    assert not [event for event in again.heard() if isinstance(event, events.Failed)]


def test_what_stands_in_the_log_and_is_not_committed_yet_is_waited_for(scene: Scene, anna: Asking) -> None:
    # Found by the simulator (seed 99002234): the client had asked for it on another connection.
    scene.hub.pair = LEVEL
    scene.uncommitted = 1
    anna.counter += 1
    react = {"counter": anna.counter, "device": "f" * 32, "message": 7, "emoji": "👍"}
    heard = anna.client.ask(requests.React, **react)
    for _turn in range(3):
        heard.extend(anna.client.heard())
    assert not codes(heard)
    scene.uncommitted = 0

    def is_answered() -> bool:
        heard.extend(anna.client.heard())
        return codes(heard) == ["unknown_message"]

    wait_until(is_answered)
