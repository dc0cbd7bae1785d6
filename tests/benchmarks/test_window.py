"""The window is painted, opens a long conversation, takes what comes; without a display it is left out."""

from contextlib import AbstractContextManager

import pytest

from benchmarks import window
from benchmarks.cases import Bench, Effort


def test_every_figure_of_a_window_is_there() -> None:
    rows = list(window.measure(Bench(Effort.TINY)))
    assert [row.unit for row in rows] == [
        *("s until it is painted", "s processor", "ms", "ms again"),
        *("ms for 500 more messages", "MB more memory"),
    ]
    assert all(row.value > 0 for row in rows[:5])


def test_without_a_display_it_is_left_out_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> AbstractContextManager[str]:
        raise RuntimeError("Xvfb is not installed")

    monkeypatch.setattr(window, "own_display", nowhere)
    bench = Bench(Effort.TINY)
    assert list(window.measure(bench)) == []
    assert bench.missing == ["the window is left out: Xvfb is not installed"]
