"""Failover: the gap is that of the leader's kills, and a run that lost something is no figure.

The run itself, with real kills, is tested in tests/end_to_end/test_torture.py.
"""

import msgspec
import pytest

from benchmarks import failover
from benchmarks.cases import Bench, Effort
from server.torture.report import Report

SAID = failover.Gaps(
    sent=1,
    acknowledged=1,
    lost=0,
    duplicated=0,
    out_of_order=0,
    leader_gap_p50_ms=30.0,
    leader_gap_max_ms=70.0,
)


def test_the_gaps_are_those_of_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"print('kill 1: gap 70 ms'); print({msgspec.json.encode(SAID).decode()!r})"
    monkeypatch.setattr(failover, "COMMAND", ("-c", text))
    told: list[str] = []
    rows = list(failover.measure(Bench(Effort.TINY, told.append)))
    assert [(row.value, row.unit) for row in rows] == [(30.0, "ms p50"), (70.0, "ms max")]
    assert any("gap 70 ms" in line for line in told)


def test_what_is_read_is_what_torture_says() -> None:
    assert set(failover.Gaps.__struct_fields__) <= set(Report.__struct_fields__)


def test_a_run_that_failed_gives_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failover, "COMMAND", ("-c", "print('lost everything'); raise SystemExit(1)"))
    with pytest.raises(RuntimeError, match="lost everything"):
        failover.tortured(failover.AMOUNTS[Effort.TINY], lambda _text: None)
