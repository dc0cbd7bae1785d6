"""The texts that people can see, as they stand in the source: in `_`, `marked`, `ngettext`, and in help."""

import ast
import importlib
import inspect
import re
import string
from pathlib import Path

import click

from server.__main__ import COMMANDS, main
from tests.source_tree import parsed, python_files, shown

_ARGUMENTS = {"_": 1, "marked": 1, "ngettext": 2}


def texts_in(package: str) -> set[str]:
    """The literal arguments of all calls, those of `ngettext` joined by NUL as in a catalogue."""
    return {text for path in python_files(package) for text in _texts_of(path)}


def _texts_of(path: Path) -> list[str]:
    found = []
    for node in ast.walk(parsed(path)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        arguments = node.args[: _ARGUMENTS.get(node.func.id, 0)]
        # A text that is put together before it is looked up is in no catalogue.
        wrong = [part for part in arguments if isinstance(part, ast.JoinedStr | ast.BinOp)]
        assert not wrong, f"{shown(path)}:{node.lineno}: {ast.unparse(node)}"
        literals = [part.value for part in arguments if isinstance(part, ast.Constant)]
        if literals:
            found.append("\0".join(map(str, literals)))
    return found


def help_texts() -> set[str]:
    """What `--help` of the server's program and of its commands shows: docstrings, options, examples."""
    commands: list[click.Command] = [main]
    commands += [importlib.import_module(f"server.commands.{name}").command for name in COMMANDS]
    groups = [command for command in commands[1:] if isinstance(command, click.Group)]
    commands += [act for group in groups for act in group.commands.values()]
    texts = [text for command in commands for text in (command.help, command.epilog)]
    for command in commands:
        texts += [param.help for param in command.params if isinstance(param, click.Option)]
    return {inspect.cleandoc(text) for text in texts if text}


def places(text: str) -> list[str]:
    """What is filled in, in alphabetical order: {name} with its conversion and format, %s, %(name)s."""
    percents = re.findall(r"%(?:\(\w+\))?[sd]", text)
    fields = [
        f"{name}!{conversion}:{form}"
        for _text, name, form, conversion in string.Formatter().parse(text)
        if name
    ]
    return sorted({*fields, *percents})
