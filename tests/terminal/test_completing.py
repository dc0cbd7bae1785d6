"""What Tab makes of the beginning of a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.terminal.completing import Completions, Known, completions

KNOWN = Known(
    commands=["/room", "/rooms", "/msg", "/group"],
    rooms=["general", "Our garden", "bob smith"],
    others=["tea"],
    people=["Anna", "bob smith", "böbbel"],
)


@pytest.mark.parametrize(
    ("line", "length", "texts"),
    [
        ("/ro", 3, ["/room", "/rooms"]),
        ("/x", 2, []),
        ("//ro", 0, []),
        ("", 0, []),
        ("hello", 0, []),
        # Conversations that one is in, and those that one is not.
        ("/room our g", 5, ["Our garden"]),
        ("/room #gen", 4, ["#general"]),
        ("/room @bob", 4, ["@bob smith"]),
        ("/join t", 1, ["tea"]),
        ("/join g", 1, []),
        # A person is all that stands behind these.
        ("/friend bob s", 5, ["bob smith"]),
        ("/add @a", 2, ["@Anna"]),
        ("/accept ", 0, ["Anna", "bob smith", "böbbel"]),
        # Where more follows, a name with spaces stands in quotes.
        ("/msg BO", 2, ['"bob smith" ']),
        ('/msg "bob s', 6, ['"bob smith" ']),
        ("/msg an", 2, ["Anna "]),
        ("/msg Anna bo", 0, []),
        ("/msg Anna hi @bo", 3, ["@bob smith"]),
        # The name of a new group is nobody's.
        ("/group an", 0, []),
        ('/group "our an', 0, []),
        ("/group choir an", 2, ["Anna "]),
        ('/group choir Anna "bob', 4, ['"bob smith" ']),
        # Wherever one mentions somebody, but not in an address.
        ("hello @an", 3, ["@Anna"]),
        ("(@bob s", 6, ["@bob smith"]),
        ("mail to x@an", 0, []),
        ("@Anna how are you", 0, []),
        ("/topic all about @b\u00f6", 3, ["@böbbel"]),
    ],
)
def test_a_beginning_has_these_ends(line: str, length: int, texts: list[str]) -> None:
    found = completions(line, KNOWN)
    assert found.texts == texts
    assert not texts or found.length == length


@given(st.text(max_size=40) | st.text(alphabet='/msg roup"@#ab ', max_size=20))
def test_no_line_is_too_strange(line: str) -> None:
    found = completions(line, KNOWN)
    assert isinstance(found, Completions)
    assert found.length <= len(line)
