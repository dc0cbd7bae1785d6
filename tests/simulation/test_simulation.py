"""The pair in a pretended world: every seed keeps every promise, and plays the same run twice."""

import random
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tests.simulation.budgets import hunt
from tests.simulation.campaign import run_seeds
from tests.simulation.planted import BUGS
from tests.simulation.run import main
from tests.simulation.script import draw_script
from tests.simulation.shrink import fewest, shrink
from tests.simulation.simulate import simulate
from tests.simulation.small_scope import explore
from tests.simulation.weather import ENDINGS
from tests.source_tree import PROJECT

SAFETY_RUNS = 2_000
PARTS = 4
LIVENESS_RUNS = 513
TWICE = 50
# Of the small scope one schedule in so many; all of it by hand.
SAMPLE = 11
# The rarest of these comes once in some 30 runs; nothing hangs on which ones.
MEETING_RUNS = 1_000
MADE_FOR = (
    "leader dual",
    "leader solo",
    "follower solo",
    "cuts",
    "loads",
    "marks raised",
    "snapshots",
    "answers copies 1",
    "answers copies 2",
    "answers disk_full",
    "answers id_reuse",
    "answers room_name_taken",
    "answers unknown",
    "devices signed out",
    "files carried",
    "groups",
    "messages read in groups",
    "people let in by invites",
    "people put out of groups",
    "replacements",
    "requests handed over",
    "retired servers done",
    "rooms deleted",
    "runs with a merge",
)
# Fails as long as the simulator works: a bug that is planted, and a seed that meets it.
CANARY = ["--seed", "0", "--bug", "ack_before_own_sync"]


@pytest.mark.parametrize("part", range(PARTS))
def test_every_promise_is_kept(part: int, rng: random.Random) -> None:
    first = rng.randrange(2**31)
    failed = [run for run in run_seeds(first, SAFETY_RUNS // PARTS, jobs=2) if run.failure]
    assert not failed, "\n" + "\n".join(f"{run.command}\n    {run.failure}" for run in failed)


@pytest.mark.parametrize("ending", ENDINGS)
def test_whoever_is_reachable_acknowledges_under_a_fault_that_lasts(ending: str, rng: random.Random) -> None:
    first = rng.randrange(2**31)
    runs = run_seeds(first, LIVENESS_RUNS // len(ENDINGS), jobs=2, ending=ending)
    failed = [run for run in runs if run.failure]
    assert not failed, "\n" + "\n".join(f"{run.command}\n    {run.failure}" for run in failed)


def test_the_small_scope_keeps_every_promise(rng: random.Random) -> None:
    failed = [run for run in explore(jobs=2, every=SAMPLE, skipped=rng.randrange(SAMPLE)) if run.failure]
    assert not failed, "\n" + "\n".join(f"{run.script.plan}\n    {run.failure}" for run in failed)


def test_the_runs_meet_what_they_are_made_for() -> None:
    # A simulator in which nothing happens proves nothing.
    lacking = set(MADE_FOR)
    for run in run_seeds(0, MEETING_RUNS):
        lacking.difference_update(+run.seen)
        if not lacking:
            return
    pytest.fail(f"not met in {MEETING_RUNS} runs: {sorted(lacking)}")


def test_a_seed_plays_the_same_run_again(rng: random.Random) -> None:
    first = rng.randrange(2**31)
    for seed in range(first, first + TWICE):
        once, again = (simulate(draw_script(seed), with_trace=True) for _ in range(2))
        assert once.trace_hash == again.trace_hash, once.command


def test_a_seed_plays_the_same_run_in_any_process(rng: random.Random) -> None:
    command = [sys.executable, "-m", "tests.simulation.run", "--seed", str(rng.randrange(2**31))]
    traces = [
        subprocess.run(
            command, cwd=PROJECT, env={"PYTHONHASHSEED": hash_seed}, capture_output=True, check=True
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert traces[0] == traces[1]


@pytest.mark.parametrize("bug", BUGS)
@pytest.mark.timeout(600)
def test_a_planted_bug_is_found(bug: str) -> None:
    runs, found = hunt(bug)
    assert found is not None, f"not in {runs} runs"


def test_the_record_says_what_each_planted_bug_stands_for() -> None:
    told = (PROJECT / "docs" / "reliability.md").read_text()
    assert [bug for bug in BUGS if f"`{bug}`" not in told] == []


def test_a_failing_seed_is_played_by_hand_with_its_trace() -> None:
    played = CliRunner().invoke(main, CANARY)
    assert played.exit_code == 1
    assert "a  starts life 1" in played.output
    assert CliRunner().invoke(main, ["--seed", "0"]).exit_code == 0


def test_a_campaign_names_the_command_of_each_failing_seed() -> None:
    done = CliRunner().invoke(main, ["--seeds", "3", "--bug", "ack_before_own_sync"])
    assert done.exit_code == 1
    assert "python -m tests.simulation.run --seed 0 --bug ack_before_own_sync" in done.output


def test_a_kind_of_fault_that_does_not_exist_is_refused() -> None:
    assert CliRunner().invoke(main, ["--faults", "crash,earthquake"]).exit_code == 2


def test_shrinking_finds_the_fewest() -> None:
    asked: list[tuple[int, ...]] = []

    def fails(numbers: tuple[int, ...]) -> bool:
        asked.append(numbers)
        return {3, 11} <= set(numbers)

    assert fewest(tuple(range(16)), fails) == (3, 11)
    assert len(asked) < 60


def test_a_shrunk_run_is_played_again_by_its_command() -> None:
    _, found = hunt("truncation_by_length")
    assert found is not None
    run = shrink(found.script, bug=found.bug)
    assert run.rule == found.rule
    assert len(run.script.kept_plan) <= len(found.script.plan)
    again = CliRunner().invoke(main, run.command.split()[3:])
    assert run.failure in again.output
