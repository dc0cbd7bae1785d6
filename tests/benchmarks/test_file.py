"""A file through the pair: it arrives, and messages are confirmed beside it."""

from benchmarks import file
from benchmarks.cases import Bench, Effort


def test_a_file_arrives_and_messages_are_confirmed_meanwhile() -> None:
    rows = list(file.measure(Bench(Effort.TINY)))
    assert [row.unit for row in rows] == ["MB/s", "ms p99 of messages meanwhile", "ms max"]
    assert rows[0].value > 0
    assert file.DISK in rows[0].ratios


def test_of_nothing_there_is_no_latency() -> None:
    assert file.quantile([], 0.99) == 0.0
    assert file.quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert file.quantile([3.0, 1.0, 2.0], 1.0) == 3.0
