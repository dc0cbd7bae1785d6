"""`init`: make the first server of a pair on two machines, and take in the second one."""

import contextlib
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from server.accounts.certificates import fingerprint_of
from server.cluster.data_folder import Cluster, DataFolder, FolderError
from server.cluster.founding import DEFAULT_CHAT, authority_in, found_cluster
from server.cluster.own_address import claim
from server.cluster.pairing_code import PairingCode, make_secret
from server.cluster.pairing_messages import PairingError
from server.cluster.taking_in import TakingIn
from server.commands.on_loop import CommandLoop, StoppedError, command_loop
from server.commands.option_values import chat_name, own_address, server_name
from server.commands.replacing import check_not_retired, replace_second, show_code
from server.commands.serving import fail, told_errors
from server.i18n.translation import _
from server.names.addresses import Address, AddressError, parse_address
from server.network.clock import SystemClock


@click.command(
    epilog="""\b
Examples:
  python -m server init --name a --listen 10.0.0.1:7000 --peer-listen 10.0.0.1:7002 --data /srv/chat
  python -m server init --data /srv/chat      a new code, as long as there is no second server
  python -m server init --data /srv/chat --replace
"""
)
@click.option("--name", callback=server_name, help="What people call this server.  [default: a]")
@click.option("--listen", metavar="HOST:PORT", callback=own_address, help="Where people connect.")
@click.option(
    "--peer-listen",
    metavar="HOST:PORT",
    callback=own_address,
    help="Where the other server connects, now and later.",
)
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The data folder.")
@click.option("--chat", callback=chat_name, help=f"The name of the chat.  [default: {DEFAULT_CHAT}]")
@click.option(
    "--open", "is_open", is_flag=True, help="Somebody new needs no invite, and no password: just a name."
)
@click.option("--no-wait", is_flag=True, help="Only make the server; the code comes with the next `init`.")
@click.option(
    "--replace",
    is_flag=True,
    help="The second machine is gone for good: take in another one, while this serves.",
)
@click.option(
    "--code-at",
    metavar="HOST:PORT",
    callback=own_address,
    help="Where the new machine comes with the code of --replace.  [default: a free port]",
)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    name: str | None,
    listen: Address | None,
    peer_listen: Address | None,
    data: Path,
    chat: str | None,
    is_open: bool,
    no_wait: bool,
    replace: bool,
    code_at: Address | None,
) -> None:
    """Make the first of two servers, print a code for the other machine, and wait for it.

    Nothing else runs meanwhile: when the other machine has joined, start both with `serve`. With
    --replace a server that has lost its second one for good goes on serving.
    """
    with told_errors(), command_loop() as loop:
        folder = DataFolder(data)
        known = folder.read() if folder.is_made or replace else None
        wanted = (
            _own_address("--listen", listen, known.listen if known else ""),
            _own_address("--peer-listen", peer_listen, known.peer_listen if known else ""),
        )
        program = ctx.find_root().command_path
        if replace:
            with _ended_waits():
                replace_second(loop, folder, wanted, code_at or Address(wanted[1].host, 0), program)
            return
        folder.make()
        folder.lock()
        settled = loop.run(claim(*wanted))
        cluster = _open_cluster(folder, name, chat)
        cluster = msgspec.structs.replace(
            cluster,
            listen=str(settled[0]),
            peer_listen=str(settled[1]),
            is_open=is_open or cluster.is_open,
        )
        folder.write(cluster)
        if no_wait:
            click.echo(
                _("The first server of “{chat}” is made in {data}.").format(chat=cluster.chat, data=data)
            )
            click.echo(_("For a code: {line}").format(line=f"{program} init --data {shlex.quote(str(data))}"))
            return
        with _ended_waits():
            _take_in(loop, folder, cluster, program)


@contextlib.contextmanager
def _ended_waits() -> Iterator[None]:
    """Nobody came with the right code."""
    try:
        yield
    except PairingError as error:
        fail(str(error))
    except StoppedError:
        fail(_("Nobody joined, and the code is void now. Run the same command again for a new one."))


def _own_address(option: str, given: Address | None, kept: str) -> Address:
    """Where this server is reached: as given, else as at the last `init`."""
    address = given or parse_address(kept)
    if isinstance(address, AddressError):
        fail(_("Say where this server is reached: {option} HOST:PORT").format(option=option), 2)
    return address


def _open_cluster(folder: DataFolder, name: str | None, chat: str | None) -> Cluster:
    """The first server: made now, or earlier and still alone."""
    if not folder.is_made:
        return found_cluster(
            folder,
            name=name or "a",
            chat=chat or DEFAULT_CHAT,
            is_plain=False,
            now_ms=SystemClock().wall_ms(),
        )
    cluster = folder.read()
    check_not_retired(folder, cluster)
    if cluster.peer:
        raise FolderError(
            _(
                "The server in {path} has a second one already ({name}, {address}). Start both with `serve`."
                " If that machine is gone for good, take in another one with --replace."
            ).format(path=folder.path, name=cluster.peer_name, address=cluster.peer_address)
        )
    if chat is not None and chat != cluster.chat:
        raise FolderError(
            _("The chat in {path} has a name already: “{chat}”.").format(path=folder.path, chat=cluster.chat)
        )
    return msgspec.structs.replace(cluster, name=name or cluster.name)


def _take_in(loop: CommandLoop, folder: DataFolder, cluster: Cluster, program: str) -> None:
    paired = loop.run(_wait_for_other(folder, cluster, program))
    click.echo(
        _("{name} ({address}) is the second server of “{chat}” now.").format(
            name=paired.peer_name, address=paired.peer_address, chat=paired.chat
        )
    )
    click.echo(_("Start this one:  {line}").format(line=serve_line(program, folder)))
    click.echo(_("The other machine says how to start the other one."))


async def _wait_for_other(folder: DataFolder, cluster: Cluster, program: str) -> Cluster:
    """Show the code and wait until somebody used it."""
    secret = make_secret()
    taking_in = TakingIn(folder, cluster, secret, SystemClock(), tell=click.echo)
    address = parse_address(cluster.peer_listen)
    assert isinstance(address, Address), "it was settled a moment ago"
    listener = await taking_in.listen(address)
    try:
        fingerprint = fingerprint_of(authority_in(folder).certificate_pem)
        code = PairingCode(address, fingerprint, secret)
        show_code(code, program, name="b")
        return await taking_in.wait()
    finally:
        await listener.close()


def serve_line(program: str, folder: DataFolder) -> str:
    """How this server is started from here on."""
    return f"{program} serve --data {shlex.quote(str(folder.path))}"
