"""Breaking texts into lines, with a ruler of ten pixels a character."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_chat.view_models.graphemes import clusters
from desktop_chat.view_models.line_breaking import Kind, Line, break_lines


class TenPixels:
    """Every character is ten pixels wide, every emoji twenty."""

    def text_width(self, text: str) -> int:
        return 10 * len(text)

    def emoji_width(self) -> int:
        return 20

    def has_emoji(self, cluster: str) -> bool:
        return cluster != "☕"


def shown(text: str, width: int) -> list[str]:
    return [text[line.start : line.end] for line in break_lines(text, width, TenPixels())]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two ", "three"]),
        ("one\ntwo", ["one\n", "two"]),
        ("", [""]),
        ("end\n", ["end\n", ""]),
        ("abcdefghijklm", ["abcdefghij", "klm"]),
        ("ab abcdefghijklm", ["ab ", "abcdefghij", "klm"]),
        ("漢字漢字漢字漢字漢字漢字", ["漢字漢字漢字漢字漢字", "漢字"]),
    ],
)
def test_lines_end_where_words_end(text: str, lines: list[str]) -> None:
    assert shown(text, 100) == lines


def test_spaces_at_the_end_of_a_line_take_no_room() -> None:
    first, _second = break_lines("one two     three", 100, TenPixels())
    assert first.width == 70


def test_an_emoji_is_a_picture_and_one_without_a_picture_is_text() -> None:
    (line,) = break_lines("a 👍🏽 ☕", 1000, TenPixels())
    assert [piece.kind for piece in line.pieces] == [Kind.TEXT, Kind.EMOJI, Kind.TEXT]


def test_a_link_is_a_piece_of_its_own() -> None:
    text = "see https://example.org/a?b=c, and more"
    (line,) = break_lines(text, 1000, TenPixels())
    (link,) = [piece for piece in line.pieces if piece.kind is Kind.LINK]
    assert text[link.start : link.end] == "https://example.org/a?b=c"


@given(st.text(alphabet="ab \n👍漢é\u0301", max_size=60), st.integers(10, 200))
def test_lines_hold_the_whole_text_once_and_keep_to_the_width(text: str, width: int) -> None:
    lines = break_lines(text, width, TenPixels())
    assert "".join(text[line.start : line.end] for line in lines) == text
    # One character, with all its marks, is never cut: it may be wider than the line.
    widest = max(10 * len(cluster) for cluster in ["👍", *clusters(text)])
    assert all(line.width <= max(width, 20, widest) for line in lines)
    assert all(pieces_touch(line) for line in lines)


def pieces_touch(line: Line) -> bool:
    """Whether every piece begins where the one before it ends, on the screen and in the text."""
    return all(a.x + a.width == b.x and a.end == b.start for a, b in pairwise(line.pieces))
