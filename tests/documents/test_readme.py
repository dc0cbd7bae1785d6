"""The README keeps its word: its files are there, its commands exist, its links lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from server.__main__ import main
from tests.source_tree import PROJECT, shown

DOCUMENTS = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#)([^)]+)\)")
# In code marks: a path with a folder, of a file that has a suffix or of a folder that ends with a slash.
PATH = re.compile(r"`((?:[a-z_.]+/)+(?:[a-z_]+\.[a-z]+)?)`")
MAKE = re.compile(r"(?:^|`)make ([a-z-]+)", re.MULTILINE)
SERVER = re.compile(r"python -m server ([a-z]+)([^#`\n]*)")
BEGIN = "## Begin\n"


def text(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def commands(words: str) -> Iterator[tuple[click.Command, list[str]]]:
    """Every `python -m server …` in a text: the command, and the flags that it is given."""
    context = click.Context(main)
    for name, rest in SERVER.findall(words):
        command = main.get_command(context, name)
        assert command is not None, f"there is no command {name}"
        yield command, re.findall(r"--[a-z-]+", rest)


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_links_and_pictures_lead_somewhere(document: Path) -> None:
    missing = [place for place in LINK.findall(text(document)) if not (document.parent / place).exists()]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_files_that_are_named_are_there(document: Path) -> None:
    missing = [place for place in PATH.findall(text(document)) if not (PROJECT / place).exists()]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_every_make_target_exists(document: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", text(PROJECT / "Makefile"), re.MULTILINE)
    assert set(MAKE.findall(text(document))) <= set(targets)


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_every_server_command_exists_with_its_flags(document: Path) -> None:
    for command, flags in commands(text(document)):
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(flags) <= known, command.name


def test_the_two_commands_come_first() -> None:
    block = text(PROJECT / "README.md").partition(BEGIN)[2].split("```")[1]
    assert [line.partition("#")[0].strip() for line in block.strip().splitlines()] == [
        "make run",
        "make test",
    ]
