"""`serve`: one server of a pair, or one alone."""

import os
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from server.cluster.data_folder import DataFolder, FolderError
from server.cluster.founding import DEFAULT_CHAT, found_cluster
from server.commands.serving import invite_link, run_node, told_errors
from server.config import load_config
from server.network.clock import SystemClock
from server.sessions.admission import Policy


@click.command(
    epilog="""\b
Examples:
  python -m server serve --name a --data /srv/chat
  python -m server serve --name a --listen 10.0.0.1:7000 --peer-listen 10.0.0.1:7001 \\
         --peer 10.0.0.2:7001 --data /srv/chat
"""
)
@click.option("--name", help="What people call this server (default: as it was made).")
@click.option("--listen", metavar="HOST:PORT", help="Where clients connect.")
@click.option("--peer-listen", metavar="HOST:PORT", help="Where the other server connects.")
@click.option("--peer", metavar="HOST:PORT", help="The other server's --peer-listen.")
@click.option("--advertise", metavar="HOST:PORT", help="How clients reach --listen, if otherwise.")
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The data folder.")
@click.option("--config", type=click.Path(path_type=Path), help="A TOML file with these settings.")
@click.option("--max-users", "users_max", type=int, help="People here before the other is used.")
@click.option("--policy", type=click.Choice([p.value for p in Policy]), help="How to spread people.")
@click.option("--plain", is_flag=True, default=None, help="No encryption; loopback only.")
@click.option("--open", "is_open", is_flag=True, help="A name signs in without a password.")
@click.option("--send-rate-per-s", type=float, hidden=True)
def command(name: str | None, data: Path, config: Path | None, is_open: bool, **flags: Any) -> None:
    """Run one server until Ctrl-C.

    A fresh data folder becomes a chat of its own; a pair on two machines is made with `init` and
    `join` first.
    """
    with told_errors():
        settings = load_config(config, os.environ, flags)
        folder = DataFolder(data)
        folder.make()
        folder.lock()
        if not folder.is_made:
            if settings.peer:
                raise FolderError(
                    f"There is no server in {data}. Make the pair with `init` and `join` first."
                )
            found_cluster(
                folder,
                name=name or "a",
                chat=DEFAULT_CHAT,
                is_plain=settings.plain,
                now_ms=SystemClock().wall_ms(),
            )
        cluster = folder.read()
        cluster = msgspec.structs.replace(
            cluster, name=name or cluster.name, is_plain=settings.plain or cluster.is_plain
        )
        folder.write(cluster)
        if cluster.is_plain and not settings.plain:
            settings = msgspec.structs.replace(settings, plain=True)
        if not cluster.peer and settings.listen_address.port:
            click.echo(f"invite: {invite_link(folder, cluster, [settings.listen_address])}")
        if not is_open:
            click.echo(
                "Anybody who can reach this server signs in with just a name:"
                " passwords come with accounts, in a later version."
            )
        sys.exit(run_node(settings, folder, cluster))
