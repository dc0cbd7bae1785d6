"""docs/security.md says what the code does, and what it names is there."""

import re

from tests.documents.made_tables import BLOCK, with_tables
from tests.documents.security_tables import DOCUMENT, all_tables
from tests.source_tree import PROJECT

TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_every_made_part_is_as_the_code_says() -> None:
    expected = with_tables(TEXT, all_tables())
    assert expected == TEXT, "run: python -m tests.documents.security_tables"


def test_every_made_part_is_in_the_document_once() -> None:
    assert sorted(block[0] for block in BLOCK.findall(TEXT)) == sorted(all_tables())


def test_every_file_that_it_names_is_there() -> None:
    named = re.findall(r"`((?:tests|server|docs)/[\w/.]+)`", TEXT)
    assert len(named) > 20
    assert [name for name in named if not (PROJECT / name).exists()] == []
