"""Comparison: only ratios that got worse by much are named, whatever the unit's better direction."""

from benchmarks.cases import Row
from benchmarks.comparison import fallen

BEFORE = [Row("rate", 10.0, "messages/s", {"peer": 2.0}), Row("time", 10.0, "ms", {"peer": 2.0})]


def after(rate: float, time: float) -> list[Row]:
    return [Row("rate", 1.0, "messages/s", {"peer": rate}), Row("time", 1.0, "ms", {"peer": time})]


def test_a_lower_rate_and_a_longer_time_are_named_the_worst_first() -> None:
    assert fallen(BEFORE, after(1.6, 4.0)) == [
        "time, ms: 2 × peer before, 4 now",
        "rate, messages/s: 2 × peer before, 1.6 now",
    ]


def test_what_got_better_or_little_worse_is_not_named() -> None:
    assert fallen(BEFORE, after(1.8, 2.2)) == []
    assert fallen(BEFORE, after(4.0, 1.0)) == []


def test_rows_and_peers_that_only_one_run_has_are_passed_over() -> None:
    assert fallen(BEFORE[:1], after(2.0, 9.0)) == []
    assert fallen([Row("rate", 10.0, "messages/s", {"other": 2.0})], after(1.0, 2.0)) == []
