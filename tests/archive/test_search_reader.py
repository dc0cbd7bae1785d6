"""Where a text holds what is looked for: places in the text itself, whatever stands in it."""

import pytest

from server.archive.search_query import parse_terms
from server.archive.search_reader import marks_in


@pytest.mark.parametrize(
    ("line", "text", "found"),
    [
        ("bread", "Bread, and more bread", ["Bread", "bread"]),
        ("cafe", "un Café là", ["Café"]),
        ("CAFÉ", "cafe", ["cafe"]),
        ("cafe", "cafe\N{COMBINING ACUTE ACCENT} au lait", ["cafe\N{COMBINING ACUTE ACCENT}"]),
        ("wor*", "words and worlds, not awords", ["words", "worlds"]),
        ('"and butter"', "bread and butter; butter and", ["and butter"]),
        ("don't", "I don't; don is no t", ["don't"]),
        ("grüße", "\N{GRINNING FACE} Grüße", ["Grüße"]),
        ("end", "\x02a\x03 \0 end", ["end"]),
        ("слово", "Слово за слово", ["Слово", "слово"]),
    ],
)
def test_the_marks_are_places_in_the_text(line: str, text: str, found: list[str]) -> None:
    [marks] = marks_in(parse_terms(line), [text])
    assert [text[start:end] for start, end in marks] == found


def test_a_text_that_does_not_hold_all_of_it_has_no_marks() -> None:
    assert marks_in(parse_terms("bread butter"), ["bread", "butter bread", ""]) == [(), ((0, 6), (7, 12)), ()]


def test_no_text_has_no_marks() -> None:
    assert marks_in(parse_terms("bread"), []) == []
