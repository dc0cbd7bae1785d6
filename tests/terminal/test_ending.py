"""The end of the input: waited for, said once, and given up in words."""

from server.client.notices import Connected, Disconnected, Stored
from server.terminal.ending import Ending
from tests.sessions.scene import FakeClock

CONNECTED = Connected(server="a", address="a:1", user="u", name="anna", chat="Chat", cluster="c")


def test_before_the_end_nothing_is_waited_for() -> None:
    ending = Ending(FakeClock(), 30.0)
    assert not ending.has_begun
    assert ending.pause_s(3) is None
    assert not ending.is_over(3)


def test_with_a_server_it_is_waited_for_ever_and_said_once() -> None:
    clock = FakeClock()
    ending = Ending(clock, 30.0)
    ending.hear(CONNECTED)
    ending.begin()
    # A moment passes without a word.
    assert ending.pause_s(2) == 1.0
    assert "until 2 lines are stored" in ending.sentence(2)
    assert ending.sentence(2) == ""
    clock.now_s += 1_000.0
    assert ending.pause_s(2) is None
    assert not ending.is_over(2)


def test_without_a_server_it_is_given_up_in_words() -> None:
    clock = FakeClock()
    ending = Ending(clock, 30.0)
    ending.begin()
    assert "waiting for the archive" in ending.sentence(0)
    assert ending.pause_s(0) == 30.0
    clock.now_s += 30.0
    assert ending.is_over(0)
    assert "No server answered within 30 s." in ending.reason()


def test_the_time_begins_anew_when_a_server_goes() -> None:
    clock = FakeClock()
    ending = Ending(clock, 30.0)
    ending.hear(CONNECTED)
    ending.begin()
    ending.sentence(1)
    clock.now_s += 100.0
    ending.hear(Stored(counter=1, index=1, number=1, copies=1))
    ending.hear(Disconnected(retry_in_s=0.0, code="lost"))
    clock.now_s += 29.0
    assert not ending.is_over(1)
    clock.now_s += 1.0
    assert ending.is_over(1)
