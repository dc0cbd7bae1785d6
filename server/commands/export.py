"""`export`: a whole conversation into a file."""

import platform
import shutil
import sys
import tempfile
from pathlib import Path

import click
import msgspec

from server.client.identity import Identity
from server.commands.chat_links import Target, links_of, open_outbox, password_from, target_of
from server.i18n.translation import _
from server.network.clock import SystemClock
from server.terminal.errands import Manners
from server.terminal.export_formats import ENDINGS, FORMATS
from server.terminal.exporting import Export
from server.terminal.outbox_file import OutboxFile
from server.terminal.printing import Printer
from server.terminal.rooms import GENERAL
from server.terminal.talk import Talk
from server.terminal.typing_in import Ended


@click.command(name="export")
@click.argument("server")
@click.option("--name", required=True, help="Your name in the chat.")
@click.option("--room", default=GENERAL, show_default=True, help="The room, one that you are a member of.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    help="The format (default: what the file's ending says, else text).",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file, which may not be there yet (default: standard output).",
)
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the password from the first line of this file.",
)
@click.option("--plain", is_flag=True, help="No encryption; only for servers on this computer.")
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
    default=30.0,
    show_default=True,
    help="Wait so many seconds for a server that lets us in.",
)
def command(
    server: str,
    name: str,
    room: str,
    *,
    format_name: str | None,
    output: Path | None,
    password_file: Path | None,
    plain: bool,
    fingerprint: str,
    data: Path | None,
    wait_s: float,
) -> None:
    """Write all of a room into a file: text, JSON, or one page of HTML.

    SERVER is an invite link or ADDRESS[,ADDRESS], as for `chat`, whose identity and folder this takes.
    Everything is read in pages, over lost connections and dead servers; the file is whole or not there.

    \b
    Examples:
      python -m server export 'desktop-chat://…' --name anna -o general.html
      python -m server export 127.0.0.1:7000 --plain --name anna --room garden --format json > garden.json

    Exit code 0: all of it is written. 1: it is not, or nobody let us in. 2: used wrongly.
    """
    target = target_of(server, fingerprint, is_plain=plain)
    outbox = open_outbox(data, name, target)
    try:
        password = password_from(password_file, asks=False, is_new=False)
        identity = msgspec.structs.replace(
            outbox.identity(name), password=password, device_name=platform.node()[:64]
        )
        with tempfile.TemporaryDirectory() as folder:
            path = output or Path(folder) / "export"
            chosen = format_name or ENDINGS.get(path.suffix.casefold(), "text")
            place = "" if output else _("the standard output")
            exit_code = _export(outbox, identity, target, Export(room, chosen, path, place), wait_s)
            if exit_code == 0 and output is None:
                with path.open("rb") as file:
                    shutil.copyfileobj(file, sys.stdout.buffer)
        sys.exit(exit_code)
    finally:
        outbox.close()


def _export(outbox: OutboxFile, identity: Identity, target: Target, wanted: Export, wait_s: float) -> int:
    """A talk that says nothing and wants this one thing."""
    clock = SystemClock()
    printer = Printer(
        out=lambda _line: None,
        note_out=lambda line: click.echo(line, err=True),
        is_json=False,
        now_ms=clock.wall_ms,
    )
    talk = Talk(outbox, printer, clock, Manners(is_interactive=False, is_full_archive=False, wait_s=wait_s))
    loop_thread, links = links_of(talk, outbox, identity, target, clock, is_full_archive=False)
    loop_thread.start()
    try:
        talk.put(wanted)
        talk.put(Ended())
        return talk.run(links)
    finally:
        links.stop()
        loop_thread.stop()
