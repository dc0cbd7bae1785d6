"""The counters of a device: a set of ranges does what a plain set does."""

from hypothesis import given
from hypothesis import strategies as st

from server.state.counters import CounterSet

COUNTERS = st.lists(st.integers(0, 60), max_size=60)


@given(COUNTERS)
def test_it_is_a_set(counters: list[int]) -> None:
    seen, plain = CounterSet(), set[int]()
    for counter in counters:
        assert (counter in seen) == (counter in plain)
        seen.add(counter)
        plain.add(counter)
        assert counter in seen
    assert all((counter in seen) == (counter in plain) for counter in range(62))


@given(COUNTERS)
def test_ranges_are_sorted_and_do_not_touch(counters: list[int]) -> None:
    seen = CounterSet()
    for counter in counters:
        seen.add(counter)
    for (_, last), (first, _) in zip(seen.ranges, seen.ranges[1:], strict=False):
        assert last + 1 < first
    assert all(first <= last for first, last in seen.ranges)
    assert sum(last - first + 1 for first, last in seen.ranges) == len(set(counters))


@given(COUNTERS)
def test_equal_sets_have_equal_ranges_in_whatever_order_they_grew(counters: list[int]) -> None:
    forwards, backwards = CounterSet(), CounterSet()
    for counter in counters:
        forwards.add(counter)
    for counter in reversed(counters):
        backwards.add(counter)
    assert forwards.ranges == backwards.ranges == CounterSet(list(forwards.ranges)).ranges


@given(COUNTERS)
def test_what_is_apart_is_one_more_range(counters: list[int]) -> None:
    seen = CounterSet()
    for counter in counters:
        before = len(seen)
        is_apart = seen.is_apart(counter)
        seen.add(counter)
        assert (len(seen) > before) == is_apart
        assert len(seen) == len(seen.ranges)


def test_a_device_that_counts_in_order_costs_one_range() -> None:
    seen = CounterSet()
    for counter in range(1, 10_001):
        seen.add(counter)
    assert seen.ranges == ((1, 10_000),)
