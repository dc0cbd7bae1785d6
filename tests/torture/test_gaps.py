"""The gap of a fault is the longest wait of the unluckiest sender that touches its window."""

import pytest

from server.torture.faults import FaultKind
from server.torture.gaps import Gap, gap_of, gaps_of, longest_wait, max_ms, p50_ms
from server.torture.history import Fault, SenderHistory


def fault(at_s: float, lasts_s: float) -> Fault:
    return Fault(1, FaultKind.PAUSE, at_s, 0, lasts_s, "A", "leader")


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
    gap = gap_of(fault(10.0, 0.0), [lucky, unlucky])
    assert gap.sender == "unlucky"
    assert gap.seconds == pytest.approx(0.7)


def test_a_fault_that_lasts_has_a_longer_window() -> None:
    sender = SenderHistory("late", "a", acknowledged_at=[n / 10 for n in range(170)] + [18.0, 18.1])
    assert gap_of(fault(10.0, 0.5), [sender]).seconds == pytest.approx(0.1)
    assert gap_of(fault(10.0, 3.0), [sender]).seconds == pytest.approx(1.1)


def test_what_people_wait_for_the_next_fault_is_not_the_gap_of_this_one() -> None:
    sender = SenderHistory("waits", "a", acknowledged_at=[n / 10 for n in range(121)] + [13.5, 13.6])
    first, second = fault(10.0, 1.0), fault(12.05, 1.0)
    assert [gap.seconds for gap in gaps_of([first, second], [sender])] == pytest.approx([0.1, 4.45])


def test_over_all_faults_median_and_maximum_are_told_in_milliseconds() -> None:
    gaps = [Gap(0.05, "a"), Gap(0.2, "b"), Gap(0.07, "a")]
    assert (p50_ms(gaps), max_ms(gaps)) == (70.0, 200.0)


def test_without_a_fault_there_is_no_gap() -> None:
    assert (p50_ms([]), max_ms([])) == (None, None)
