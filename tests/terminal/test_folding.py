"""Long lines on a terminal are broken between words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.terminal.folding import columns, folded


@pytest.mark.parametrize(
    ("line", "indent", "expected"),
    [
        ("short enough", 2, "short enough"),
        ("* one two three four five six", 2, "* one two three four\n  five six"),
        # What is to be copied stays whole.
        ("* desktop-chat://127.0.0.1:7000/?ca=abc", 2, "* desktop-chat://127.0.0.1:7000/?ca=abc"),
        ("     one two three four five", 5, "     one two three\n     four five"),
        # No column is left beside a head as wide as this.
        ("                  one two three four", 18, "                  one\n    two three four"),
        ("日本語 日本語 日本語 日本語", 0, "日本語 日本語 日本語\n日本語"),
    ],
)
def test_lines_of_20_places(line: str, indent: int, expected: str) -> None:
    assert folded(line, 20, indent) == expected


def test_a_terminal_of_unknown_or_tiny_width_breaks_lines_itself() -> None:
    for width in (0, 1, 19):
        assert folded("one two three four five six seven", width, 2) == "one two three four five six seven"


def test_places_are_counted_as_a_terminal_takes_them() -> None:
    assert [columns(text) for text in ("abc", "日本", "e\u0301", "👍", "a\u200db")] == [3, 4, 1, 2, 2]


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]) | st.just(" ")),
    st.integers(0, 30),
)
def test_nothing_is_lost_but_blanks_and_no_line_of_short_words_is_too_long(line: str, indent: int) -> None:
    parts = folded(line, 40, indent).split("\n")
    assert "".join(parts).replace(" ", "") == line.replace(" ", "")
    for part in parts:
        assert (
            columns(part) <= 40 or max(map(columns, part.split())) > 10 or len(part) - len(part.lstrip()) > 20
        )
