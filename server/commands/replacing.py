"""`init --replace`: put a new machine in the place of the second one, while the first one serves."""

import contextlib
import shlex
from collections.abc import Iterator

import click
import msgspec

from server.accounts.certificate_files import load_identity
from server.accounts.certificates import authority_of, fingerprint_of
from server.cluster.data_folder import Cluster, DataFolder, FolderError, unusable_sentence
from server.cluster.folder_lock import FolderLock
from server.cluster.founding import authority_in
from server.cluster.own_address import claim
from server.cluster.pairing_code import PairingCode, make_secret
from server.cluster.peer_link import knock
from server.cluster.taking_in import TakingIn
from server.commands.asking import Target, UnansweredError, ask_facts, open_conversation
from server.commands.on_loop import CommandLoop
from server.commands.serving import invite_link
from server.i18n.translation import _
from server.names.addresses import Address, AddressError, is_everywhere, parse_address
from server.network.clock import SystemClock
from server.network.tls import Trust


def replace_second(
    loop: CommandLoop, folder: DataFolder, addresses: tuple[Address, Address], code_at: Address, program: str
) -> None:
    """Show a code, and wait for the machine that takes the place of the one that is gone.

    `addresses` are those of the server in the folder, `code_at` where the new machine comes with the
    code. Raises FolderError, NetworkError, PairingError; until the end nothing is changed.
    """
    old = folder.read()
    check_not_retired(folder, old)
    if not old.peer:
        raise FolderError(
            _("The server in {path} has no second one that could be replaced: run `init` as it is.").format(
                path=folder.path
            )
        )
    with _only_one(folder):
        loop.run(_check_that_it_is_gone(folder, old))
        listen, peer_listen = addresses
        cluster = msgspec.structs.replace(old, listen=str(listen), peer_listen=str(peer_listen))
        new = loop.run(_wait_for_new(folder, cluster, code_at, program))
    click.echo(
        _("{name} ({address}) takes the place of {old} in “{chat}”.").format(
            name=new.peer_name, address=new.peer_address, old=old.peer_name, chat=new.chat
        )
    )
    link = _new_invite(folder, new)
    if link:
        click.echo(_("Invite people with this link from now on; an old one works while this server does:"))
        click.echo(f"  {link}")
    click.echo(_("The other machine says how to start it. If this server runs, it goes on and waits for it."))
    click.echo(
        _("If {old} was only cut off and comes back, it hands over what it alone holds, and ends.").format(
            old=old.peer_name
        )
    )


def _new_invite(folder: DataFolder, cluster: Cluster) -> str:
    """The link with the new address in it; none when an address is not to be told to people."""
    found = [parse_address(cluster.listen), parse_address(cluster.peer_address)]
    addresses = [address for address in found if isinstance(address, Address) and address.port]
    if len(addresses) < 2 or any(is_everywhere(address.host) for address in addresses):
        return ""
    if not cluster.is_first:
        addresses.reverse()
    return str(invite_link(folder, cluster, addresses))


def check_not_retired(folder: DataFolder, cluster: Cluster) -> None:
    """Raise FolderError for a server that was replaced itself."""
    if cluster.is_retired:
        raise FolderError(
            _("The server in {path} is retired: another one has taken its place.").format(path=folder.path)
        )


@contextlib.contextmanager
def _only_one(folder: DataFolder) -> Iterator[None]:
    lock = FolderLock(folder.path / "pairing.lock")
    try:
        is_free = lock.acquire()
    except OSError as error:
        raise FolderError(unusable_sentence(folder.path, error)) from error
    if not is_free:
        raise FolderError(
            _("Another `init --replace` waits with a code for the server in {path} already.").format(
                path=folder.path
            )
        )
    try:
        yield
    finally:
        lock.release()


async def _check_that_it_is_gone(folder: DataFolder, cluster: Cluster) -> None:
    """Raise FolderError when the second server is there: it is not lost, and must not be cut off."""
    address = parse_address(cluster.peer_link_address)
    try:
        is_there = await _is_connected(folder, cluster)
    except UnansweredError:
        # This server does not run: perhaps the other one does.
        is_there = isinstance(address, Address) and await knock(address) is None
    if is_there:
        raise FolderError(
            _(
                "The second server, {name} ({address}), is there and not lost: nothing was changed."
                " Stop it for good before another one takes its place."
            ).format(name=cluster.peer_name, address=cluster.peer_address or address)
        )


async def _is_connected(folder: DataFolder, cluster: Cluster) -> bool:
    """Whether the running server has a link to the second one. Raises UnansweredError."""
    address = parse_address(cluster.listen)
    if isinstance(address, AddressError):
        raise UnansweredError(address.sentence)
    identity = load_identity(folder.certificates)
    trust = None
    if identity is not None and not cluster.is_plain:
        trust = Trust(ca_pem=authority_of(identity.chain_pem).decode())
    conversation, _note = await open_conversation(Target(address, trust))
    try:
        facts = await ask_facts(conversation, bytes.fromhex(cluster.secret))
    finally:
        await conversation.close()
    if facts.cluster != cluster.cluster:
        raise UnansweredError(address.host)
    others = [server for server in facts.servers if server.name != facts.server]
    return any(server.is_up for server in others)


async def _wait_for_new(folder: DataFolder, cluster: Cluster, code_at: Address, program: str) -> Cluster:
    """Show the code and wait until somebody used it."""
    secret = make_secret()
    taking_in = TakingIn(folder, cluster, secret, SystemClock(), tell=click.echo, replaces=cluster.peer)
    (address,) = await claim(code_at)
    listener = await taking_in.listen(address)
    try:
        code = PairingCode(address, fingerprint_of(authority_in(folder).certificate_pem), secret)
        show_code(code, program, name=_free_name(cluster))
        return await taking_in.wait()
    finally:
        await listener.close()


def _free_name(cluster: Cluster) -> str:
    """A name that neither the server that is left has nor the one that is gone."""
    return next(letter for letter in "cab" if letter not in (cluster.name, cluster.peer_name))


def show_code(code: PairingCode, program: str, *, name: str) -> None:
    """The code, and what to do with it."""
    click.echo(_("The pairing code, good for one use while this waits:"))
    click.echo(f"  {code}")
    click.echo(_("Run this on the other machine:"))
    click.echo(f"  {program} join {shlex.quote(str(code))} --name {name} --data DIR")
    click.echo(_("Waiting for it at {address} … Ctrl-C ends the wait.").format(address=code.address))
