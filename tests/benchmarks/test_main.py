"""The command: JSON of exactly one shape, cases by name, a failed case costs its own rows only."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

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
    raise subprocess.TimeoutExpired("a server", 20)


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


def test_what_was_printed_once_can_be_compared_with(tmp_path: Path) -> None:
    earlier = tmp_path / "before.json"
    before = [msgspec.structs.replace(ROWS[0], ratios={"other": 9.0})]
    earlier.write_bytes(msgspec.json.encode(command.Rows(before)))
    options = ["--json", "--case", "fan-out", "--against", str(earlier)]
    result = CliRunner().invoke(command.main, options, catch_exceptions=False)
    assert "since then: fan-out, W=1, deliveries/s: 9 × other before, 1.5 now" in result.stderr


@pytest.mark.parametrize("content", [b"", b"[]", b'{"rows": [{"case": 1}]}'])
def test_what_is_no_earlier_run_is_told_before_anything_is_measured(tmp_path: Path, content: bytes) -> None:
    earlier = tmp_path / "before.json"
    earlier.write_bytes(content)
    options = ["--case", "fan-out", "--against", str(earlier)]
    result = CliRunner().invoke(command.main, options, catch_exceptions=False)
    assert result.exit_code == 2
    assert "is not what --json prints" in result.stderr
    assert "a good one" not in result.stderr
