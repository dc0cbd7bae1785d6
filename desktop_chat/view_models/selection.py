"""The selected part of a conversation, and the clean text that copying it gives; pure."""

import re
from collections.abc import Callable
from typing import Final

import msgspec

Place = tuple[int, int]
_WORD: Final = re.compile(r"\w+(?:['’-]\w+)*|\S", re.UNICODE)


class Selection(msgspec.Struct, frozen=True):
    """From where the mouse went down to where it is: places are (row, offset in its text)."""

    origin: Place
    head: Place

    @property
    def first(self) -> Place:
        """The earlier end."""
        return min(self.origin, self.head)

    @property
    def last(self) -> Place:
        """The later end."""
        return max(self.origin, self.head)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected."""
        return self.origin == self.head

    def part_of(self, row: int, length: int) -> tuple[int, int] | None:
        """Start and end of what is selected in a row whose text has this length."""
        if self.is_empty or not self.first[0] <= row <= self.last[0]:
            return None
        start = self.first[1] if row == self.first[0] else 0
        end = self.last[1] if row == self.last[0] else length
        return start, end

    def moved(self, at: int, count: int) -> "Selection":
        """The same selection after rows were inserted at a place."""

        def move(place: Place) -> Place:
            return (place[0] + count, place[1]) if place[0] >= at else place

        return Selection(move(self.origin), move(self.head))


def word_at(text: str, offset: int) -> tuple[int, int]:
    """The word (or single sign) at a place: what a double click selects."""
    for match in _WORD.finditer(text):
        if match.start() <= offset < match.end() or (
            offset == len(text) == match.end() and match.start() < offset
        ):
            return match.span()
    return offset, offset


def selected_text(selection: Selection, row_text: Callable[[int], tuple[str, str]]) -> str:
    """What Ctrl+C gives. `row_text(row)` gives author and text.

    Within one message just its words; over several, whole messages get their author in front, so
    that a pasted conversation can be read.
    """
    first, last = selection.first[0], selection.last[0]
    lines = []
    for row in range(first, last + 1):
        author, text = row_text(row)
        part = selection.part_of(row, len(text))
        if part is None:
            continue
        chosen = text[part[0] : part[1]]
        if first != last and part[0] == 0:
            chosen = f"{author}: {chosen}"
        lines.append(chosen)
    return "\n".join(lines)
