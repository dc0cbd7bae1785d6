"""The command: JSON of exactly one shape, cases by name, a failed case costs its own rows only."""

from collections.abc import Iterator

import msgspec
import pytest
from click.testing import CliRunner

import benchmarks.__main__ as command
from benchmarks.cases import Bench, Case, Effort, Row
from tests.benchmarks.rows import ROWS


def good(bench: Bench) -> Iterator[Row]:
    bench.miss("no peer here: install one")
    yield from ROWS


def broken(_bench: Bench) -> Iterator[Row]:
    yield ROWS[0]
    raise RuntimeError("it stood still")


@pytest.fixture(autouse=True)
def few_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [Case("fan-out", "a good one", good), Case("start", "a broken one", broken)]
    for case in cases:
        monkeypatch.setitem(command.BY_NAME, case.name, case)


def test_json_is_rows_and_nothing_else() -> None:
    result = CliRunner().invoke(command.main, ["--json", "--case", "fan-out"], catch_exceptions=False)
    told = msgspec.json.decode(result.stdout)
    assert list(told) == ["rows"]
    assert [list(row) for row in told["rows"]] == [["case", "value", "unit", "ratios"]] * len(ROWS)
    assert told["rows"][0]["ratios"] == {"other": 1.5, "third": 0.25}
    assert "a good one" in result.stderr


def test_the_table_names_what_is_missing() -> None:
    result = CliRunner().invoke(command.main, ["--case", "fan-out"], catch_exceptions=False)
    assert "| start | 1,234 ms | - | 0.5 |  |" in result.stdout
    assert "Left out: no peer here: install one." in result.stdout


def test_a_case_that_fails_is_told_and_the_others_are_kept() -> None:
    bench = Bench(Effort.TINY)
    cases = [Case("start", "a broken one", broken), Case("fan-out", "a good one", good)]
    found, failed = command.measured(bench, cases)
    assert [case.name for case in failed] == ["start"]
    assert [case.name for case in found] == ["fan-out"]
