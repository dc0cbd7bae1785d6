"""Limits of time, and the throttle: who is too slow is sent away, who is too fast is held."""

from collections.abc import Callable

from server.protocol import events, limits, requests
from server.protocol.frames import encode_frame
from tests.sessions.scene import Client, Scene, codes
from tests.waiting import wait_until


def send(client: Client, counter: int, text: str = "hello", room: str = "general") -> list[events.AnyEvent]:
    return client.ask(requests.Send, counter=counter, room=room, text=text, time_ms=1)


def test_who_does_not_sign_in_is_sent_away(scene: Scene) -> None:
    silent, greeted, on_standby = scene.client(), scene.client(), scene.client()
    greeted.greet()
    on_standby.sign_in(standby=True)
    scene.pass_time(limits.SIGN_IN_S_MAX + 1)
    for client in (silent, greeted):
        assert codes(client.heard()) == ["too_slow_to_sign_in"]
        assert client.channel.end == "closed"
    assert on_standby.channel.end == ""


def test_who_is_silent_for_long_is_taken_for_dead(scene: Scene) -> None:
    silent, alive = scene.client(), scene.client()
    silent.sign_in("Anna")
    alive.sign_in("Ben")
    for _ in range(3):
        scene.pass_time(limits.DEAD_AFTER_S / 2)
        alive.ask(requests.Ping)
    assert "silent" in codes(silent.heard())
    assert silent.channel.end == "closed"
    assert alive.channel.end == ""


def test_a_line_that_does_not_end_in_time_ends_the_connection(scene: Scene) -> None:
    slow, steady = scene.client(), scene.client()
    for client in (slow, steady):
        client.sign_in(f"Anna {id(client)}")
    half = encode_frame(requests.Ping(id=99))
    for _ in range(4):
        slow.send(b" ")
        # This one is always inside a line, but each one ends.
        steady.send(half[10:] if steady.session.frame_at else b"")
        steady.send(half[:10])
        scene.pass_time(limits.FRAME_S_BASE / 2)
    assert codes(slow.heard()) == ["frame_too_slow"]
    assert slow.channel.end == "closed"
    assert steady.channel.end == ""


def test_a_long_line_has_more_time(scene: Scene) -> None:
    client = scene.client()
    client.sign_in()
    client.send(b" " * 40_960)
    scene.pass_time(limits.FRAME_S_BASE + 9)
    assert client.channel.end == ""
    scene.pass_time(2)
    assert codes(client.heard()) == ["frame_too_slow"]


def test_a_reader_that_takes_nothing_for_long_is_dropped(scene: Scene) -> None:
    blocked = scene.client()
    blocked.sign_in()
    blocked.channel.is_paused = True
    scene.pass_time(1)
    for _ in range(2):
        blocked.send(encode_frame(blocked.request(requests.Ping)))
        scene.pass_time(limits.BLOCKED_READER_S_MAX / 2 + 1)
    assert blocked.channel.end == "aborted"


# --- the throttle


def test_a_burst_is_slowed_down_kept_in_order_and_never_refused(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(send_rate_per_s=50.0)
    client = scene.client()
    client.sign_in()
    lines = [
        encode_frame(client.request(requests.Send, counter=n, room="general", text=str(n), time_ms=1))
        for n in range(1, limits.SEND_BURST + 11)
    ]
    # All of it in one read, and a question behind it.
    client.send(b"".join(lines) + encode_frame(client.request(requests.Ping)))
    assert len(scene.asked) == limits.SEND_BURST + 1
    assert not client.channel.is_reading
    assert not any(isinstance(event, events.Pong) for event in client.heard())
    heard: list[events.AnyEvent] = []

    def is_through() -> bool:
        # The test's clock moves as the real one does while the pauses pass.
        scene.clock.now_s += 0.001
        heard.extend(client.heard())
        return any(isinstance(event, events.Pong) for event in heard)

    wait_until(is_through, what="the question behind the burst")
    assert [ask.draft.counter for ask in scene.asked] == list(range(1, limits.SEND_BURST + 11))
    wait_until(lambda: client.channel.is_reading)
    assert codes(heard) == []


def test_a_pause_is_no_silence_of_the_client(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(send_rate_per_s=0.001)
    client = scene.client()
    client.sign_in()
    for n in range(1, limits.SEND_BURST + 2):
        send(client, n)
    client.send(b"half a line")
    assert client.session.is_held
    scene.pass_time(limits.DEAD_AFTER_S * 2)
    assert client.channel.end == ""


def test_a_burst_whose_sender_is_gone_ends_with_it(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(send_rate_per_s=200.0)
    client = scene.client()
    client.sign_in()
    for n in range(1, limits.SEND_BURST + 5):
        send(client, n)
    asked = len(scene.asked)
    client.close()
    wait_until(lambda: not client.session.is_held)
    assert len(scene.asked) == asked


def test_sending_again_what_is_archived_costs_little(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(send_rate_per_s=0.001)
    client = scene.client()
    client.sign_in()
    sent = limits.SEND_BURST - 2
    for n in range(1, sent + 1):
        send(client, n)
    scene.commit()
    for _ in range(3):
        for n in range(1, sent + 1):
            send(client, n)
    assert not client.session.is_held
    # That was less than two messages in all.
    for n in range(sent + 1, sent + 3):
        send(client, n)
    assert client.session.is_held
