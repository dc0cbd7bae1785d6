"""The pair in a pretended world: every seed keeps every promise, and plays the same run twice."""

import random
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tests.simulation.campaign import command_of, run_seeds
from tests.simulation.planted import BUGS
from tests.simulation.run import main
from tests.simulation.simulate import simulate
from tests.source_tree import PROJECT

SEEDS = 500
PARTS = 10
TWICE = 10
# How many runs a planted bug may take to be found.
BUDGET = 400


@pytest.mark.parametrize("part", range(PARTS))
def test_every_promise_is_kept(part: int, rng: random.Random) -> None:
    first = rng.randrange(2**31)
    failed = [run for run in run_seeds(first, SEEDS // PARTS) if run.failure]
    assert not failed, "\n" + "\n".join(f"{command_of(run)}\n    {run.failure}" for run in failed)


def test_the_runs_meet_what_they_are_made_for() -> None:
    # A simulator in which nothing happens proves nothing.
    met = sum((run.seen for run in run_seeds(0, 60)), start=simulate(60).seen)
    for what in (
        "leader dual",
        "leader solo",
        "follower solo",
        "cuts",
        "loads",
        "snapshots",
        "answers copies 1",
        "answers copies 2",
        "answers unknown",
        "answers id_reuse",
        "answers room_name_taken",
        "runs with a merge",
    ):
        assert met[what], what


def test_a_seed_plays_the_same_run_again(rng: random.Random) -> None:
    first = rng.randrange(2**31)
    for seed in range(first, first + TWICE):
        assert simulate(seed, with_trace=True).trace == simulate(seed, with_trace=True).trace


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
def test_a_planted_bug_is_found(bug: str) -> None:
    assert any(run.failure for run in run_seeds(0, BUDGET, bug=bug))


def test_a_failing_seed_is_played_by_hand_with_its_trace() -> None:
    arguments = ["--seed", "0", "--bug", "ack_before_own_sync"]
    played = CliRunner().invoke(main, arguments)
    assert played.exit_code == 1
    assert "a  starts life 1" in played.output
    assert CliRunner().invoke(main, ["--seed", "0"]).exit_code == 0


def test_a_campaign_names_the_command_of_each_failing_seed() -> None:
    done = CliRunner().invoke(main, ["--seeds", "3", "--bug", "ack_before_own_sync"])
    assert done.exit_code == 1
    assert "python -m tests.simulation.run --seed 0 --bug ack_before_own_sync" in done.output
