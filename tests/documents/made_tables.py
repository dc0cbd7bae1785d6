"""Tables and examples that are made from the code, in documents that are written by hand.

A table stands between `<!-- table NAME -->` and `<!-- end -->`; an example likewise.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final


def blocks(word: str = "table") -> re.Pattern[str]:
    """What finds every made part of this kind, with its name."""
    return re.compile(rf"<!-- {word} (\w+) -->\n(.*?)\n?<!-- end -->", re.DOTALL)


BLOCK: Final = blocks()


def with_tables(text: str, tables: Mapping[str, str], word: str = "table") -> str:
    """A document with every table as it has to be."""
    return blocks(word).sub(
        lambda block: f"<!-- {word} {block[1]} -->\n{tables[block[1]]}\n<!-- end -->", text
    )


def write_tables(document: Path, tables: Mapping[str, str], word: str = "table") -> None:
    """Bring a document up to date."""
    document.write_text(with_tables(document.read_text(encoding="utf-8"), tables, word), encoding="utf-8")


def table(heads: tuple[str, ...], rows: list[str]) -> str:
    """Markdown."""
    return "\n".join([f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *rows])
