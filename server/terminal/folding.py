"""Long lines on a terminal: broken between words, with what follows below the beginning (pure)."""

import unicodedata
from collections.abc import Iterator
from typing import Final

# Below this there is no room for a column: the terminal may break lines as it likes.
_WIDTH_MIN: Final = 20


def folded(line: str, width: int, indent: int) -> str:
    """The line with ends where the words are full; what follows an end stands `indent` places in.

    A word that is too long stays whole, so that it can be copied: an address, or an invite link.
    """
    indent = indent if indent <= width // 2 else 4
    if width < _WIDTH_MIN or columns(line) <= width:
        return line
    return f"\n{' ' * indent}".join(_parts(line, width, indent))


def columns(text: str) -> int:
    """How many places it takes: wide characters take two, those that join others none."""
    return sum(map(_columns_of, text))


def _columns_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _parts(line: str, width: int, indent: int) -> Iterator[str]:
    # What begins with blanks is a column, and stays one.
    lead = line[: len(line) - len(line.lstrip(" "))]
    part, used, room = lead, len(lead), width
    for place, word in enumerate(line[len(lead) :].split(" ")):
        gap, size = " " if place else "", columns(word)
        # What fits on no line is not moved to another one.
        if place and used + 1 + size > room and size <= width - indent:
            yield part
            part, used, room = word, size, width - indent
        else:
            part, used = f"{part}{gap}{word}", used + len(gap) + size
    yield part
