"""The fan-out: every delivery is counted, a missing rival is left out in words, ratios fit the table."""

from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from benchmarks.closed_loop import Outcome, loaded
from benchmarks.fan_out import Effort, Row, measure, ratio, table
from benchmarks.ours import OURS
from benchmarks.rival import MissingRivalError, Rival, Running

ROWS = [
    Row("ours", 1, Outcome(300.0, 2e-6, [0.001, 0.002, 0.004])),
    Row("other", 1, Outcome(200.0, 3e-6, [0.003])),
    Row("ours", 100, Outcome(5_000.0, 1e-6, [0.010])),
]


def test_every_message_reaches_every_receiver_of_our_server() -> None:
    with OURS.started() as running, loaded(OURS, running, receivers=4) as load:
        outcome = load.run(window=10, seconds=0.1)
        messages = load.done
    assert messages == len(outcome.latencies_s) >= 10
    assert outcome.deliveries_a_second > 0


def nowhere() -> AbstractContextManager[Running]:
    raise MissingRivalError("there is none: install it")


def test_a_missing_rival_is_said_once_and_left_out() -> None:
    told: list[str] = []
    missing: Rival = replace(OURS, name="missing", started=nowhere)
    assert measure([missing], Effort(receivers=1, runs=3, seconds=0.1), told.append) == []
    assert told == ["there is none: install it"]


@pytest.mark.parametrize(
    ("window", "expected"), [(1, 1.5), (100, None)], ids=["both measured", "one measured"]
)
def test_a_ratio_is_between_servers_at_the_same_window(window: int, expected: float | None) -> None:
    assert ratio(ROWS, "ours", "other", window) == expected


def test_the_table_shows_rates_ratios_and_latencies() -> None:
    assert table(ROWS, ["other"]).splitlines()[2:] == [
        "| ours | 1 | 300 | 1.50 | 2.00 | 2.00 | 4.00 | 4.00 |",
        "| other | 1 | 200 | 1.00 | 3.00 | 3.00 | 3.00 | 3.00 |",
        "| ours | 100 | 5,000 | - | 1.00 | 10.00 | 10.00 | 10.00 |",
    ]
