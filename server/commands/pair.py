"""`pair`: both servers as two processes on this computer."""

import os
import sys
from pathlib import Path

import click

from server.cluster.data_folder import DataFolder
from server.cluster.founding import DEFAULT_CHAT, found_cluster, found_second
from server.cluster.pair_processes import PairPorts, PairProcesses, choose_ports
from server.commands.option_values import chat_name
from server.commands.serving import invite_link, tell_registration, tell_setup, told_errors
from server.i18n.translation import _
from server.names.addresses import Address
from server.network.clock import SystemClock
from server.sessions.admission import Policy


@click.command(
    epilog="""\b
Examples:
  python -m server pair --data /srv/chat --open
  python -m server pair --data /tmp/try --port 0 --open
"""
)
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The data folder.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_532),
    default=7000,
    show_default=True,
    help="N and N+1 for clients, N+2 and N+3 between the servers; 0: free ones.",
)
@click.option(
    "--max-users",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="People at a server before the other one is used.",
)
@click.option(
    "--policy",
    type=click.Choice([p.value for p in Policy]),
    default=Policy.FILL.value,
    show_default=True,
    help="How to spread people.",
)
@click.option(
    "--open", "is_open", is_flag=True, help="Somebody new needs no invite, and no password: just a name."
)
@click.option("--plain", is_flag=True, help="No encryption; this computer only.")
@click.option(
    "--chat", callback=chat_name, default=DEFAULT_CHAT, show_default=True, help="The name of the chat."
)
@click.option(
    "--restart/--no-restart", default=True, show_default=True, help="Start a server again that died."
)
@click.option("--strict", is_flag=True, help="Store nothing on one server alone: wait for the other one.")
@click.option("--announce", is_flag=True, help="Let other programs on this computer find it with `find`.")
@click.option("--send-rate-per-s", type=float, hidden=True)
def command(
    *,
    data: Path,
    port: int,
    max_users: int,
    policy: str,
    is_open: bool,
    plain: bool,
    chat: str,
    restart: bool,
    strict: bool,
    announce: bool,
    send_rate_per_s: float | None,
) -> None:
    """Run a pair on this computer until Ctrl-C: two processes, one archive."""
    with told_errors():
        first, second = make_pair_folders(data, chat=chat, is_plain=plain)
        ports = choose_ports(port)
        options = ["--max-users", str(max_users), "--policy", policy]
        options += ["--plain"] if plain else []
        options += ["--open"] if is_open else []
        options += ["--strict"] if strict else []
        options += ["--announce"] if announce else []
        if send_rate_per_s is not None:
            options += ["--send-rate-per-s", str(send_rate_per_s)]
        pair = PairProcesses((first.path, second.path), ports, options, tell=click.echo)
        pair.start()
        try:
            _tell(first, ports, is_open=is_open)
            sys.exit(pair.watch(restarts=restart))
        finally:
            pair.stop()


def make_pair_folders(data: Path, *, chat: str, is_plain: bool) -> tuple[DataFolder, DataFolder]:
    """The folders of both servers below one; made when they are not there yet."""
    first, second = DataFolder(data / "a"), DataFolder(data / "b")
    now_ms = SystemClock().wall_ms()
    if not first.is_made:
        found_cluster(first, name="A", chat=chat, is_plain=is_plain, now_ms=now_ms)
    # Whoever was stopped between the two is made anew: it never ran.
    if not second.is_made or not first.read().peer:
        found_second(first, second, name="B", now_ms=now_ms)
    return first, second


def _tell(first: DataFolder, ports: PairPorts, *, is_open: bool) -> None:
    cluster = first.read()
    addresses = [Address("127.0.0.1", number) for number in ports.clients]
    # "servers:" and "invite:" are read by programs: in no language.
    click.echo(f"servers: {addresses[0]} (A) and {addresses[1]} (B)")
    click.echo(f"invite: {invite_link(first, cluster, addresses)}")
    tell_registration(first.path.parent, is_open=is_open)
    if not cluster.has_administrator:
        tell_setup(cluster)
    click.echo(_("Data in {path}. Ctrl-C stops both servers.").format(path=os.fspath(first.path.parent)))
    sys.stdout.flush()
