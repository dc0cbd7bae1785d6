"""Growth: one part grows at a time, and a message's cost is told beside the base."""

from benchmarks.cases import Bench, Effort
from benchmarks.growth import AMOUNTS, Size, grown, measure


def test_one_part_grows_at_a_time() -> None:
    sizes = [size for _, _, size in grown(Size(1, 2, 3), 10)]
    assert sizes == [Size(10, 2, 3), Size(1, 20, 3), Size(1, 2, 30)]


def test_every_part_has_a_factor() -> None:
    rows = list(measure(Bench(Effort.TINY)))
    assert [row.unit for row in rows[1::2]] == ["times that"] * 3 * len(AMOUNTS[Effort.TINY].factors)
    assert all(row.value >= 0 for row in rows)
