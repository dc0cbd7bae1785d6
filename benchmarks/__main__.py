"""`python -m benchmarks`: measure, print one table with its ratios, and write it down if asked to."""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from benchmarks.cases import Bench, Case, Effort, Row
from benchmarks.chart import chart
from benchmarks.comparison import FALLEN_SHARE, fallen
from benchmarks.registry import CASES
from benchmarks.report import CHART, circumstances, write
from benchmarks.table import table


class Rows(msgspec.Struct, frozen=True):
    """What `--json` prints."""

    rows: list[Row]


BY_NAME = {case.name: case for case in CASES}


@click.command(epilog="\b\nThe cases:\n" + "\n".join(f"  {case.name:14} {case.about}" for case in CASES))
@click.option("--quick", is_flag=True, help="All of it in about a minute: a look, rough figures.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object in place of the table.")
@click.option("--write", "is_written", is_flag=True, help="Put tables and chart into docs/.")
@click.option("--case", "names", multiple=True, type=click.Choice(list(BY_NAME)), help="Only this one.")
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="What --json printed once: name every ratio that fell since.",
)
def main(
    *, quick: bool, as_json: bool, is_written: bool, names: tuple[str, ...], against: Path | None
) -> None:
    """Measure the server beside others of its kind, all in one run. Progress goes to standard error."""
    before = earlier_rows(against)
    load = os.getloadavg()[0]
    bench = Bench(Effort.QUICK if quick else Effort.FULL, lambda text: click.echo(text, err=True))
    cases = [BY_NAME[name] for name in names] or list(CASES)
    found, failed = measured(bench, cases)
    rows = [row for some in found.values() for row in some]
    around = circumstances(bench, load)
    if as_json:
        click.echo(msgspec.json.encode(Rows(rows)))
    else:
        click.echo(f"{table(rows)}\n\n{around}")
    if is_written:
        for case, some in found.items():
            write(case.name, f"{table(some)}\n\n{around}")
        if not names:
            # A chart of a few cases would leave the others out without a word.
            CHART.write_text(chart(rows), encoding="utf-8")
    if before is not None:
        for text in fallen(before, rows) or [f"no ratio fell by more than {FALLEN_SHARE:.0%}"]:
            click.echo(f"since then: {text}", err=True)
    if failed:
        click.echo(f"failed: {', '.join(case.name for case in failed)}", err=True)
        sys.exit(1)


def earlier_rows(path: Path | None) -> list[Row] | None:
    """The rows to compare with, if any; raises `click.BadParameter`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Rows).rows if path is not None else None
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{path} is not what --json prints: {error}") from error


def measured(bench: Bench, cases: Sequence[Case]) -> tuple[dict[Case, list[Row]], list[Case]]:
    """The rows of each case, and the cases that failed: the others are worth having without them."""
    found: dict[Case, list[Row]] = {}
    failed: list[Case] = []
    for number, case in enumerate(cases, 1):
        with bench.at(f"{case.name} ({number} of {len(cases)})"):
            bench.tell(case.about)
            try:
                found[case] = list(case.measure(bench))
            except Exception:
                # Whatever it is, the reader must know, and the figures of the others are not lost.
                click.echo(traceback.format_exc(), err=True)
                failed.append(case)
    return found, failed


if __name__ == "__main__":
    main()
