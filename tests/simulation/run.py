"""The simulator by hand: play one seed and read its trace, a campaign of many, or the planted bugs."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from tests.simulation.budgets import hunt
from tests.simulation.campaign import run_seeds
from tests.simulation.planted import BUGS, describe
from tests.simulation.script import Script, draw_script
from tests.simulation.shrink import shrink
from tests.simulation.simulate import Run, simulate
from tests.simulation.small_scope import explore
from tests.simulation.weather import ENDINGS, FAULTS


def _kinds(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    kinds = tuple(kind for kind in value.split(",") if kind)
    unknown = [kind for kind in kinds if kind not in FAULTS]
    if unknown:
        raise click.BadParameter(f"{unknown[0]} is none of {', '.join(FAULTS)}")
    return kinds


def _numbers(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    return None if value is None else tuple(int(number) for number in value.split(",") if number != "none")


@click.command()
@click.option("--seed", type=int, help="Play this one run and print what happens.")
@click.option("--keep", callback=_numbers, help="With only these faults of its plan (numbers, or none).")
@click.option("--shrink", "is_shrinking", is_flag=True, help="Find the fewest faults with which it fails.")
@click.option("--seeds", "count", type=int, default=500, show_default=True, help="How many runs.")
@click.option("--first", type=int, default=0, show_default=True, help="The first seed.")
@click.option("--jobs", type=int, default=1, show_default=True, help="How many processes.")
@click.option("--faults", "kinds", default="", callback=_kinds, help="Only these kinds, with commas.")
@click.option("--ending", type=click.Choice(["level", *ENDINGS]), help="The fault that lasts.")
@click.option("--bug", type=click.Choice(BUGS), help="With this planted bug.")
@click.option("--planted", is_flag=True, help="Look for every planted bug; all must be found.")
@click.option("--small-scope", "is_small", is_flag=True, help="Every crash point of every small script.")
def main(
    *,
    seed: int | None,
    keep: tuple[int, ...] | None,
    is_shrinking: bool,
    count: int,
    first: int,
    jobs: int,
    kinds: tuple[str, ...],
    ending: str | None,
    bug: str | None,
    planted: bool,
    is_small: bool,
) -> None:
    """Run the pair in a pretended world, one seed a run.

    \b
    python -m tests.simulation.run --seed 123
    python -m tests.simulation.run --seed 123 --shrink
    python -m tests.simulation.run --seeds 20000 --jobs 2
    python -m tests.simulation.run --seeds 500 --faults crash,cut --ending one_way
    python -m tests.simulation.run --small-scope --jobs 2
    python -m tests.simulation.run --planted
    """
    ending, bug = ending or "", bug or ""
    if seed is not None:
        script = draw_script(seed, kinds, ending)
        script = script if keep is None else script.keep(keep)
        sys.exit(_shrink(script, bug) if is_shrinking else _play(script, bug))
    if planted:
        sys.exit(_find_planted(jobs))
    if is_small:
        sys.exit(_explore(jobs, bug))
    sys.exit(_campaign(run_seeds(first, count, jobs=jobs, bug=bug, kinds=kinds, ending=ending), count))


def _play(script: Script, bug: str) -> int:
    run = simulate(script, bug=bug, with_trace=True)
    for fault in script.kept_plan:
        click.echo(fault)
    for line in run.trace:
        click.echo(line)
    click.echo(run.failure or f"every promise was kept for {run.virtual_s:.1f} virtual seconds")
    click.echo(f"trace {run.trace_hash[:16]}")
    return 1 if run.failure else 0


def _shrink(script: Script, bug: str) -> int:
    run = shrink(script, bug=bug)
    if not run.failure:
        click.echo("every promise was kept: there is nothing to shrink")
        return 0
    for fault in run.script.kept_plan:
        click.echo(fault)
    click.echo(f"{len(run.script.kept_plan)} of {len(script.plan)} faults are enough: {run.failure}")
    click.echo(run.command)
    return 1


def _campaign(runs: Iterator[Run], count: int) -> int:
    seen: Counter[str] = Counter()
    failures = 0
    with _progress(count) as step:
        for run in runs:
            step()
            seen += run.seen
            if run.failure:
                failures += 1
                click.echo(f"{run.command}\n    {run.failure}")
    click.echo("met: " + ", ".join(f"{what} {times}" for what, times in sorted(seen.items())))
    click.echo(f"{count} runs, {failures} failed")
    return 1 if failures else 0


def _explore(jobs: int, bug: str) -> int:
    count = failures = 0
    for run in explore(jobs=jobs, bug=bug):
        count += 1
        if run.failure:
            failures += 1
            click.echo(f"{run.script.plan}\n    {run.failure}")
    click.echo(f"{count} schedules of the small scope, {failures} failed")
    return 1 if failures else 0


def _find_planted(jobs: int) -> int:
    found_count = 0
    for bug in BUGS:
        runs, found = hunt(bug, jobs=jobs)
        click.echo(f"{bug}: {describe(bug)}")
        if found is None:
            click.echo(f"    NOT FOUND in {runs} runs")
        else:
            found_count += 1
            click.echo(f"    found after {runs} runs: {found.failure[:160]}")
            click.echo(f"    {found.command}")
    click.echo(f"planted bugs found: {found_count}/{len(BUGS)}")
    return 0 if found_count == len(BUGS) else 1


@contextmanager
def _progress(count: int) -> Iterator[Callable[[], None]]:
    """A bar on the error output, for whoever sits before it."""
    with click.progressbar(length=count, label="runs", file=sys.stderr) as bar:
        yield lambda: bar.update(1)


if __name__ == "__main__":
    main()
