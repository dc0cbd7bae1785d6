"""The door between the threads, on a real Tk loop."""

import threading
import tkinter as tk
from collections.abc import Callable, Iterator, Sequence
from time import monotonic

import pytest

from desktop_chat.event_pump import EventPump
from desktop_chat.gui_events import GuiEvent
from server.client.notices import CopiesRaised
from tests.waiting import wait_until

MakePump = Callable[[Callable[[Sequence[GuiEvent]], None]], EventPump]


def event(number: int) -> CopiesRaised:
    return CopiesRaised(index=number)


@pytest.fixture
def make_pump(root: tk.Tk) -> Iterator[MakePump]:
    made: list[EventPump] = []

    def make(on_events: Callable[[Sequence[GuiEvent]], None]) -> EventPump:
        made.append(EventPump(root, monotonic, on_events))
        return made[-1]

    yield make
    for pump in made:
        pump.close()


def post_from_a_thread(pump: EventPump, count: int) -> threading.Thread:
    def post() -> None:
        for number in range(count):
            pump.post(event(number))

    thread = threading.Thread(target=post)
    thread.start()
    return thread


def test_events_come_in_order_on_the_tk_thread(root: tk.Tk, make_pump: MakePump) -> None:
    taken: list[GuiEvent] = []
    threads = set()

    def take(events: Sequence[GuiEvent]) -> None:
        threads.add(threading.get_ident())
        taken.extend(events)

    thread = post_from_a_thread(make_pump(take), 5000)
    wait_until(lambda: len(taken) == 5000, pump=root.update)
    thread.join()
    assert taken == [event(number) for number in range(5000)]
    assert threads == {threading.get_ident()}


def test_a_flood_leaves_time_for_drawing(root: tk.Tk, make_pump: MakePump) -> None:
    taken: list[GuiEvent] = []
    drawn_between: list[int] = []

    def take(events: Sequence[GuiEvent]) -> None:
        # Each event costs more than its share of a batch.
        end = monotonic() + 0.002
        while monotonic() < end:
            pass
        taken.extend(events)

    pump = make_pump(take)
    for number in range(2000):
        pump.post(event(number))

    def draw() -> None:
        drawn_between.append(len(taken))
        root.after(1, draw)

    draw()
    wait_until(lambda: len(taken) == 2000, pump=lambda: root.tk.dooneevent(0))
    assert len(set(drawn_between)) > 3


@pytest.mark.expected_errors("could not be shown")
def test_a_mistake_with_one_batch_does_not_stop_the_next(root: tk.Tk, make_pump: MakePump) -> None:
    taken: list[GuiEvent] = []

    def take(events: Sequence[GuiEvent]) -> None:
        if event(0) in events:
            raise ValueError("a mistake")
        taken.extend(events)

    pump = make_pump(take)
    pump.post(event(0))
    root.update()
    pump.post(event(1))
    wait_until(lambda: taken == [event(1)], pump=root.update)


def test_what_is_posted_after_the_end_is_dropped(root: tk.Tk, make_pump: MakePump) -> None:
    taken: list[GuiEvent] = []
    pump = make_pump(taken.extend)
    pump.close()
    pump.post(event(1))
    root.update()
    assert taken == []
