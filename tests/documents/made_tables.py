"""Tables that are made from the code, in documents that are written by hand.

A table stands between `<!-- table NAME -->` and `<!-- end -->`.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

BLOCK: Final = re.compile(r"<!-- table (\w+) -->\n(.*?)\n?<!-- end -->", re.DOTALL)


def with_tables(text: str, tables: Mapping[str, str]) -> str:
    """A document with every table as it has to be."""
    return BLOCK.sub(lambda block: f"<!-- table {block[1]} -->\n{tables[block[1]]}\n<!-- end -->", text)


def write_tables(document: Path, tables: Mapping[str, str]) -> None:
    """Bring a document up to date."""
    document.write_text(with_tables(document.read_text(encoding="utf-8"), tables), encoding="utf-8")


def table(heads: tuple[str, ...], rows: list[str]) -> str:
    """Markdown."""
    return "\n".join([f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *rows])
