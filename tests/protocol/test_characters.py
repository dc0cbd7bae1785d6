"""What a character is: by a table of our own, which says what Unicode 14 says."""

import unicodedata

from server.protocol.characters import UNSHOWN, is_line, kind_of
from tests.protocol.unicode_runs import VERSION, kind_in_python


def test_the_table_is_that_of_unicode_14() -> None:
    others = [code for code in range(0x110000) if kind_of(chr(code)) != kind_in_python(code)]
    if unicodedata.unidata_version == VERSION:
        assert others == []
    # A newer Python knows more characters; what was known stays what it was.
    assert {kind_of(chr(code)) for code in others} <= {UNSHOWN}


def test_a_line_has_nothing_in_it_that_is_not_shown() -> None:
    assert is_line("Zoë's garden 🌱, №7")
    for text in (
        "a\nb",
        "a\tb",
        "a\u00a0b",
        "a\u2028b",
        "a\u202eb",
        "a\u200bb",
        "\udcff",
        "\ue000",
        "\u0378",
    ):
        assert not is_line(text)


def test_what_is_newer_than_the_table_is_not_known() -> None:
    # Assigned in Unicode 15.0, 15.1 and 16.0.
    assert {kind_of(sign) for sign in ("\U00031350", "\U0002ebf0", "\u1c89")} == {UNSHOWN}
