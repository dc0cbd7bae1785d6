"""Typists: told to those who are there, at both servers, and never archived."""

import pytest

from server.protocol import events, limits, requests
from server.sessions import typists
from server.sessions.facts import PeerOnline, PeerTyping
from server.state.state import GENERAL
from tests.sessions.scene import Client, Scene
from tests.waiting import wait_until


@pytest.fixture
def anna(scene: Scene) -> Client:
    client = scene.client()
    client.sign_in("Anna")
    return client


@pytest.fixture
def ben(scene: Scene) -> Client:
    client = scene.client()
    client.sign_in("Ben")
    return client


def user_of(client: Client) -> str:
    assert client.session.user is not None
    return client.session.user.id


def typing(client: Client) -> list[str]:
    return [event.name for event in client.heard() if isinstance(event, events.TypingNow)]


def test_the_others_and_the_other_server_are_told(scene: Scene, anna: Client, ben: Client) -> None:
    before = scene.state.index
    ben.heard()
    found = anna.ask(requests.Typing, room=GENERAL)
    assert [type(event) for event in found if event.answer] == [events.Noted]
    assert typing(ben) == ["Anna"]
    assert not [event for event in found if isinstance(event, events.TypingNow)]
    assert scene.told_peer[-1] == PeerTyping(GENERAL, user_of(anna))
    assert scene.state.index == before


def test_it_is_passed_on_now_and_then_only(scene: Scene, anna: Client, ben: Client) -> None:
    for _ in range(5):
        assert anna.ask(requests.Typing, room=GENERAL)
    assert typing(ben) == ["Anna"]
    scene.clock.now_s += limits.TYPING_EVERY_S
    anna.ask(requests.Typing, room=GENERAL)
    assert typing(ben) == ["Anna"]


def test_what_the_other_server_says_is_told_here(scene: Scene, anna: Client, ben: Client) -> None:
    scene.do(lambda: scene.hub.hear_peer(PeerTyping(GENERAL, user_of(anna))))
    assert typing(ben) == ["Anna"]
    scene.do(lambda: scene.hub.hear_peer(PeerTyping("nowhere", user_of(anna))))
    scene.do(lambda: scene.hub.hear_peer(PeerTyping(GENERAL, "nobody")))
    assert typing(ben) == []


def test_nobody_is_told_in_a_large_room(anna: Client, ben: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RECEIPTS_MEMBERS_MAX", 1)
    anna.ask(requests.Typing, room=GENERAL)
    assert typing(ben) == []


def test_who_shares_a_room_is_told_who_comes_and_goes(scene: Scene, anna: Client, ben: Client) -> None:
    told: dict[str, bool] = {}

    def look() -> dict[str, bool]:
        found = (event for event in anna.heard() if isinstance(event, events.PersonPresence))
        told.update((event.user, event.is_online) for event in found)
        return told

    wait_until(lambda: look().get(user_of(ben)))
    ben.close()
    wait_until(lambda: look().get(user_of(ben)) is False)
    user = user_of(ben)
    scene.do(lambda: scene.hub.hear_peer(PeerOnline((user,))))
    wait_until(lambda: look().get(user))
    assert user_of(anna) not in told


def test_of_a_crowd_that_comes_at_once_everybody_is_told_in_pieces(
    scene: Scene, anna: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typists, "_TOLD_AT_ONCE", 3)
    crowd = [scene.client() for _ in range(8)]
    for number, client in enumerate(crowd):
        client.sign_in(f"guest{number}")
    told: list[tuple[str, bool]] = []

    def has_heard(*, is_online: bool) -> bool:
        found = (event for event in anna.heard() if isinstance(event, events.PersonPresence))
        told.extend((event.user, event.is_online) for event in found)
        return {(user_of(client), is_online) for client in crowd} <= set(told)

    wait_until(lambda: has_heard(is_online=True))
    for client in crowd:
        client.close()
    wait_until(lambda: has_heard(is_online=False))
    # Each once, and never about oneself.
    assert len(told) == 2 * len(crowd)
