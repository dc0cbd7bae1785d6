"""Windows as people have them: processes of their own, real keys, killed programs and killed servers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop_chat.app.application import Application
from tests.end_to_end.people import People
from tests.end_to_end.real_pair import RealPair
from tests.waiting import wait_until
from tests.windows.acting import shown_texts, status_texts, wait, wait_connected, write
from tests.windows.second_window import SecondWindow

MakeWindow = Callable[[str, str], SecondWindow]
LINES = [f"line {number}" for number in range(1, 21)]


@pytest.fixture
def make_window(tmp_path: Path, display: str) -> Iterator[MakeWindow]:
    """Make windows in processes of their own."""
    made: list[SecondWindow] = []

    def make(invite: str, name: str) -> SecondWindow:
        made.append(SecondWindow(invite, name, tmp_path / name))
        return made[-1]

    yield make
    for window in made:
        window.stop()


def test_r0_6_two_windows_talk_on_when_a_server_is_killed(
    open_window: Callable[..., Application], make_window: MakeWindow, pair: RealPair
) -> None:
    anna = open_window(str(pair.invite), "Anna")
    wait_connected(anna)
    ben = make_window(str(pair.invite), "Ben")
    wait(anna, lambda: ben.query("SELECT value FROM fact WHERE key = 'user'"), "Ben is in")
    write(anna, "one")
    wait(anna, lambda: ben.archived() == ["one"])
    ben.type_line("two")
    wait(anna, lambda: shown_texts(anna) == ["one", "two"])
    pair.kill(0)
    ben.type_line("three")
    wait(anna, lambda: shown_texts(anna) == ["one", "two", "three"])
    write(anna, "four")
    wait(anna, lambda: ben.archived() == ["one", "two", "three", "four"])
    wait(anna, lambda: "running on one server" in status_texts(anna))
    assert ben.stop() == 0


def test_twenty_lines_written_without_a_server_survive_kill_9_and_arrive_in_order_once(
    make_window: MakeWindow, pair: RealPair, people: People
) -> None:
    pair.stop_one(0)
    pair.stop_one(1)
    window = make_window(str(pair.invite), "Anna")
    for line in LINES:
        window.type_line(line)
    wait_until(lambda: window.outbox() == LINES, what="twenty lines on disk")
    window.kill()
    assert window.outbox() == LINES
    make_window(str(pair.invite), "Anna")
    pair.start_again(0)
    pair.start_again(1)
    wait_until(lambda: window.archived() == LINES, what="twenty lines in the archive")
    wait_until(lambda: window.outbox() == [], what="the outbox is empty")


def test_killed_while_sending_nothing_is_lost_and_nothing_comes_twice(
    make_window: MakeWindow, pair: RealPair, people: People
) -> None:
    ada = people.person(pair.invite, "Ada")
    ada.connected()
    window = make_window(str(pair.invite), "Anna")
    wait_until(lambda: window.query("SELECT value FROM fact WHERE key = 'user'"), what="Anna is in")
    for line in LINES[:10]:
        window.type_line(line)
    # It was given all the keys; it has taken the last of them when the last line is on its disk.
    wait_until(lambda: {*window.outbox(), *window.archived()} == {*LINES[:10]}, what="ten lines on disk")
    window.kill()
    again = make_window(str(pair.invite), "Anna")
    wait_until(lambda: again.archived() == LINES[:10], what="all lines, once")
    ada.reads(*LINES[:10])
