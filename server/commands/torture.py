"""`torture`: a pair under load, killed again and again, and everything counted afterwards."""

import secrets
import signal
import sys
import threading
from pathlib import Path

import click
import msgspec

from server.cluster.data_folder import DataFolder, FolderError
from server.cluster.pair_processes import PairProcesses, choose_ports
from server.commands.pair import make_pair_folders
from server.commands.serving import fail, invite_link, told_errors
from server.i18n.translation import _
from server.names.addresses import Address
from server.network.clock import SystemClock
from server.network.tls import Trust
from server.torture.crowd import READERS_A_SERVER
from server.torture.plan import Plan
from server.torture.run import Run, RunFailedError, RunStoppedError, Target

# Only a chat of this name is tortured: nobody wants thousands of messages in a real one.
_CHAT = "Torture"


@click.command(
    epilog="""\b
Examples:
  python -m server torture --data /tmp/torture
  python -m server torture --data /tmp/torture --seconds 60 --kills 10 --json
"""
)
@click.option("--data", type=click.Path(path_type=Path), required=True, help="A folder for both servers.")
@click.option("--seconds", type=click.FloatRange(1), default=30.0, show_default=True, help="How long.")
@click.option("--kills", type=click.IntRange(0), default=5, show_default=True, help="How often.")
@click.option("--senders", type=click.IntRange(1, 500), default=8, show_default=True, help="Who write.")
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 1000),
    default=50.0,
    show_default=True,
    help="Messages a second of each sender.",
)
@click.option("--json", "is_json", is_flag=True, help="Print the result as JSON on the last line.")
@click.option("--overlap", "is_overlapping", is_flag=True, help="Kill also while one is away.")
@click.option("--seed", type=int, help="The same kills at the same times as in an earlier run.")
def command(
    *,
    data: Path,
    seconds: float,
    kills: int,
    senders: int,
    rate: float,
    is_json: bool,
    is_overlapping: bool,
    seed: int | None,
) -> None:
    """Kill servers of a pair under load, and count what was lost.

    Starts two servers on this computer with real clients, kills one with `kill -9` at random
    moments while both are up, and starts it again. Afterwards every message is looked for at every
    reader and in both archives. A kill waits until both servers are one pair again, so many kills
    make the run longer. Exit code 1 when anything is lost, doubled, out of order, or unequal; with
    --overlap only loss counts.
    """
    plan = Plan(
        seconds=seconds,
        kills=kills,
        senders=senders,
        rate_per_s=rate,
        is_overlapping=is_overlapping,
        seed=secrets.randbelow(2**32) if seed is None else seed,
    )
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with told_errors():
        run = Run(plan, _make_target(data, plan), SystemClock(), click.echo, stopping)
        try:
            report = run.carry_out()
        except RunStoppedError:
            fail(_("Stopped before the end: nothing was counted."))
        except RunFailedError as error:
            text = _("The run could not go on: {error}. The servers' logs are in {folder}.")
            fail(text.format(error=error, folder=data))
    if is_json:
        click.echo(msgspec.json.encode(report))
    sys.exit(0 if report.is_good(is_overlapping=is_overlapping) else 1)


def _make_target(data: Path, plan: Plan) -> Target:
    first, second = make_pair_folders(data, chat=_CHAT, is_plain=False)
    _refuse_other_chat(first)
    ports = choose_ports(0)
    users_max = plan.senders + 2 * READERS_A_SERVER
    options = ["--open", "--send-rate-per-s", "0", "--max-users", str(users_max)]
    addresses = [Address("127.0.0.1", port) for port in ports.clients]
    link = invite_link(first, first.read(), addresses)
    return Target(
        archives=(first.archive, second.archive),
        pair=PairProcesses((first.path, second.path), ports, options, tell=click.echo),
        addresses=(str(addresses[0]), str(addresses[1])),
        trust=Trust(fingerprint=link.fingerprint),
    )


def _refuse_other_chat(folder: DataFolder) -> None:
    cluster = folder.read()
    if cluster.chat != _CHAT:
        raise FolderError(
            _(
                "{path} holds the chat {chat!r}, and torture would write thousands of"
                " messages into it. Give another --data."
            ).format(path=folder.path, chat=cluster.chat)
        )
