"""The gap of a kill is the longest wait of the unluckiest sender that touches its window."""

import pytest

from server.torture.gaps import Gap, gap_of, longest_wait, max_ms, p50_ms
from server.torture.history import Kill, SenderHistory


@pytest.mark.parametrize(
    ("times", "wait"),
    [
        ([9.9, 10.2, 10.3, 14.9, 15.0], 4.6),
        ([9.0, 10.5, 11.0, 12.0, 13.0, 14.0, 15.0], 1.5),
        # It lasts longer than the window, and ends behind it.
        ([9.9, 10.1, 16.1], 6.0),
        # Waits that were over before, or began afterwards, have nothing to do with this kill.
        ([1.0, 9.8, 10.1, 11.0, 12.0, 13.0, 14.0, 15.0, 15.1, 30.0], 1.0),
        # Nothing came any more.
        ([9.9, 10.0], 5.0),
        ([], 5.0),
    ],
)
def test_the_longest_wait_that_touches_the_window_counts(times: list[float], wait: float) -> None:
    assert longest_wait(times, 10.0) == pytest.approx(wait)


def test_the_worst_sender_counts() -> None:
    lucky, unlucky = SenderHistory("lucky", "a"), SenderHistory("unlucky", "b")
    lucky.acknowledged_at = [10 + n / 10 for n in range(60)]
    unlucky.acknowledged_at = [10.0, 10.7, *(11 + n / 10 for n in range(60))]
    gap = gap_of(Kill(1, 10.0, "A", "leader"), [lucky, unlucky])
    assert gap.sender == "unlucky"
    assert gap.seconds == pytest.approx(0.7)


def test_over_all_kills_median_and_maximum_are_told_in_milliseconds() -> None:
    gaps = [Gap(0.05, "a"), Gap(0.2, "b"), Gap(0.07, "a")]
    assert (p50_ms(gaps), max_ms(gaps)) == (70.0, 200.0)


def test_without_a_kill_there_is_no_gap() -> None:
    assert (p50_ms([]), max_ms([])) == (None, None)
