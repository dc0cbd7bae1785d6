"""The fan-out: every delivery is counted, a missing rival is named once and left out."""

import resource
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import closed_loop, fan_out
from benchmarks.bare_relay import BARE_RELAY
from benchmarks.cases import Bench, Effort
from benchmarks.closed_loop import Outcome, loaded
from benchmarks.fan_out import measure, median
from benchmarks.ours import OURS, OURS_PAIR, OURS_TLS
from benchmarks.rival import MissingRivalError, Rival, Running


@pytest.mark.parametrize("ours", [OURS, OURS_TLS, OURS_PAIR], ids=["plain", "TLS", "pair"])
def test_every_message_reaches_every_receiver_of_our_server(ours: Rival) -> None:
    with ours.serving(4) as running, loaded(ours, running, receivers=4) as load:
        outcome = load.run(window=10, seconds=0.1)
        messages = load.done
    assert messages == len(outcome.latencies_s) >= 10
    assert outcome.deliveries_a_second > 0


def test_without_a_c_compiler_the_receivers_count_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_compiler(_source: Path) -> Path:
        raise MissingRivalError("no C compiler")

    with BARE_RELAY.started() as running:
        monkeypatch.setattr(closed_loop, "compiled", no_compiler)
        with loaded(BARE_RELAY, running, receivers=4) as load:
            outcome = load.run(window=10, seconds=0.05)
    assert len(outcome.latencies_s) >= 10


def nowhere() -> AbstractContextManager[Running]:
    raise MissingRivalError("there is none: install it")


def pretended() -> Iterator[Running]:
    raise AssertionError("too many receivers for it")


def test_ours_gets_rows_and_what_is_missing_is_named_once() -> None:
    missing: Rival = replace(BARE_RELAY, name="missing", started=nowhere)
    small: Rival = replace(BARE_RELAY, name="small", started=contextmanager(pretended), receivers_max=3)
    bench = Bench(Effort.TINY)
    rows = list(measure(bench, [replace(BARE_RELAY, is_ours=True, name="ours"), BARE_RELAY, missing, small]))
    assert bench.missing == ["there is none: install it"]
    assert rows[0].case == "fan-out, 4 receivers, W=1, ours"
    assert [row.unit for row in rows[:2]] == ["deliveries/s", "ms p50"]
    assert {peer for row in rows for peer in row.ratios} == {BARE_RELAY.name}


def fallen() -> AbstractContextManager[Running]:
    raise RuntimeError("it fell over")


def test_a_peer_that_fails_is_left_out_by_name_and_ours_is_not() -> None:
    fallen_rival: Rival = replace(BARE_RELAY, name="weak", started=fallen)
    bench = Bench(Effort.TINY)
    assert list(measure(bench, [fallen_rival])) == []
    assert bench.missing == ["weak failed: it fell over"]
    with pytest.raises(RuntimeError, match="fell over"):
        list(measure(bench, [replace(fallen_rival, is_ours=True)]))


def test_more_receivers_than_files_are_left_out_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    # The true limit of this process is left alone: a lowered one would stay.
    monkeypatch.setattr(fan_out, "raise_file_limit", lambda _users: None)
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (100, 100))
    bench = Bench(Effort.TINY)
    assert list(measure(bench, [replace(BARE_RELAY, is_ours=True)])) == []
    assert bench.missing == ["4 receivers: a process may open 100 files only (ulimit -n)"]


def test_the_run_with_the_median_rate_counts() -> None:
    outcomes = [Outcome(rate, 0.0, 0.0, [rate]) for rate in (5.0, 1.0, 3.0)]
    assert median(outcomes) is outcomes[2]
