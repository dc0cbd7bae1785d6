"""The words behind a command: names, quoted as in a shell when they have spaces, and numbers (pure)."""

import shlex
from typing import Final

# Nothing that has a number is as many; of thousands of digits Python makes no number at all.
_DIGITS_MAX: Final = 9


def one_name(argument: str) -> str:
    """All of it, without quotes around it."""
    argument = argument.strip()
    is_quoted = len(argument) > 1 and argument[0] in "\"'" and argument[-1] == argument[0]
    return argument[1:-1].strip() if is_quoted else argument


def name_and_text(argument: str) -> tuple[str, str]:
    """The first word, or what is quoted there, and the rest as it is."""
    argument = argument.strip()
    if argument[:1] in {'"', "'"}:
        name, quote, rest = argument[1:].partition(argument[0])
        if quote:
            return name.strip(), rest.strip()
    name, _space, rest = argument.partition(" ")
    return name, rest.strip()


def quoted(name: str) -> str:
    """As it is typed where more follows: in quotes when it has spaces, or what looks like quotes."""
    if not name or not (set(name) & set(" \"'")):
        return name
    return f"'{name}'" if '"' in name else f'"{name}"'


def number_in(word: str) -> int | None:
    """The number that is meant, None when it is none."""
    return int(word) if word.isdecimal() and len(word) <= _DIGITS_MAX else None


def is_text(line: str) -> bool:
    """Whether it can be sent: bytes of a pipe may be none."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def names(argument: str) -> list[str] | None:
    """Several of them; None when a quote has no end."""
    try:
        return shlex.split(argument)
    except ValueError:
        return None
