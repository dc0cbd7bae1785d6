"""The window's program: `python -m desktop_chat [INVITE] [--name NAME] [--data DIR] …`."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import click

from desktop_chat.app.options import Options, with_data_folder
from desktop_chat.app.run import has_display, run_window
from desktop_chat.app.selftest import SelfTestError, options_for, run_selftest
from desktop_chat.hosting.pair import Pair, PairError, child_environment, open_pair, server_command
from desktop_chat.i18n.translation import LANGUAGES, _, use_language

_EXAMPLES = """
\b
Examples:
  desktop-chat                              go on where you were, or be asked
  desktop-chat 'desktop-chat://HOST:7000,HOST:7001/?ca=…'
  desktop-chat --with-pair                  start a pair of servers on this computer and join it
"""


@click.command(epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("invite", default="", metavar="[INVITE]")
@click.option("--name", default="", help="Your name in the chat; asked for when it is not known.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Where your chats are kept.")
@click.option("--theme", type=click.Choice(["light", "dark", "system"]), help="How the window looks.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), help="The language of the window.")
@click.option("--with-pair", is_flag=True, help="Join the pair of this computer; start it when none runs.")
@click.option("--port", type=int, help="With --with-pair: the pair's first port (0: free ones).")
@click.option("--selftest", is_flag=True, help="Open the window, send one message through an own pair, end.")
@click.version_option(package_name="desktop-chat", prog_name="desktop-chat")
def main(
    *,
    invite: str,
    name: str,
    data: Path | None,
    theme: Literal["light", "dark", "system"] | None,
    language: str | None,
    with_pair: bool,
    port: int | None,
    selftest: bool,
) -> None:
    """Desktop Chat: a chat that runs on two servers and does not notice when one dies.

    INVITE is an invite link or the address of a server.
    """
    use_language(language or "")
    options = with_data_folder(data, invite, name, theme or "", language or "")
    if selftest:
        sys.exit(_selftest(options))
    elif with_pair:
        sys.exit(_with_pair(options, port))
    elif has_display():
        run_window(options)
    else:
        _no_display()
        click.echo(
            _("Join from the terminal: {command}").format(command=_terminal_line(invite, name)), err=True
        )
        sys.exit(1)


def _with_pair(options: Options, port: int | None) -> int:
    """The window (or the terminal client) on the pair of this computer."""
    try:
        pair = open_pair(options.pair_folder, port=port)
    except PairError as error:
        click.echo(_("The servers did not start:") + f"\n{error}", err=True)
        return 1
    try:
        _tell(pair, options)
        joined = Options(options.data, pair.invite, options.name, options.theme, options.language)
        if has_display():
            run_window(joined)
            return 0
        _no_display()
        return _terminal_client(pair.invite, options.name)
    finally:
        if pair.is_ours:
            click.echo(_("The servers stop."))
        pair.close()


def _tell(pair: Pair, options: Options) -> None:
    other = options.data.with_name(options.data.name + "-2")
    line = f"{sys.executable} -m desktop_chat '{pair.invite}' --data {other}"
    if getattr(sys, "frozen", False):
        line = f"{sys.executable} '{pair.invite}' --data {other}"
    click.echo(_("Two servers run on this computer; anybody with the link gets in, without a password."))
    click.echo(_("A second window for a second person:"))
    click.echo(f"  {line}")


def _no_display() -> None:
    click.echo(_("There is no display here, so no window can be opened."), err=True)


def _terminal_client(invite: str, name: str) -> int:
    """The same chat, in the terminal; it asks the name when it has none."""
    name = name or _asked_name()
    command = [*server_command(), "chat", "--server", invite, "--name", name]
    return subprocess.run(command, env=child_environment(), check=False).returncode


def _asked_name() -> str:
    """The first line of the input, and not one byte more: the lines behind it are messages."""
    if sys.stdin.isatty():
        return str(click.prompt(_("Your name")))
    line = bytearray()
    while not line.endswith(b"\n") and (byte := os.read(sys.stdin.fileno(), 1)):
        line += byte
    return line.decode(errors="replace").strip()


def _terminal_line(invite: str, name: str) -> str:
    return " ".join([*server_command(), "chat", "--server", invite or "INVITE", "--name", name or "NAME"])


def _selftest(options: Options) -> int:
    """A pair and a cache of its own, thrown away afterwards."""
    with TemporaryDirectory(prefix="desktop-chat-selftest-") as folder:
        try:
            pair = open_pair(Path(folder) / "pair", port=0)
        except PairError as error:
            click.echo(_("The servers did not start:") + f"\n{error}", err=True)
            return 1
        try:
            own = Options(Path(folder) / "window", "", "", options.theme, options.language)
            painted_s = run_selftest(options_for(own, pair.invite))
        except SelfTestError as error:
            click.echo(f"selftest: {error}", err=True)
            return 1
        finally:
            pair.close()
    click.echo(f"selftest: painted after {painted_s:.2f} s, one message sent and received")
    return 0


if __name__ == "__main__":
    main()
