"""`join`: become the second server of a pair, with the code that `init` printed on the other machine."""

from pathlib import Path
from typing import Final

import click

from server.cluster.data_folder import Cluster, DataFolder
from server.cluster.joining import Joining
from server.cluster.own_address import claim, own_host_towards
from server.cluster.pairing_code import PairingCode, parse_pairing_code
from server.cluster.pairing_messages import PairingError
from server.commands.init import serve_line
from server.commands.on_loop import StoppedError, command_loop
from server.commands.option_values import own_address, server_name
from server.commands.serving import fail, told_errors
from server.i18n.marking import marked
from server.i18n.translation import _
from server.names.addresses import Address
from server.network.clock import SystemClock
from server.network.errors import DialCode, DialError

_PORT: Final = 7000
_PEER_PORT: Final = 7002

DIAL_SENTENCES: Final[dict[DialCode, str]] = {
    DialCode.REFUSED: marked("Nobody waits at {address}: is `init` still running there?"),
    DialCode.TIMEOUT: marked(
        "{address} does not answer: is the machine on, and does its firewall let this one in?"
    ),
    DialCode.UNREACHABLE: marked("There is no way to {address}, or no computer of that name."),
    DialCode.LOST: marked("{address} hung up: is `init` waiting there, or another program?"),
    DialCode.TLS_FAILED: marked("At {address} another program answers, not a waiting `init`."),
    DialCode.WRONG_CERTIFICATE: marked(
        "The server at {address} is not the one that the code was made for. Nothing was sent."
    ),
}


@click.command(
    epilog="""\b
Examples:
  python -m server join CODE --name b --data /srv/chat
  python -m server join CODE --name b --listen 10.0.0.2:7000 --peer-listen 10.0.0.2:7002 --data /srv/chat
"""
)
@click.argument("code")
@click.option(
    "--name", callback=server_name, default="b", show_default=True, help="What people call this server."
)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    callback=own_address,
    help=f"Where people connect.  [default: this machine, port {_PORT}]",
)
@click.option(
    "--peer-listen",
    metavar="HOST:PORT",
    callback=own_address,
    help=f"Where the other server connects.  [default: this machine, port {_PEER_PORT}]",
)
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The data folder, a fresh one.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    code: str,
    name: str,
    listen: Address | None,
    peer_listen: Address | None,
    data: Path,
) -> None:
    """Become the second server of a pair.

    CODE is what `init` printed on the other machine, where it still waits.
    """
    parsed = parse_pairing_code(code)
    if isinstance(parsed, str):
        fail(parsed, 2)
    with told_errors(), command_loop() as loop:
        folder = DataFolder(data)
        folder.make()
        folder.lock()
        try:
            joined = loop.run(_join(folder, parsed, name, listen, peer_listen))
        except PairingError as error:
            fail(str(error))
        except StoppedError:
            fail(_("Stopped before the other server answered. The code is still good."))
        if isinstance(joined, DialError):
            fail(_(DIAL_SENTENCES[joined.code]).format(address=parsed.address))
        click.echo(
            _("This is the second server of “{chat}” now; the first one is {name} ({address}).").format(
                chat=joined.chat, name=joined.peer_name, address=joined.peer_address
            )
        )
        click.echo(_("Start it:  {line}").format(line=serve_line(ctx.find_root().command_path, folder)))


async def _join(
    folder: DataFolder, code: PairingCode, name: str, listen: Address | None, peer_listen: Address | None
) -> Cluster | DialError:
    """Settle the own addresses, then get in."""
    if listen is None or peer_listen is None:
        host = await own_host_towards(code.address)
        listen = listen or Address(host, _PORT)
        peer_listen = peer_listen or Address(host, _PEER_PORT)
    joining = Joining(folder, code, name=name, clock=SystemClock())
    listen, peer_listen = await claim(listen, peer_listen)
    return await joining.join(listen, peer_listen)
