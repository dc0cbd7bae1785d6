"""`chat`: talk from a terminal or a pipe."""

import contextlib
import os
import platform
import signal
import sys
import threading
from pathlib import Path
from typing import Final

import click
import msgspec

from server.client.identity import Identity
from server.commands.chat_links import Target, is_known, links_of, open_outbox, password_from, target_of
from server.commands.finding import found_addresses
from server.commands.first_trust import accepted_fingerprint
from server.commands.option_values import one_time_code
from server.i18n.translation import _
from server.network.client_links import ClientLinks
from server.network.clock import SystemClock
from server.terminal.errands import Manners
from server.terminal.history_file import HistoryFile
from server.terminal.lines_out import LinesOut
from server.terminal.outbox_file import OutboxFile
from server.terminal.printing import Printer
from server.terminal.progress import ProgressLine
from server.terminal.talk import Talk
from server.terminal.typing_in import Left, PipeReader

# How long the end of the input waits for a server, when none answers.
_WAIT_S: Final = 30.0


@click.command(name="chat")
@click.option("--server", help="An invite link, or ADDRESS[,ADDRESS]; the first is tried first.")
@click.option("--find", "is_found", is_flag=True, help="Look for the chat on the local network.")
@click.option("--name", required=True, help="Your name in the chat.")
@click.option("--room", default="", help="Begin in this conversation; a public room is joined.")
@click.option("--register", is_flag=True, help="Take a new name and protect it with a password.")
@click.option(
    "--setup",
    metavar="CODE",
    callback=one_time_code,
    help="Register as the first administrator, with the code that the servers print.",
)
@click.option(
    "--reset",
    metavar="CODE",
    callback=one_time_code,
    help="Take a new password, with a code from an administrator.",
)
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
    room: str,
    is_found: bool,
    register: bool,
    setup: str,
    reset: str,
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
    target = target_of(address, fingerprint, is_plain=plain)
    outbox = open_outbox(data, name, target)
    is_interactive = sys.stdin.isatty() and sys.stdout.isatty()
    manners = Manners(
        is_interactive=is_interactive,
        is_full_archive=full_archive,
        wait_s=0.0 if is_interactive else wait_s,
        room=room,
    )
    try:
        # Whoever sets the chat up is new, and whoever has a reset takes a new password.
        registers, is_new = register or bool(setup), register or bool(setup or reset)
        if is_interactive and password_file is None and (asks or is_new) and not is_known(target, outbox):
            target = msgspec.structs.replace(target, fingerprint=accepted_fingerprint(target.addresses))
        password = password_from(password_file, asks=asks, is_new=is_new)
        identity = msgspec.structs.replace(
            outbox.identity(name),
            password=password,
            registers=registers,
            code=setup or reset or (target.code if register else ""),
            device_name=platform.node()[:64],
        )
        sys.exit(_talk(outbox, identity, target, manners, is_json=is_json))
    finally:
        outbox.close()


def _talk(outbox: OutboxFile, identity: Identity, target: Target, manners: Manners, *, is_json: bool) -> int:
    clock = SystemClock()
    # A prompt draws the line itself; a pipe's owner may still look at a terminal.
    draws = sys.stderr.isatty() and not manners.is_interactive
    progress = ProgressLine(clock, _draw if draws else None)
    lines = LinesOut()
    printer = Printer(
        out=progress.around(lines.out),
        note_out=progress.around(lines.note),
        is_json=is_json,
        now_ms=clock.wall_ms,
        width=_width if manners.is_interactive else (lambda: 0),
    )
    talk = Talk(outbox, printer, clock, manners, progress.show)
    loop_thread, links = links_of(
        talk, outbox, identity, target, clock, is_full_archive=manners.is_full_archive
    )
    loop_thread.start()
    try:
        if manners.is_interactive:
            history = HistoryFile(outbox.path.with_suffix(".history"))
            return _at_terminal(talk, links, progress, lines, history)
        PipeReader(sys.stdin.fileno(), talk.put).start()
        return talk.run(links)
    finally:
        links.stop()
        loop_thread.stop()


def _width() -> int:
    """That of the terminal as it is now; 0 when it is not known."""
    with contextlib.suppress(OSError):
        return os.get_terminal_size().columns
    return 0


def _draw(text: str) -> None:
    click.echo(text, err=True, nl=False)


def _at_terminal(
    talk: Talk, links: ClientLinks, progress: ProgressLine, lines: LinesOut, history: HistoryFile
) -> int:
    from server.terminal.prompt import TerminalPrompt  # noqa: PLC0415 (heavy, and only for terminals)

    # A terminal's prompt wants the main thread: the loop runs beside it.
    prompt = TerminalPrompt(
        talk.put,
        lambda: talk.wants_secret,
        place=lambda: talk.place,
        known=lambda: talk.known,
        wants_answer=lambda: talk.wants_answer,
        next_line=lambda is_empty: talk.drafts.next_line(is_empty=is_empty),
        history=history,
        lines=lines,
        progress=lambda: "  ".join(filter(None, (progress.text, talk.typing))),
    )
    exit_codes: list[int] = []

    def work() -> None:
        try:
            exit_codes.append(talk.run(links))
        finally:
            prompt.close()

    # Also when the connection to a terminal far away is lost, what stands in the line is kept.
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, lambda _number, _frame: prompt.leave())
    worker = threading.Thread(target=work, name="terminal")
    worker.start()
    try:
        prompt.run()
    finally:
        # Where the terminal is gone nobody else says it.
        talk.put(Left())
        worker.join()
        talk.drafts.left(prompt.unsent)
    return exit_codes[0] if exit_codes else 1
