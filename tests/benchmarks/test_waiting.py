"""What waits: all of it comes, once and in order, from either server."""

from benchmarks import waiting
from benchmarks.cases import Bench, Effort


def test_all_that_waited_comes_from_either_server() -> None:
    rows = list(waiting.measure(Bench(Effort.TINY)))
    assert [(row.case.rpartition(" ")[2], row.unit) for row in rows] == [
        ("leader", "ms p50"),
        ("leader", "ms max"),
        ("follower", "ms p50"),
        ("follower", "ms max"),
    ]
    assert all(row.value > 0 for row in rows)
