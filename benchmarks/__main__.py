"""`python -m benchmarks`: measure, print the table with its ratios, and write it down if asked to."""

import datetime
import os

import click
import msgspec

from benchmarks.bare_relay import BARE_RELAY
from benchmarks.fan_out import WINDOWS, Effort, Row, measure, ratio, table
from benchmarks.nats import NATS
from benchmarks.ours import OURS
from benchmarks.report import machine, write

RIVALS = (OURS, NATS, BARE_RELAY)
REFERENCES = (NATS.name, BARE_RELAY.name)
FULL = Effort(receivers=500, runs=3, seconds=3.0)
# To see that everything works; its figures mean little.
QUICK = Effort(receivers=100, runs=1, seconds=0.5)


@click.command()
@click.option("--quick", is_flag=True, help="Few receivers and one short run: a look, no figures.")
@click.option("--json", "as_json", is_flag=True, help="The last line is one JSON object.")
@click.option("--write", "is_written", is_flag=True, help="Put the table into docs/performance.md.")
def main(*, quick: bool, as_json: bool, is_written: bool) -> None:
    """Fan-out of a durable server, alone, beside nats-server and a bare relay in C."""
    effort = QUICK if quick else FULL
    load = os.getloadavg()[0]
    rows = measure(RIVALS, effort, lambda line: click.echo(line, err=as_json))
    text = f"{table(rows, REFERENCES)}\n\n{_circumstances(effort, load)}"
    if is_written:
        write("fan-out", text)
    click.echo(msgspec.json.encode(_facts(rows, effort)).decode() if as_json else text)


def _circumstances(effort: Effort, load: float) -> str:
    """What one must know to believe the figures; `load` is the machine's before they were taken."""
    today = datetime.datetime.now(datetime.UTC).date()
    return (
        f"{today}: {machine()}; {effort.receivers} receivers,"
        f" the median of {effort.runs} runs of {effort.seconds:g} s each."
        f" Load of the machine by other work, before: {load:.1f}."
    )


def _facts(rows: list[Row], effort: Effort) -> dict[str, object]:
    """The same for programs; times in ms, processor time in µs."""
    return {
        "machine": machine(),
        "receivers": effort.receivers,
        "runs": effort.runs,
        "rows": [
            {
                "server": row.rival,
                "window": row.window,
                "deliveries_per_s": round(row.median.deliveries_a_second),
                "processor_us": round(row.median.processor_s * 1e6, 3),
                "p50_ms": round(row.median.latency_s(0.5) * 1e3, 3),
                "p99_ms": round(row.median.latency_s(0.99) * 1e3, 3),
            }
            for row in rows
        ],
        "ratios": {
            f"{reference} at W={window}": ratio(rows, OURS.name, reference, window)
            for window in WINDOWS
            for reference in REFERENCES
        },
    }


if __name__ == "__main__":
    main()
