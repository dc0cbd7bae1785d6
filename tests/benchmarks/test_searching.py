"""Searching a long archive: the index is made, and every figure is there."""

from benchmarks.cases import Bench, Effort
from benchmarks.searching import MESSAGES, measure


def test_the_index_is_made_and_every_figure_is_there() -> None:
    rows = list(measure(Bench(Effort.TINY)))
    assert {"s", "MB", "ms p50", "ms p99", "messages/s"} <= {row.unit for row in rows}
    assert all(row.value > 0 for row in rows)
    assert len({(row.case, row.unit) for row in rows}) == len(rows)
    assert any(f"{MESSAGES[Effort.TINY]:,} messages" in row.case for row in rows)
