"""Selecting over messages, and what copying gives."""

import pytest

from desktop_chat.view_models.selection import Selection, selected_text, word_at

ROWS = [("Ada", "one two"), ("Bob", "three\nfour"), ("Ada", "five 👍")]


def copied(origin: tuple[int, int], head: tuple[int, int]) -> str:
    return selected_text(Selection(origin, head), lambda row: ROWS[row])


def test_within_one_message_only_its_words_are_copied() -> None:
    assert copied((0, 4), (0, 7)) == "two"
    assert copied((1, 10), (1, 0)) == "three\nfour"


def test_over_several_messages_whole_ones_get_their_author() -> None:
    assert copied((0, 4), (2, 4)) == "two\nBob: three\nfour\nAda: five"


def test_the_direction_of_the_mouse_does_not_matter() -> None:
    assert copied((2, 4), (0, 4)) == copied((0, 4), (2, 4))


@pytest.mark.parametrize(
    ("text", "offset", "word"),
    [("one two", 5, "two"), ("don't go", 2, "don't"), ("a, b", 1, ","), ("end", 3, "end"), ("a  b", 2, "")],
)
def test_a_double_click_takes_a_word(text: str, offset: int, word: str) -> None:
    start, end = word_at(text, offset)
    assert text[start:end] == word


def test_a_selection_moves_with_its_rows() -> None:
    assert Selection((1, 2), (3, 4)).moved(0, 10) == Selection((11, 2), (13, 4))
    assert Selection((1, 2), (3, 4)).moved(2, 10) == Selection((1, 2), (13, 4))
