"""The simulator by hand: play one seed and read its trace, or a campaign of many."""

import sys
from collections import Counter

import click

from tests.simulation.campaign import command_of, run_seeds
from tests.simulation.planted import BUGS, describe
from tests.simulation.simulate import simulate

_PROGRESS_EVERY = 500


@click.command()
@click.option("--seed", type=int, help="Play this one run and print what happens.")
@click.option("--seeds", "count", type=int, default=500, show_default=True, help="How many runs.")
@click.option("--first", type=int, default=0, show_default=True, help="The first seed.")
@click.option("--jobs", type=int, default=1, show_default=True, help="How many processes.")
@click.option("--bug", type=click.Choice(BUGS), help="With this planted bug.")
@click.option("--planted", is_flag=True, help="Look for every planted bug; all must be found.")
@click.option("--budget", type=int, default=400, show_default=True, help="Runs to find a planted bug in.")
def main(
    *, seed: int | None, count: int, first: int, jobs: int, bug: str | None, planted: bool, budget: int
) -> None:
    """Run the pair in a pretended world, one seed a run.

    \b
    python -m tests.simulation.run --seed 123
    python -m tests.simulation.run --seeds 20000 --jobs 2
    python -m tests.simulation.run --planted
    """
    if seed is not None:
        sys.exit(_play(seed, bug or ""))
    sys.exit(_find_planted(first, budget) if planted else _campaign(first, count, jobs, bug or ""))


def _play(seed: int, bug: str) -> int:
    run = simulate(seed, bug=bug, with_trace=True)
    for line in run.trace:
        click.echo(line)
    click.echo(run.failure or f"every promise was kept for {run.virtual_s:.1f} virtual seconds")
    return 1 if run.failure else 0


def _campaign(first: int, count: int, jobs: int, bug: str) -> int:
    seen: Counter[str] = Counter()
    failures = 0
    for number, run in enumerate(run_seeds(first, count, jobs=jobs, bug=bug), start=1):
        seen += run.seen
        if run.failure:
            failures += 1
            click.echo(f"{command_of(run)}\n    {run.failure}")
        if number % _PROGRESS_EVERY == 0:
            click.echo(f"{number} of {count} runs, {failures} failed")
    click.echo("met: " + ", ".join(f"{what} {times}" for what, times in sorted(seen.items())))
    click.echo(f"{count} runs from seed {first}, {failures} failed")
    return 1 if failures else 0


def _find_planted(first: int, budget: int) -> int:
    missed = 0
    for bug in BUGS:
        found = next((run for run in run_seeds(first, budget, bug=bug) if run.failure), None)
        click.echo(f"{bug}: {describe(bug)}")
        if found is None:
            missed += 1
            click.echo(f"    NOT FOUND in {budget} runs")
        else:
            click.echo(f"    found after {found.seed - first + 1} runs: {found.failure[:160]}")
            click.echo(f"    {command_of(found)}")
    click.echo(f"{len(BUGS) - missed} of {len(BUGS)} planted bugs found")
    return 1 if missed else 0


if __name__ == "__main__":
    main()
