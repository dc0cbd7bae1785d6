"""Breaking a text into lines on a passed-in ruler: words, links and emoji; pure.

Every line knows which part of the text it shows, so that selection and copying speak of places in
the text and never of what is drawn.
"""

import re
from enum import Enum
from typing import Final, Protocol

import msgspec

from desktop_chat.view_models.graphemes import EMOJI, clusters
from desktop_chat.view_models.links import find_links


class Kind(Enum):
    """How a piece is drawn."""

    TEXT = "text"
    LINK = "link"
    EMOJI = "emoji"


class Ruler(Protocol):
    """Measures what is drawn, in pixels."""

    def text_width(self, text: str) -> int:
        """The width of a text."""
        ...

    def emoji_width(self) -> int:
        """The width of one emoji with the space around it."""
        ...

    def has_emoji(self, cluster: str) -> bool:
        """Whether there is a picture of this emoji."""
        ...


class Piece(msgspec.Struct, frozen=True):
    """A part of a line drawn in one go: text[start:end] at x."""

    kind: Kind
    start: int
    end: int
    x: int
    width: int


class Line(msgspec.Struct, frozen=True):
    """One line: the part of the text it shows (with its line break or spaces) and its pieces."""

    start: int
    end: int
    width: int
    pieces: tuple[Piece, ...]


class _Token(msgspec.Struct, frozen=True):
    kind: Kind
    start: int
    end: int


# A line break, spaces, one sign of a script that is written without spaces, or a word.
_WORD: Final = re.compile(
    r"\n|[^\S\n]+|[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]+"
)


def break_lines(text: str, width_max: int, ruler: Ruler) -> tuple[Line, ...]:
    """Lines no wider than `width_max`; a word that is wider than a line is cut."""
    breaker = _Breaker(text, max(width_max, 1), ruler)
    for token in _tokens(text, ruler):
        breaker.take(token)
    return breaker.finish()


def _tokens(text: str, ruler: Ruler) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    for start, end in [*find_links(text), (len(text), len(text))]:
        tokens += _plain_tokens(text, position, start, ruler)
        if end > start:
            tokens.append(_Token(Kind.LINK, start, end))
        position = end
    return tokens


def _plain_tokens(text: str, start: int, end: int, ruler: Ruler) -> list[_Token]:
    """Words and emoji of a part without links."""
    tokens: list[_Token] = []
    position = start
    for match in EMOJI.finditer(text, start, end):
        if ruler.has_emoji(match.group()):
            tokens += _words(text, position, match.start())
            tokens.append(_Token(Kind.EMOJI, *match.span()))
            position = match.end()
    return tokens + _words(text, position, end)


def _words(text: str, start: int, end: int) -> list[_Token]:
    return [_Token(Kind.TEXT, *match.span()) for match in _WORD.finditer(text, start, end)]


class _Breaker:
    """Fills line after line with tokens."""

    def __init__(self, text: str, width_max: int, ruler: Ruler) -> None:
        self._text = text
        self._width_max = width_max
        self._ruler = ruler
        self._lines: list[Line] = []
        self._tokens: list[tuple[_Token, int]] = []
        self._start = 0
        self._x = 0

    def take(self, token: _Token) -> None:
        part = self._text[token.start : token.end]
        if part == "\n":
            self._end_line(token.end)
            return
        width = self._width(token)
        is_space = part.isspace()
        if self._x + width > self._width_max and not is_space and self._tokens:
            self._end_line(token.start)
        if width > self._width_max and not is_space and token.kind is not Kind.EMOJI:
            self._cut(token)
            return
        self._tokens.append((token, width))
        self._x += width

    def finish(self) -> tuple[Line, ...]:
        if self._tokens or not self._lines or self._text.endswith("\n"):
            self._end_line(len(self._text))
        return tuple(self._lines)

    def _width(self, token: _Token) -> int:
        if token.kind is Kind.EMOJI:
            return self._ruler.emoji_width()
        return self._ruler.text_width(self._text[token.start : token.end])

    def _cut(self, token: _Token) -> None:
        """A word wider than a line: as many characters a line as fit."""
        start = position = token.start
        width = 0
        for cluster in clusters(self._text[token.start : token.end]):
            cluster_width = self._ruler.text_width(cluster)
            if width + cluster_width > self._width_max and position > start:
                self._tokens.append((_Token(token.kind, start, position), width))
                self._end_line(position)
                start, width = position, 0
            position += len(cluster)
            width += cluster_width
        self._tokens.append((_Token(token.kind, start, position), width))
        self._x = width

    def _end_line(self, end: int) -> None:
        pieces: list[Piece] = []
        x = shown = 0
        for token, width in self._tokens:
            last = pieces[-1] if pieces else None
            if last and token.kind is Kind.TEXT and last.kind is Kind.TEXT:
                pieces[-1] = Piece(Kind.TEXT, last.start, token.end, last.x, last.width + width)
            else:
                pieces.append(Piece(token.kind, token.start, token.end, x, width))
            x += width
            if not self._text[token.start : token.end].isspace():
                shown = x
        self._lines.append(Line(self._start, end, shown, tuple(pieces)))
        self._start, self._tokens, self._x = end, [], 0
