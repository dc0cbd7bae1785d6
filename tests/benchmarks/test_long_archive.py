"""The long archive: started with, read whole by a client, taken whole by an empty follower."""

from benchmarks.cases import Bench, Effort
from benchmarks.long_archive import MESSAGES, measure


def test_everybody_catches_up_and_every_figure_is_there() -> None:
    rows = list(measure(Bench(Effort.TINY)))
    units = [row.unit for row in rows]
    assert {"MB/s", "MB/s of records", "s to the first answer"} <= set(units)
    assert all(row.value >= 0 for row in rows)
    assert len({(row.case, row.unit) for row in rows}) == len(rows)
    assert any(f"{MESSAGES[Effort.TINY]:,} messages" in row.case for row in rows)
