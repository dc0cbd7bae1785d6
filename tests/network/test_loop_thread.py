"""Tests of server/network/loop_thread.py: calls arrive in order, bursts wake once, the end is orderly."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
import uvloop

from server.network.loop_thread import LoopThread, new_event_loop
from tests.waiting import DEADLINE_S, wait_until


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop])
def thread(request: pytest.FixtureRequest) -> Iterator[LoopThread]:
    thread = LoopThread("test-loop", request.param)
    thread.start()
    yield thread
    thread.stop()


async def answer(value: int) -> int:
    await asyncio.sleep(0)
    return value


def test_uvloop_is_used_where_it_installs() -> None:
    loop = new_event_loop()
    loop.close()
    assert isinstance(loop, uvloop.Loop)


def test_calls_run_on_the_loop_in_their_order(thread: LoopThread) -> None:
    found: list[int] = []
    places: set[str] = set()
    for number in range(1000):
        thread.call(found.append, number)
    thread.call(lambda: places.add(threading.current_thread().name))
    wait_until(lambda: places)
    assert found == list(range(1000))
    assert places == {"test-loop"}


def test_no_call_of_many_threads_is_lost(thread: LoopThread) -> None:
    found: list[tuple[int, int]] = []

    def call_often(who: int) -> None:
        for number in range(5000):
            thread.call(found.append, (who, number))

    callers = [threading.Thread(target=call_often, args=(who,)) for who in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    wait_until(lambda: len(found) == 20_000)
    for who in range(4):
        assert [number for caller, number in found if caller == who] == list(range(5000))


def test_a_burst_wakes_the_loop_once(thread: LoopThread, monkeypatch: pytest.MonkeyPatch) -> None:
    wakes: list[object] = []
    is_busy, go_on = threading.Event(), threading.Event()
    found: list[int] = []
    wake = thread._wake

    def counted(callback: Callable[[], None]) -> None:
        wakes.append(callback)
        wake(callback)

    thread.call(is_busy.set)
    thread.call(go_on.wait, DEADLINE_S)
    assert is_busy.wait(DEADLINE_S)
    monkeypatch.setattr(thread, "_wake", counted)
    for number in range(100):
        thread.call(found.append, number)
    go_on.set()
    wait_until(lambda: len(found) == 100)
    assert len(wakes) == 1


def test_a_call_from_inside_a_call_lets_the_loop_breathe(thread: LoopThread) -> None:
    """A function that calls itself again and again does not keep the loop from its other work."""
    is_over = threading.Event()

    def again() -> None:
        if not is_over.is_set():
            thread.call(again)

    thread.call(again)
    assert thread.run_sync(answer(5), 10) == 5
    is_over.set()


@pytest.mark.expected_errors("a call on the loop thread test-loop failed")
def test_a_call_that_raises_is_logged_and_the_next_one_runs(thread: LoopThread) -> None:
    found: list[int] = []

    def fail() -> None:
        raise RuntimeError("planted")

    thread.call(fail)
    thread.call(found.append, 1)
    wait_until(lambda: found)


@pytest.mark.expected_errors("planted callback")
def test_an_unhandled_error_of_the_loop_is_logged(thread: LoopThread) -> None:
    def fail() -> None:
        raise RuntimeError("planted callback")

    thread.loop.call_soon_threadsafe(fail)
    assert thread.run_sync(answer(1), 10) == 1


def test_run_sync_gives_the_result_or_raises(thread: LoopThread) -> None:
    async def fail() -> None:
        raise ValueError("planted")

    assert thread.run_sync(answer(7), 10) == 7
    with pytest.raises(ValueError, match="planted"):
        thread.run_sync(fail(), 10)


def test_run_sync_out_of_time_cancels_the_coroutine(thread: LoopThread) -> None:
    was_cancelled = threading.Event()

    async def wait_for_ever() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            was_cancelled.set()

    with pytest.raises(TimeoutError):
        thread.run_sync(wait_for_ever(), 0.01)
    assert was_cancelled.wait(DEADLINE_S)


def test_run_sync_on_the_own_thread_is_refused(thread: LoopThread) -> None:
    async def inside() -> str:
        try:
            thread.run_sync(answer(1), 1)
        except RuntimeError as error:
            return str(error)
        return ""

    assert "would wait for itself" in thread.run_sync(inside(), 10)


def test_the_end_runs_what_was_called_and_cancels_the_tasks() -> None:
    found: list[str] = []
    thread = LoopThread("ending")
    thread.call(found.append, "called before the start")

    async def wait_for_ever() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            found.append("cancelled")

    thread.start()
    task = asyncio.run_coroutine_threadsafe(wait_for_ever(), thread.loop)
    thread.run_sync(answer(1), 10)
    thread.call(found.append, "called before the end")
    thread.stop()
    thread.stop()
    assert task.cancelled()
    assert found == ["called before the start", "called before the end", "cancelled"]
    assert thread.loop.is_closed()
    thread.call(found.append, "called after the end")
    assert len(found) == 3


def test_a_thread_that_was_never_started_can_be_stopped() -> None:
    thread = LoopThread("idle")
    thread.stop()
    assert thread.loop.is_closed()
