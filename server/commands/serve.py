"""`serve`: one server of a pair, or one alone."""

import os
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from server.cluster.data_folder import Cluster, DataFolder, FolderError
from server.cluster.founding import DEFAULT_CHAT, found_cluster
from server.commands.option_values import server_name
from server.commands.retiring import retire
from server.commands.serving import invite_link, run_node, tell_registration, told_errors
from server.config import Config, load_config
from server.i18n.translation import _
from server.names.addresses import Address, AddressError, is_everywhere, parse_address
from server.network.clock import SystemClock
from server.sessions.admission import Policy


@click.command(
    epilog="""\b
Examples:
  python -m server serve --name a --data /srv/chat
  python -m server serve --name a --listen 10.0.0.1:7000 --peer-listen 10.0.0.1:7002 \\
         --peer 10.0.0.2:7002 --data /srv/chat
"""
)
@click.option("--name", callback=server_name, help="What people call this server (default: as it was made).")
@click.option("--listen", metavar="HOST:PORT", help="Where clients connect.")
@click.option("--peer-listen", metavar="HOST:PORT", help="Where the other server connects.")
@click.option("--peer", metavar="HOST:PORT", help="The other server's --peer-listen.")
@click.option("--advertise", metavar="HOST:PORT", help="How clients reach --listen, if otherwise.")
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The data folder.")
@click.option("--config", type=click.Path(path_type=Path), help="A TOML file with these settings.")
@click.option(
    "--max-users", "--users-max", "users_max", type=int, help="People here before the other is used."
)
@click.option("--policy", type=click.Choice([p.value for p in Policy]), help="How to spread people.")
@click.option("--plain", is_flag=True, default=None, help="No encryption; loopback only.")
@click.option(
    "--open", "is_open", is_flag=True, help="Somebody new needs no invite, and no password: just a name."
)
@click.option(
    "--wait-for-peer", is_flag=True, default=None, help="After a start serve only with the other server."
)
@click.option(
    "--lead-anyway",
    is_flag=True,
    default=None,
    help="Go on with an archive that has lost records: the other server is gone for good.",
)
@click.option(
    "--strict", is_flag=True, default=None, help="Store nothing on one server alone: wait for the other one."
)
@click.option(
    "--announce/--no-announce",
    default=None,
    help="Let people find this server on the local network (default: unless it listens on loopback).",
)
@click.option("--send-rate-per-s", type=float, hidden=True)
def command(name: str | None, data: Path, config: Path | None, is_open: bool, **flags: Any) -> None:
    """Run one server until Ctrl-C.

    A fresh data folder becomes a chat of its own. A pair on two machines is made with `init` and
    `join` first; the folder then knows all addresses.
    """
    with told_errors():
        folder = DataFolder(data)
        kept = kept_settings(folder.read()) if folder.is_made else {}
        if is_open:
            flags["sign_in"] = "open"
        settings = load_config(config, os.environ, flags, kept=kept)
        folder.make()
        folder.lock()
        cluster = _open_cluster(folder, settings, name)
        if cluster.is_retired:
            sys.exit(retire(folder, settings))
        addresses = _addresses(settings, cluster)
        if addresses:
            click.echo(f"invite: {invite_link(folder, cluster, addresses)}")
        tell_registration(data, is_open=settings.sign_in == "open")
        code = run_node(settings, folder, cluster)
        sys.exit(retire(folder, settings) if folder.read().is_retired else code)


def kept_settings(cluster: Cluster) -> dict[str, Any]:
    """What `init`, `join` and earlier starts left in the folder, as keys of the configuration."""
    found: dict[str, Any] = {
        "listen": cluster.listen,
        "peer_listen": cluster.peer_listen,
        "peer": cluster.peer_link_address,
        "plain": cluster.is_plain,
        "sign_in": "open" if cluster.is_open else "",
    }
    return {key: value for key, value in found.items() if value}


def _open_cluster(folder: DataFolder, settings: Config, name: str | None) -> Cluster:
    """Who this server is; a fresh folder becomes a chat of its own."""
    if not folder.is_made:
        if settings.peer:
            raise FolderError(
                _("There is no server in {path}. Make the pair with `init` and `join` first.").format(
                    path=folder.path
                )
            )
        found_cluster(
            folder,
            name=name or "a",
            chat=DEFAULT_CHAT,
            is_plain=settings.plain,
            now_ms=SystemClock().wall_ms(),
        )
    cluster = folder.read()
    if settings.peer and not cluster.peer:
        raise FolderError(
            _(
                "The server in {path} has no second one yet, so --peer means nothing."
                " Run `init` with this folder, then `join` on the other machine."
            ).format(path=folder.path)
        )
    return folder.update(
        lambda kept: msgspec.structs.replace(
            kept, name=name or kept.name, is_plain=settings.plain, is_open=settings.sign_in == "open"
        )
    )


def _addresses(settings: Config, cluster: Cluster) -> list[Address]:
    """Where people find the pair, the first address first; none when that is not known before the start."""
    own = parse_address(settings.advertise) if settings.advertise else settings.listen_address
    if isinstance(own, AddressError) or not own.port or is_everywhere(own.host):
        return []
    peer = parse_address(cluster.peer_address) if cluster.peer_address else None
    if not isinstance(peer, Address):
        return [own] if not cluster.peer else []
    return [own, peer] if cluster.is_first else [peer, own]
