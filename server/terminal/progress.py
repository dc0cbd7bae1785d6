"""One line at the bottom of a terminal that says how far things are: drawn in place, or by the prompt."""

import unicodedata
from collections.abc import Callable
from typing import Final

from server.network.clock import Clock
from server.terminal.printing import printable

# More often nobody sees, and every time costs a system call.
_EVERY_S: Final = 0.1
_LINE_CHARACTERS: Final = 79
_TO_LINE_START: Final = "\r\x1b[K"


class ProgressLine:
    """`write` puts text on the terminal as it is; without one nothing is drawn: `text` is for the prompt."""

    def __init__(self, clock: Clock, write: Callable[[str], None] | None) -> None:
        self._clock: Final = clock
        self._write: Final = write
        self._drawn_at = 0.0
        self._is_drawn = False
        self.text = ""

    def show(self, text: str) -> None:
        """Show this; "" takes the line away."""
        self.text = _cut(printable(text))
        now = self._clock.monotonic_s()
        if self._write is None or (text and now - self._drawn_at < _EVERY_S):
            return
        self._drawn_at = now
        self._draw()

    def around(self, out: Callable[[str], None]) -> Callable[[str], None]:
        """The same output, with the line out of its way."""

        def printed(line: str) -> None:
            if self._is_drawn and self._write is not None:
                self._write(_TO_LINE_START)
            out(line)
            if self._is_drawn:
                self._draw()

        return printed

    def _draw(self) -> None:
        if self._write is not None and (self.text or self._is_drawn):
            self._write(_TO_LINE_START + self.text)
            self._is_drawn = bool(self.text)


def _cut(text: str) -> str:
    """What fits on one line of any terminal; wide characters take two places."""
    width = 0
    for place, character in enumerate(text):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > _LINE_CHARACTERS:
            return text[:place]
    return text
