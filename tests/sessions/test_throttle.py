"""The throttle: a burst is free, then the rate holds, and nobody is ever refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sessions.throttle import Throttle, Throttles


def test_a_burst_is_free_and_the_next_one_pauses() -> None:
    throttle = Throttle(5, 20, 100.0)
    assert [throttle.take(100.0) for _ in range(20)] == [0.0] * 20
    assert throttle.take(100.0) == pytest.approx(0.2)


def test_who_waits_as_told_pauses_between_any_two() -> None:
    throttle, now = Throttle(5, 2, 0.0), 0.0
    pauses = []
    for _ in range(6):
        pause_s = throttle.take(now)
        now += pause_s
        pauses.append(pause_s)
    assert pauses == pytest.approx([0, 0, 0.2, 0.2, 0.2, 0.2])


def test_rest_earns_the_burst_back_and_not_more() -> None:
    throttle = Throttle(5, 3, 0.0)
    for _ in range(3):
        throttle.take(0.0)
    assert [throttle.take(1000.0) for _ in range(3)] == [0.0] * 3
    assert throttle.take(1000.0) > 0


def test_what_costs_more_takes_more_of_it() -> None:
    throttle = Throttle(5, 20, 100.0)
    assert [throttle.take(100.0, 0.01) for _ in range(100)] == [0.0] * 100
    assert throttle.take(100.0, 21) == pytest.approx(0.4)


def test_the_connections_of_a_person_share_one_and_nobody_elses() -> None:
    throttles = Throttles(burst=2)
    first, second, other = (throttles.of(person, 5.0, 0.0) for person in ("anna", "anna", "ben"))
    assert [first.take(0.0), second.take(0.0)] == [0.0, 0.0]
    assert first.take(0.0) > 0
    assert other.take(0.0) == 0
    assert throttles.of("anna", 7.0, 0.0).take(0.0) == 0, "another rate counts from the next connection on"


def test_rate_0_switches_it_off() -> None:
    throttle = Throttle(0, 1, 0.0)
    assert {throttle.take(0.0) for _ in range(1000)} == {0.0}


@given(
    st.floats(0.1, 100),
    st.integers(1, 50),
    st.lists(st.floats(0, 10), min_size=1, max_size=200),
)
def test_over_any_time_no_more_than_burst_and_rate_pass(rate: float, burst: int, gaps: list[float]) -> None:
    throttle, now = Throttle(rate, burst, 0.0), 0.0
    for count, gap in enumerate(gaps, start=1):
        now += gap
        now += throttle.take(now)
        assert count <= burst + rate * now + 1e-6
