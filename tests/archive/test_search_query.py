"""What a typed line looks for: words, phrases and prefixes, and never an order to the index."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.archive.search_query import Term, expression_of, parse_terms
from server.archive.search_reader import marks_in


@pytest.mark.parametrize(
    ("line", "terms"),
    [
        ("", ()),
        ("  \t ", ()),
        ('... *** "" \'', ()),
        ("bread and butter", (Term("bread"), Term("and"), Term("butter"))),
        ("bread bread", (Term("bread"),)),
        ('"bread and butter" jam', (Term("bread and butter"), Term("jam"))),
        ("br*", (Term("br", is_prefix=True),)),
        ("b*", (Term("b"),)),
        ("well-b*", (Term("well-b"),)),
        ("br** *", (Term("br", is_prefix=True),)),
        ('an "open end', (Term("an"), Term("open"), Term("end"))),
        ('say"now"', (Term("say"), Term("now"))),
        ("NOT text:this OR (that)", (Term("NOT"), Term("text:this"), Term("OR"), Term("(that)"))),
        ("zero\0byte", (Term("zero"), Term("byte"))),
    ],
)
def test_a_line_is_words_phrases_and_prefixes(line: str, terms: tuple[Term, ...]) -> None:
    assert parse_terms(line) == terms


@given(st.text(max_size=60))
def test_no_line_is_an_order_to_the_index(line: str) -> None:
    terms, texts = parse_terms(line), ["a text", line.replace("*", "")]
    found = marks_in(terms, texts) if terms else []
    for text, marks in zip(texts, found, strict=bool(terms)):
        assert all(0 <= first < last <= len(text) for first, last in marks)


@pytest.mark.parametrize(
    "line", ["{room text}: a", "-room: a", "^a", "NEAR(a b, 2)", "a + b", "a' OR '1'='1", "a)"]
)
def test_what_has_a_meaning_for_the_index_is_looked_for_as_it_is(line: str) -> None:
    terms = parse_terms(line)
    try:
        [marks] = marks_in(terms, [line])
    except sqlite3.Error as error:
        pytest.fail(f"{expression_of(terms)}: {error}")
    assert marks
