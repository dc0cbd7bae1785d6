"""Searches: no words, too many, and what would be an order to the index if it ever got there."""

from typing import Final

from server.protocol import limits
from tests.conformance.bad_input import ANYTHING, BadInput, requests

# Syntax of FTS5, of SQL and of others; whether anything is found is no matter.
ORDERS: Final = [
    *["NOT", "OR OR", "AND", "a NOT b", "NEAR(a b)", "NEAR(a b, 999999999)", "^a", "a + b", "-a", "(a", "a)"],
    *["text:a", "{text room}: a", "room : r67", "rowid:1", "shelf_0: a", "*a", "a**", "a * b", '"a"*', "'a'"],
    *[
        'a"',
        '"a',
        '"""a',
        '"a" "',
        "a' OR '1'='1",
        "a; DROP TABLE shelf_0",
        "a\u0000b",
        "\u0000a",
        "a--",
        "a/*",
    ],
    *["a%", "_a", "[a-z]", "(((((((((((((((((((a", "a:b:c", "a\\", "highlight(a)", "rank MATCH 'bm25()' a"],
]
NO_WORDS: Final = [
    *[
        "",
        " ",
        "\t\n",
        "*",
        "***",
        '"',
        '""',
        '" "',
        '"*"',
        "...",
        "- -",
        "()",
        "\u0000",
        "\u200b",
        "\U0001f600",
    ],
    *["\u0301", "%", "_", "_*", '"!" "?"'],
]
SEARCHES: Final[list[BadInput]] = requests(
    "searches",
    [
        *[("search", {"text": text}, ANYTHING) for text in ORDERS],
        *[("search", {"text": text}, "nothing_to_find") for text in NO_WORDS],
        (
            "search",
            {"text": " ".join(f"w{n}" for n in range(limits.SEARCH_WORDS_MAX + 1))},
            "too_many_words",
        ),
        ("search", {"text": "x" * (limits.SEARCH_CHARACTERS_MAX + 1)}, "bad_request"),
        ("search", {"text": "x", "limit": limits.SEARCH_HITS_MAX + 1}, "bad_request"),
        ("search", {"text": "x", "limit": 0}, "bad_request"),
        ("search", {"text": "x", "before": -1}, "bad_request"),
        ("search", {"text": "x", "before": 0}, ANYTHING),
        ("search", {"text": "x", "before": 2**53}, ANYTHING),
    ],
)
