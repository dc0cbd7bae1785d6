"""`chat`: talk from a terminal or a pipe."""

import hashlib
import platform
import random
import re
import sys
import threading
from pathlib import Path
from typing import Final

import click
import msgspec
import platformdirs

from server.client.conversation import Conversation
from server.client.identity import Identity
from server.client.reading import START_OF_ARCHIVE
from server.client.settings import ConversationSettings
from server.commands.finding import found_addresses
from server.commands.first_trust import accepted_fingerprint
from server.i18n.translation import _
from server.names.addresses import AddressError, parse_addresses
from server.names.fingerprints import parse_fingerprint
from server.names.invite_links import LinkError, is_invite_link, parse_invite_link
from server.network.client_links import ClientLinks
from server.network.clock import SystemClock
from server.network.loop_thread import LoopThread
from server.network.tls import Trust
from server.protocol import limits
from server.protocol.names import clean_person_name, name_key
from server.terminal.outbox_file import OutboxFile, OutboxFileError
from server.terminal.printing import Printer
from server.terminal.talk import ROOM, Manners, Talk
from server.terminal.typing_in import PipeReader, TerminalPrompt

# How long the end of the input waits for a server, when none answers.
_WAIT_S: Final = 30.0


class Target(msgspec.Struct, frozen=True):
    """Where the chat is and how its servers are known."""

    addresses: list[str]
    fingerprint: bytes | None
    is_plain: bool


@click.command(name="chat")
@click.option("--server", help="An invite link, or ADDRESS[,ADDRESS]; the first is tried first.")
@click.option("--find", "is_found", is_flag=True, help="Look for the chat on the local network.")
@click.option("--name", required=True, help="Your name in the chat.")
@click.option("--register", is_flag=True, help="Take a new name and protect it with a password.")
@click.option("--password", "asks", is_flag=True, help="Ask for the password: needed on a new computer.")
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the password from the first line of this file.",
)
@click.option("--full-archive", is_flag=True, help="Print the whole archive, not the last messages only.")
@click.option("--plain", is_flag=True, help="No encryption; only for servers on this computer.")
@click.option(
    "--json", "is_json", is_flag=True, help="Print everything that happens as JSON, one object a line."
)
@click.option("--fingerprint", default="", help="Trust the servers with this certificate fingerprint.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder for what you typed and who you are (default: your own data folder).",
)
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0.0),
    default=_WAIT_S,
    show_default=True,
    help="At the end of the input, wait so many seconds when no server stores anything.",
)
def command(
    server: str | None,
    name: str,
    *,
    is_found: bool,
    register: bool,
    asks: bool,
    password_file: Path | None,
    full_archive: bool,
    plain: bool,
    is_json: bool,
    fingerprint: str,
    data: Path | None,
    wait_s: float,
) -> None:
    """Talk from a terminal, or from a pipe: lines in, messages out.

    What you type is on disk before it is sent, and is sent again until a server has stored it: over
    lost connections, dead servers and the end of this program. /help shows what can be typed.

    \b
    Examples:
      python -m server chat --server 'desktop-chat://…' --name anna
      python -m server chat --server 127.0.0.1:7000 --plain --name anna
      python -m server chat --server 'desktop-chat://…' --name anna --register
      echo 'the backup is done' | python -m server chat --server chat.example --name robot

    Exit code 0: everything typed is stored. 1: something is not, or nobody let us in. 2: used wrongly.
    """
    if server and is_found:
        raise click.UsageError(_("--server and --find exclude each other."))
    address = server or found_addresses(is_asked_for=is_found)
    target = _target(address, fingerprint, is_plain=plain)
    if clean_person_name(name) is None:
        raise click.BadParameter(
            _("1 to 32 letters, digits, spaces and . - _ ' are allowed"), param_hint="--name"
        )
    folder = data or platformdirs.user_data_path("desktop-chat", appauthor=False) / "terminal"
    try:
        outbox = OutboxFile(folder / _file_name(name, target.addresses[0]))
    except OutboxFileError as error:
        raise click.ClickException(_outbox_sentence(error)) from error
    is_interactive = sys.stdin.isatty() and sys.stdout.isatty()
    manners = Manners(
        is_interactive=is_interactive,
        is_full_archive=full_archive,
        wait_s=0.0 if is_interactive else wait_s,
    )
    try:
        if is_interactive and password_file is None and (asks or register) and not _is_known(target, outbox):
            target = msgspec.structs.replace(target, fingerprint=accepted_fingerprint(target.addresses))
        password = _password(password_file, asks=asks, registers=register)
        identity = msgspec.structs.replace(
            outbox.identity(name), password=password, registers=register, device_name=platform.node()[:64]
        )
        sys.exit(_talk(outbox, identity, target, manners, is_json=is_json))
    finally:
        outbox.close()


def _talk(outbox: OutboxFile, identity: Identity, target: Target, manners: Manners, *, is_json: bool) -> int:
    clock = SystemClock()
    printer = Printer(
        out=click.echo,
        note_out=lambda line: click.echo(line, err=True),
        is_json=is_json,
        now_ms=clock.wall_ms,
        room=ROOM,
    )
    talk = Talk(outbox, printer, clock, manners)
    known = [address for address in outbox.fact("addresses").split(",") if address]
    conversation = Conversation(
        identity,
        list(dict.fromkeys([*target.addresses, *known])),
        cursor=START_OF_ARCHIVE if manners.is_full_archive else None,
        settings=ConversationSettings(client="terminal"),
        rng=random.SystemRandom(),
        drafts=outbox.drafts(),
        cluster=outbox.fact("cluster"),
    )
    loop_thread = LoopThread("client-network")
    links = ClientLinks(
        loop_thread,
        conversation,
        talk.put,
        clock=clock,
        trust=_trust(target, outbox),
        backlog=talk.backlog,
    )
    loop_thread.start()
    try:
        return _run(talk, links, is_interactive=manners.is_interactive)
    finally:
        links.stop()
        loop_thread.stop()


def _password(file: Path | None, *, asks: bool, registers: bool) -> str:
    """The password, where one is wanted: from a file, or typed where nobody sees it."""
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            text = _("it cannot be read: {detail}").format(detail=error)
            raise click.BadParameter(text, param_hint="--password-file") from error
        password = lines[0] if lines else ""
    elif not (asks or registers):
        return ""
    elif not sys.stdin.isatty():
        raise click.UsageError(_("There is nobody to ask for a password: give it with --password-file."))
    else:
        password = click.prompt(_("Password"), hide_input=True, confirmation_prompt=registers, err=True)
    if not 1 <= len(password) <= limits.PASSWORD_CHARACTERS_MAX:
        text = _("A password has 1 to {limit} characters.").format(limit=limits.PASSWORD_CHARACTERS_MAX)
        raise click.UsageError(text)
    return password


def _run(talk: Talk, links: ClientLinks, *, is_interactive: bool) -> int:
    if not is_interactive:
        PipeReader(sys.stdin.fileno(), talk.put).start()
        return talk.run(links)
    # A terminal's prompt wants the main thread: the loop runs beside it.
    prompt = TerminalPrompt(talk.put, lambda: talk.wants_secret)
    exit_codes: list[int] = []

    def work() -> None:
        try:
            exit_codes.append(talk.run(links))
        finally:
            prompt.close()

    worker = threading.Thread(target=work, name="terminal")
    worker.start()
    prompt.run()
    worker.join()
    return exit_codes[0] if exit_codes else 1


def _target(server: str, fingerprint: str, *, is_plain: bool) -> Target:
    pin = parse_fingerprint(fingerprint) if fingerprint else None
    if fingerprint and pin is None:
        raise click.BadParameter(_("this is no certificate fingerprint"), param_hint="--fingerprint")
    if is_invite_link(server):
        link = parse_invite_link(server)
        if isinstance(link, LinkError):
            raise click.BadParameter(link.sentence, param_hint="--server")
        return Target([str(address) for address in link.addresses], pin or link.fingerprint, link.plain)
    addresses = parse_addresses(server)
    if isinstance(addresses, AddressError):
        raise click.BadParameter(addresses.sentence, param_hint="--server")
    if is_plain and pin is not None:
        raise click.UsageError(_("--plain and --fingerprint exclude each other."))
    return Target([str(address) for address in addresses], pin, is_plain)


def _trust(target: Target, outbox: OutboxFile) -> Trust | None:
    if target.is_plain:
        return None
    if target.fingerprint is not None:
        return Trust(fingerprint=target.fingerprint)
    return Trust(ca_pem=outbox.fact("authority") or None)


def _is_known(target: Target, outbox: OutboxFile) -> bool:
    """Whether the servers' certificate need not be asked about."""
    return _trust(target, outbox) != Trust()


def _file_name(name: str, address: str) -> str:
    # A name is for people; a file name is made of what every file system takes.
    key = name_key(name)
    if not re.fullmatch(r"[a-z0-9_-]+", key):
        key = "name-" + hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"{key}@{re.sub('[^a-z0-9.-]', '_', address)}.sqlite"


def _outbox_sentence(error: OutboxFileError) -> str:
    if error.code == "in_use":
        return _(
            "{path} is in use: this name is already talking to this server from another terminal. "
            "Use another name, or another folder with --data."
        ).format(path=error.path)
    return _("{path} cannot be used: {detail}. Choose another folder with --data.").format(
        path=error.path, detail=error.detail
    )
