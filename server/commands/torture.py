"""`torture`: a pair under load and under every fault, and everything counted afterwards."""

import contextlib
import secrets
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from server.cluster.data_folder import DataFolder, FolderError
from server.cluster.pair_processes import choose_ports
from server.commands.option_values import fault_kinds
from server.commands.pair import make_pair_folders
from server.commands.serving import fail, invite_link, told_errors
from server.i18n.translation import _
from server.names.addresses import Address
from server.network.clock import SystemClock
from server.network.tls import Trust
from server.torture.crowd import READERS_A_SERVER
from server.torture.faults import FaultKind
from server.torture.plan import Plan
from server.torture.run import Run, RunFailedError, RunStoppedError
from server.torture.target import Target, prepared

# Only a chat of this name is tortured: nobody wants thousands of messages in a real one.
_CHAT = "Torture"


@click.command(
    epilog="""\b
Examples:
  python -m server torture --data /tmp/torture
  python -m server torture --data /tmp/torture --seconds 60 --kills 10 --json
  python -m server torture --data /tmp/torture --seconds 300 --kills 60 --faults all
"""
)
@click.option("--data", type=click.Path(path_type=Path), required=True, help="A folder for both servers.")
@click.option("--seconds", type=click.FloatRange(1), default=30.0, show_default=True, help="How long.")
@click.option("--kills", type=click.IntRange(0), default=5, show_default=True, help="How many faults.")
@click.option(
    "--faults",
    "kinds",
    callback=fault_kinds,
    default=FaultKind.KILL.value,
    show_default=True,
    metavar="KIND,...",
    help="Which faults: kill, pause, partition, oneway, diskfull, slowdisk, or all.",
)
@click.option("--senders", type=click.IntRange(1, 500), default=8, show_default=True, help="Who write.")
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 1000),
    default=50.0,
    show_default=True,
    help="Messages a second of each sender.",
)
@click.option("--json", "is_json", is_flag=True, help="Print the result as JSON on the last line.")
@click.option("--overlap", "is_overlapping", is_flag=True, help="Faults also while one is away.")
@click.option("--seed", type=int, help="The same faults at the same times as in an earlier run.")
def command(
    *,
    data: Path,
    seconds: float,
    kills: int,
    kinds: tuple[FaultKind, ...],
    senders: int,
    rate: float,
    is_json: bool,
    is_overlapping: bool,
    seed: int | None,
) -> None:
    """Kill servers of a pair under load, or worse, and count what was lost.

    Starts two servers on this computer with real clients, and does something bad to one of them
    again and again while both are up: it is killed with `kill -9`, stands still, is cut off both
    ways or one way, its disk is full or slow. Afterwards every message is looked for at every
    reader and in both archives. A fault waits until both servers are one pair again, so many
    faults make the run longer. Exit code 1 when anything is lost, doubled, out of order, or
    unequal, or when a fault that every machine can do was not tried.
    """
    plan = Plan(
        seconds=seconds,
        faults=kills,
        kinds=kinds,
        senders=senders,
        rate_per_s=rate,
        is_overlapping=is_overlapping,
        seed=secrets.randbelow(2**32) if seed is None else seed,
    )
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with told_errors(), _target(data, plan) as (target, trust):
        run = Run(plan, target, trust, SystemClock(), tell=click.echo, stopping=stopping)
        try:
            report = run.carry_out()
        except RunStoppedError:
            fail(_("Stopped before the end: nothing was counted."))
        except RunFailedError as error:
            text = _("The run could not go on: {error}. The servers' logs are in {folder}.")
            fail(text.format(error=error, folder=data))
    if is_json:
        click.echo(msgspec.json.encode(report))
    sys.exit(0 if report.is_good else 1)


@contextlib.contextmanager
def _target(data: Path, plan: Plan) -> Iterator[tuple[Target, Trust]]:
    first, second = make_pair_folders(data, chat=_CHAT, is_plain=False)
    _refuse_other_chat(first)
    ports = choose_ports(0)
    users_max = plan.senders + 2 * READERS_A_SERVER
    options = ["--open", "--send-rate-per-s", "0", "--max-users", str(users_max)]
    link = invite_link(first, first.read(), [Address("127.0.0.1", port) for port in ports.clients])
    with prepared((first.path, second.path), ports, options, plan.kinds, click.echo) as target:
        yield target, Trust(fingerprint=link.fingerprint)


def _refuse_other_chat(folder: DataFolder) -> None:
    cluster = folder.read()
    if cluster.chat != _CHAT:
        raise FolderError(
            _(
                "{path} holds the chat {chat!r}, and torture would write thousands of"
                " messages into it. Give another --data."
            ).format(path=folder.path, chat=cluster.chat)
        )
