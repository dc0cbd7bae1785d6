"""How long a terminal client waits at the end of its input, on a clock of its own."""

from math import inf

from server.client.notices import AnyNotice, Connected, Delayed, Disconnected, ServersChanged, Stored, Taught
from server.protocol.facts import ServerFacts
from server.terminal.patience import Patience

CONNECTED = Connected(server="a", address="a:1", user="u", name="anna", chat="Chat", cluster="c")
GONE = Disconnected(retry_in_s=1.0, code="refused")
ALONE = [ServerFacts(name="a", address="a:1", role="recovering"), ServerFacts("b", "b:1", "away")]
WAITING = ServersChanged(servers=ALONE, mode="waiting")
LEADING = [ServerFacts("a", "a:1", "leader"), ServerFacts("b", "b:1", "away")]
SOLO = ServersChanged(servers=LEADING, mode="solo")
STORED = Stored(counter=1, index=1, number=1, copies=1)


class Hand:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic_s(self) -> float:
        return self.now

    def wall_ms(self) -> int:
        return int(self.now * 1000)


class Stage:
    """A patience of ten seconds; the input ended at 0."""

    def __init__(self) -> None:
        self.clock = Hand()
        self.patience = Patience(self.clock, 10.0)

    def hear(self, at_s: float, *notices: AnyNotice) -> None:
        self.clock.now = at_s
        for notice in notices:
            self.patience.note(notice)

    def until_s(self, *, has_drafts: bool = True) -> float:
        return self.patience.until_s(0.0, has_drafts=has_drafts)


def test_nobody_is_there() -> None:
    stage = Stage()
    assert stage.until_s() == stage.until_s(has_drafts=False) == 10.0
    stage.hear(3.0, GONE)
    assert stage.until_s() == 10.0
    assert stage.patience.sentence() == "No server answered within 10 s."


def test_a_server_that_stores_is_never_given_up() -> None:
    stage = Stage()
    stage.hear(1.0, CONNECTED, SOLO)
    assert stage.until_s() == inf
    stage.hear(4.0, GONE)
    assert stage.until_s() == 14.0


def test_a_strict_server_that_waits_for_the_other_one_is_given_up_in_words() -> None:
    stage = Stage()
    stage.hear(1.0, CONNECTED, SOLO)
    stage.hear(5.0, WAITING)
    assert stage.until_s() == 15.0
    assert "stores nothing until the other one is back. Gave up after 10 s." in stage.patience.sentence()
    # One can read, so without anything to store there is no reason to go.
    assert stage.until_s(has_drafts=False) == inf


def test_a_new_connection_to_a_server_that_still_waits_is_no_progress() -> None:
    stage = Stage()
    stage.hear(1.0, CONNECTED, WAITING)
    stage.hear(4.0, Delayed(retry_in_s=0.0, code="unknown"), GONE)
    stage.hear(6.0, CONNECTED)
    assert stage.until_s() == 11.0
    stage.hear(8.0, ServersChanged(servers=[], mode=""))
    assert stage.until_s() == 11.0


def test_when_the_other_one_is_back_and_something_is_stored_there_is_time_again() -> None:
    stage = Stage()
    stage.hear(1.0, CONNECTED, WAITING, Delayed(retry_in_s=0.0, code="unknown"))
    stage.hear(9.0, SOLO, STORED)
    assert stage.until_s() == inf


def test_a_server_that_puts_everything_off_is_given_up_with_its_reason() -> None:
    stage = Stage()
    stage.hear(2.0, CONNECTED, SOLO, Delayed(retry_in_s=1.0, code="disk_full"))
    stage.hear(3.0, Delayed(retry_in_s=1.0, code="disk_full"))
    assert stage.until_s() == 12.0
    assert "stores nothing: The server's disk is full." in stage.patience.sentence()


def test_a_server_that_is_only_busy_gets_time_from_the_hastiest() -> None:
    clock = Hand()
    patience = Patience(clock, 0.0)
    for notice in (CONNECTED, SOLO, Delayed(retry_in_s=1.0, code="too_many_requests")):
        patience.note(notice)
    assert patience.until_s(0.0, has_drafts=True) == 5.0


def test_a_server_that_was_reached_and_lets_nobody_in_is_not_called_silent() -> None:
    stage = Stage()
    stage.hear(1.0, Taught(addresses=["a:1"], authority=""))
    assert stage.until_s() == 10.0
    assert "has not let us in within 10 s" in stage.patience.sentence()
