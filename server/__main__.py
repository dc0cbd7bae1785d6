"""The entry of `python -m server`: finds the command and runs it."""

import importlib
import sys
from pathlib import Path
from typing import Any, Final

import click

import server
from server import commands
from server.commands.spoken import in_language, teach_click

# Named here so that a frozen program, which has no folder to look into, finds the same ones.
COMMANDS: Final = (
    *("admin", "chat", "dump", "export", "find"),
    *("init", "join", "pair", "serve", "status", "torture"),
)


class CommandFolder(click.Group):
    """Loads only the command that is asked for: starting one must not wait for the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the shape of click
        """The names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"{commands.__name__}.{cmd_name}")
        command: click.Command = module.command
        return in_language(command)

    def get_help(self, ctx: click.Context) -> str:
        """The own help; that of a command is translated already."""
        return click.Group.get_help(in_language(self), ctx)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """The program."""
        teach_click()
        return super().main(*args, **kwargs)


@click.group(cls=CommandFolder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(server.__version__, prog_name="desktop-chat-server")
def main() -> None:
    """Desktop Chat: a chat on two servers that hold one archive together.

    \b
    Both servers on this computer:    python -m server pair --data DIR --open
    Talk from the terminal:           python -m server chat --server INVITE --name NAME
    """


if __name__ == "__main__":
    # A frozen program is started by its path; the name people read is the same everywhere.
    sys.argv[0] = Path(sys.argv[0]).name
    main(prog_name="python -m server" if not getattr(sys, "frozen", False) else None)
