"""Snippets: the part of a text around what was found in it (pure)."""

from typing import Final

from server.archive.search_reader import Marks

# Three lines of a list, with what was found in the first one.
CHARACTERS_MAX: Final = 200
_BEFORE: Final = 40


def snippet(text: str, marks: Marks) -> tuple[int, str, Marks]:
    """Where the part begins, the part, and the marks in it. It has at least one, perhaps cut short."""
    if len(text) <= CHARACTERS_MAX:
        return 0, text, marks
    first = marks[0][0]
    start = max(0, min(first - _BEFORE, len(text) - CHARACTERS_MAX))
    if start:
        # From the beginning of a word, unless one is longer than that.
        space = max(text.find(mark, start, first) for mark in " \n")
        start = space + 1 if space >= 0 else start
    end = min(len(text), start + CHARACTERS_MAX)
    inside = ((max(one, start), min(other, end)) for one, other in marks if one < end)
    return start, text[start:end], tuple((one - start, other - start) for one, other in inside)
