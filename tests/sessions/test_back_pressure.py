"""Who takes no answers gets no more of them: nothing that a client asks for fills our memory."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from server.network.channel import DEFAULT_LIMITS
from server.protocol import events, limits, requests
from server.protocol.frames import encode_frame
from server.sessions import history, readings
from server.sessions.facts import PeerFacts
from tests.sessions.scene import Client, FakeChannel, Scene, codes
from tests.waiting import DEADLINE_S, wait_until

READS = 40
ANSWERS: Any = events.Failed | events.StatusFacts | events.InviteList


@pytest.fixture
def stalling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Channels whose other end takes nothing."""

    def write(channel: FakeChannel, data: bytes) -> None:
        channel.written.append(data)
        channel.is_paused = sum(map(len, channel.written)) > DEFAULT_LIMITS.write_buffer_bytes

    monkeypatch.setattr(FakeChannel, "write", write)


def lines(client: Client, kind: type[requests.AnyRequest], count: int, **fields: object) -> bytes:
    return b"".join(encode_frame(client.request(kind, **fields)) for _ in range(count))


def answers(client: Client) -> int:
    return sum(event.answer > 0 for event in client.heard())


@pytest.mark.usefixtures("stalling")
def test_who_reads_no_answers_is_not_read_either(scene: Scene) -> None:
    client = scene.client()
    client.sign_in()
    asked = 20_000
    client.send(lines(client, requests.Ping, asked))
    assert sum(map(len, client.channel.written)) < 2 * DEFAULT_LIMITS.write_buffer_bytes
    assert not client.channel.is_reading
    answered = 0
    while client.channel.is_paused:
        answered += answers(client)
        client.channel.is_paused = False
        scene.do(client.session.resumed)
    assert answered + answers(client) == asked
    assert client.channel.is_reading


@pytest.mark.usefixtures("stalling")
def test_a_client_that_is_behind_with_reading_is_not_taken_for_silent(scene: Scene) -> None:
    client = scene.client()
    client.sign_in()
    client.send(lines(client, requests.Ping, 20_000) + b"half a line")
    client.channel.is_paused = True
    scene.pass_time(limits.BLOCKED_READER_S_MAX - 1)
    assert client.channel.end == ""
    client.channel.written.clear()
    client.channel.is_paused = False
    scene.do(client.session.resumed)
    scene.pass_time(1)
    assert client.channel.end == ""


def test_a_client_reads_the_archive_a_few_times_at_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    running: list[int] = []
    most: list[int] = []
    may_read = threading.Event()
    read = history.history_page

    def counted(*arguments: object) -> events.HistoryPage:
        may_read.wait(DEADLINE_S)
        running.append(1)
        most.append(len(running))
        page: events.HistoryPage = read(*arguments)  # type: ignore[arg-type]
        running.pop()
        return page

    monkeypatch.setattr(readings, "history_page", counted)
    client = scene.client()
    client.sign_in()
    client.send(lines(client, requests.History, READS, room="general"))
    assert not client.channel.is_reading
    may_read.set()
    heard: list[events.AnyEvent] = []

    def pages() -> bool:
        heard.extend(client.heard())
        return sum(isinstance(event, events.HistoryPage) for event in heard) == READS

    wait_until(pages, what="all pages")
    assert max(most) <= limits.READS_IN_FLIGHT_MAX
    wait_until(lambda: client.channel.is_reading)


@pytest.mark.expected_errors("the archive could not be read for a client")
@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda client: client.request(requests.History, room="general"), id="history"),
        pytest.param(lambda client: client.request(requests.Status), id="status"),
    ],
)
def test_who_asks_an_archive_that_cannot_be_read_gets_an_answer(
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[Client], requests.AnyRequest],
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(readings, "history_page", fail)
    monkeypatch.setattr(scene.hub.store, "record", fail)
    client = scene.client()
    client.sign_in()
    client.send(encode_frame(ask(client)))
    wait_until(lambda: client.channel.end)
    assert "internal" in codes(client.heard())


def test_one_connection_signs_in_one_device(scene: Scene) -> None:
    client = scene.client()
    client.greet()
    devices = [f"{n:032x}" for n in range(3)]
    found: list[events.AnyEvent] = []
    for device in devices:
        found += client.ask(requests.SignIn, name="Anna", device=device, secret=client.secret)
    assert len(scene.asked) == 1
    assert codes(found) == ["too_many_requests"] * 2
    scene.commit()
    assert any(isinstance(event, events.SignedIn) for event in client.heard())


def test_rooms_are_made_no_faster_than_messages_are_sent(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(send_rate_per_s=0.001)
    client = scene.client()
    client.sign_in()
    for n in range(1, limits.SEND_BURST + 10):
        client.ask(requests.CreateRoom, counter=n, name=f"room-{n}")
    assert len(scene.asked) == limits.SEND_BURST + 1


def test_more_connections_of_a_person_send_no_more(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(send_rate_per_s=0.001)
    clients = [scene.client() for _ in range(4)]
    for client in clients:
        client.sign_in("Anna")
    other = scene.client()
    other.sign_in("Ben")
    for n in range(1, limits.SEND_BURST):
        for client in clients:
            client.ask(requests.Send, counter=n, room="general", text="spam", time_ms=0)
    # Each of them is held by what it asks when the burst is over.
    assert len(scene.asked) == limits.SEND_BURST + len(clients)
    other.ask(requests.Send, counter=1, room="general", text="hello", time_ms=0)
    assert not other.session.is_held


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (requests.Edit, {"counter": 1, "device": "f" * 32, "message": 1, "text": "mine"}),
        (requests.Delete, {"counter": 1, "device": "f" * 32, "message": 1}),
        (requests.React, {"counter": 1, "device": "f" * 32, "message": 1, "emoji": "👍", "is_on": True}),
        (requests.Send, {"counter": 1, "room": "general", "text": "", "time_ms": 0, "reply": ("f" * 32, 1)}),
        (requests.Status, {}),
        (requests.Invites, {}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_looked_for_without_end_is_read_slower(
    make_scene: Callable[..., Scene],
    monkeypatch: pytest.MonkeyPatch,
    kind: type[requests.AnyRequest],
    fields: dict[str, Any],
) -> None:
    scene = make_scene(send_rate_per_s=5.0)
    client = scene.client()
    client.sign_in()
    monkeypatch.setattr(limits, "SEARCHES_PER_LOOK", limits.SEARCH_BURST / 2)
    # Nobody goes on by the clock.
    monkeypatch.setattr(scene.hub, "call_later", lambda *_: None)
    for _ in range(3):
        assert not client.session._is_too_fast
        client.ask_until(ANSWERS, kind, **fields)
    wait_until(lambda: client.session._is_too_fast)


def test_sending_again_what_is_archived_costs_a_little(
    make_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_scene(send_rate_per_s=0.001)
    client = scene.client()
    client.sign_in()
    message: dict[str, Any] = {"counter": 1, "room": "general", "text": "hello", "time_ms": 0}
    client.archive(requests.Send, **message)
    # All that a client may have on its way is sent again without a wait.
    assert limits.REQUESTS_IN_FLIGHT_MAX * limits.SENDS_PER_REPEAT < limits.SEND_BURST - 1
    monkeypatch.setattr(limits, "SENDS_PER_REPEAT", (limits.SEND_BURST - 1) / 2)
    for _ in range(3):
        assert not client.session.is_held
        client.archive(requests.Send, **message)
    assert client.session.is_held


def test_who_asks_twice_to_be_activated_gets_two_answers(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(users_max=1)
    scene.do(lambda: scene.hub.hear_peer(PeerFacts("b", "b:1", "leader", 0)))
    other, standby = scene.client(), scene.client()
    other.sign_in("Ben")
    standby.sign_in("Anna", standby=True)
    standby.send(lines(standby, requests.Activate, 2))
    # The other server dies within the patience.
    scene.do(lambda: scene.hub.hear_peer(None))
    heard: list[events.AnyEvent] = []

    def answered() -> bool:
        heard.extend(standby.heard())
        return sum(event.answer > 0 for event in heard) == 2

    wait_until(answered, what="two answers")
    assert codes(heard) == ["already_signed_in"]
