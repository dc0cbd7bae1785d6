"""What somebody looks for: words, "phrases" and prefix* of a typed line, as a query of ours (pure).

What was typed never reaches the index as its syntax: each word goes in as a quoted string of FTS5
(https://www.sqlite.org/fts5.html, section 3), where nothing but the quotation mark has a meaning.
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

# With one letter before the star nearly everything is meant.
PREFIX_CHARACTERS_MIN: Final = 2

_TERM: Final = re.compile(r'"([^"]*)"|([^\s"]+)')
# What the index makes of a text are runs of letters and digits.
_RUN: Final = re.compile(r"[^\W_]+")


class Term(msgspec.Struct, frozen=True):
    """One word, or words that follow each other; `is_prefix`: the last one may go on."""

    text: str
    is_prefix: bool = False


def parse_terms(line: str) -> tuple[Term, ...]:
    """What is looked for in a typed line; all of it must be in a message. Nothing: there is no word in it."""
    terms = []
    # SQLite takes a zero byte for the end of the query.
    for phrase, word in _TERM.findall(line.replace("\0", " ")):
        text = phrase or word.rstrip("*")
        runs = _RUN.findall(text)
        if runs:
            terms.append(Term(text, word.endswith("*") and len(runs[-1]) >= PREFIX_CHARACTERS_MIN))
    return tuple(dict.fromkeys(terms))


def expression_of(terms: Iterable[Term]) -> str:
    """The terms as FTS5 takes them."""
    return " AND ".join(quoted(term.text) + ("*" if term.is_prefix else "") for term in terms)


def quoted(text: str) -> str:
    """A string of FTS5."""
    return '"' + text.replace('"', '""') + '"'
