"""Acknowledgement: what is counted is confirmed by the server, with two copies where that is promised."""

import socket
import threading
from functools import partial

import pytest

from benchmarks.acknowledgement import GOAL, OURS_BY_NAME, PIPELINED, SYNC, Keeper, Loop, measure, sync_times
from benchmarks.bare_relay import BARE_RELAY
from benchmarks.cases import Bench, Effort
from benchmarks.closed_loop import Outcome
from benchmarks.rival import Running


def other(windows: tuple[int, ...], _seconds: float) -> dict[int, Outcome]:
    return {window: Outcome(100.0, 1e-3, 0.0, [0.5]) for window in windows}


def broken(_windows: tuple[int, ...], _seconds: float) -> dict[int, Outcome]:
    raise TimeoutError("nobody came")


def test_ours_gets_rates_and_latencies_beside_the_others() -> None:
    bench = Bench(Effort.TINY)
    rows = list(measure(bench, {"other": other, "broken": broken}))
    assert bench.missing == ["broken failed: nobody came"]
    cases = {row.case: row for row in reversed(rows)}
    for ours in OURS_BY_NAME:
        assert set(cases[f"acknowledged, {PIPELINED} under way, {ours}"].ratios) == {"other"}
        assert set(cases[f"acknowledged, one at a time, {ours}"].ratios) == {"other", GOAL}
    assert cases[SYNC].value > 0


def answer(listener: socket.socket, answers: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.sendall(b"ready\n")
        connection.recv(1 << 16)
        connection.sendall(answers)


@pytest.mark.parametrize(
    ("answers", "words"), [(b"stored 1\n", "acknowledged with"), (b"", "closed the sender")]
)
def test_an_acknowledgement_that_promises_less_is_an_error(answers: bytes, words: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=partial(answer, listener, answers))
        thread.start()
        running = Running("127.0.0.1", listener.getsockname()[1], ())
        loop = Loop(Keeper(BARE_RELAY, b"stored", forbidden=b"stored 1"), running)
        with pytest.raises(RuntimeError, match=words):
            loop.run(1, 0.01)
        loop.close()
        thread.join()


def test_times_of_a_sync_are_sorted() -> None:
    times = sync_times(0.01)
    assert times == sorted(times)
    assert times[0] > 0
