"""The help and the errors of the command line in the person's language.

Docstrings and `help=` are English in the source, as everything; they are looked up when a command is
used. click's own words ("Usage:", "Missing option") are looked up by click itself, in compiled files
that this project does not have; so click is given our functions for that.
"""

import copy
import inspect
from typing import Any, Final, TypeVar

import click
import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.types

from server.i18n.marking import marked
from server.i18n.translation import _, ngettext

_Command = TypeVar("_Command", bound=click.Command)

# What click may say to somebody who uses these commands; what is not in here stays English.
_OF_CLICK: Final = (
    marked("Usage:"),
    marked("Options"),
    marked("Commands"),
    marked("Show this message and exit."),
    marked("Show the version and exit."),
    marked("default: {default}"),
    marked("required"),
    marked("Try '{command} {option}' for help."),
    marked("Missing command."),
    marked("Missing argument"),
    marked("Missing option"),
    marked("No such command {name!r}."),
    marked("No such option {name!r}."),
    marked("Invalid value: {message}"),
    marked("Invalid value for {param_hint}: {message}"),
    marked("Option {name!r} does not take a value."),
    marked("{value!r} is not a valid {number_type}."),
    marked("{value} is not in the range {range}."),
    marked("{name} {filename!r} is a file."),
    marked("Aborted!"),
)
_OF_CLICK_WITH_A_COUNT: Final = (
    (marked("Got unexpected extra argument ({args})"), marked("Got unexpected extra arguments ({args})")),
    (marked("Option {name!r} requires an argument."), marked("Option {name!r} requires {nargs} arguments.")),
    (marked("Did you mean {possibility}?"), marked("(Did you mean one of: {possibilities}?)")),
    (marked("{value!r} is not {choice}."), marked("{value!r} is not one of {choices}.")),
)


def _ngettext_of_click(singular: str, plural: str, count: int) -> str:
    """The two forms stand apart in the catalogue: to a translator they are two sentences."""
    if (singular, plural) in _OF_CLICK_WITH_A_COUNT:
        return _(singular) if count == 1 else _(plural)
    return ngettext(singular, plural, count)


def teach_click() -> None:
    """Let click look its own words up here. Harmless where a version of it looks elsewhere."""
    parts: tuple[Any, ...] = (
        click.core,
        click.decorators,
        click.exceptions,
        click.formatting,
        click.parser,
        click.types,
    )
    for part in parts:
        for name, function in (("_", _), ("ngettext", _ngettext_of_click)):
            if hasattr(part, name):
                setattr(part, name, function)


def in_language(command: _Command) -> _Command:
    """The same command, its texts in the language in use."""
    found = copy.copy(command)
    found.help = _(inspect.cleandoc(command.help or ""))
    found.epilog = _(inspect.cleandoc(command.epilog or ""))
    found.params = [_param_in_language(param) for param in command.params]
    return found


def _param_in_language(param: click.Parameter) -> click.Parameter:
    found = copy.copy(param)
    if isinstance(found, click.Option):
        found.help = _(found.help or "")
    return found
