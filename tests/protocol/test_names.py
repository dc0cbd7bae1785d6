"""Names: what is allowed, and when two are the same."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.protocol import limits
from server.protocol.names import clean_file_name, clean_label, clean_person_name, clean_room_name, name_key


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Anna", "Anna"),
        ("  Anna   Maria ", "Anna Maria"),
        ("O'Neill-Smith Jr.", "O'Neill-Smith Jr."),
        ("a\u0301", "\u00e1"),
        ("李小龍", "李小龍"),
        ("7", "7"),
        ("x" * 32, "x" * 32),
    ],
)
def test_a_name_as_it_is_shown(written: str, shown: str) -> None:
    assert clean_person_name(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "x" * 33,
        "---",
        "a\u202eb",
        "a\u200bb",
        "a\x00b",
        "a/b",
        "<b>",
        "a@b",
        "\N{GRINNING FACE}",
        "\ufeffa",
    ],
)
def test_what_is_no_name(written: str) -> None:
    assert clean_person_name(written) is None


@given(st.text(max_size=40))
def test_a_shown_name_is_clean_short_and_stays_as_it_is(written: str) -> None:
    shown = clean_person_name(written)
    if shown is not None:
        assert clean_person_name(shown) == shown
        assert 1 <= len(shown) <= limits.NAME_CHARACTERS_MAX
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") for c in shown)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna", "ANNA"),
        ("Straße", "STRASSE"),
        ("ﬁn", "fin"),
        ("Å", "A\u030a"),
        ("Ａnna", "anna"),
        ("ΐδα", "ΐδα".upper()),
    ],
)
def test_names_that_look_alike_to_a_search_are_one(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@given(st.text(max_size=20))
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)


@given(st.text(max_size=20))
def test_a_name_in_capitals_is_the_same_name(name: str) -> None:
    assert name_key(name.upper().lower()) == name_key(name.upper())


@pytest.mark.parametrize("name", ["abc", "a-b_c.9", "x" * 32])
def test_names_of_rooms(name: str) -> None:
    assert clean_room_name(name) == name


@pytest.mark.parametrize("name", ["", "ab", "x" * 33, "Abc", "a b c", "äbc", "abc\n", "a/c"])
def test_what_is_no_name_of_a_room(name: str) -> None:
    assert clean_room_name(name) is None


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("holiday.jpg", "holiday.jpg"),
        ("Foto 12 (bunt).JPEG", "Foto 12 (bunt).JPEG"),
        ("re\u0301sume\u0301.pdf", "r\u00e9sum\u00e9.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\..\\boot.ini", "_.._boot.ini"),
        ("C:\\Windows\\x.dll", "C__Windows_x.dll"),
        (".profile", "profile"),
        ("...", "file"),
        ("", "file"),
        ("   ", "file"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("a\u200bb\x00c\nd\u2028e.txt", "abcde.txt"),
        ("a\u00a0b.txt", "a b.txt"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com\u00b9.tar.gz", "_com\u00b9.tar.gz"),
        ("console.log", "console.log"),
        ('a<b>c:d"e|f?g*h', "a_b_c_d_e_f_g_h"),
        ("name. . .", "name"),
        ("\ud800.txt", "txt"),
        ("x" * 200 + ".jpeg", "x" * 115 + ".jpeg"),
        ("\u674e" * 200 + ".png", "\u674e" * 78 + ".png"),
    ],
)
def test_a_file_is_called_by_a_label(written: str, label: str) -> None:
    assert clean_file_name(written) == label


@given(st.text(max_size=300))
def test_a_label_is_never_a_path_and_stays_as_it_is(written: str) -> None:
    label = clean_file_name(written)
    assert clean_file_name(label) == label
    assert 1 <= len(label) <= limits.FILE_NAME_CHARACTERS_MAX
    assert len(label.encode()) <= limits.FILE_NAME_BYTES_MAX
    assert label not in {".", ".."}
    assert not set(label) & set('/\\:*?"<>|\x00\n')
    assert label == label.strip(". ")


@pytest.mark.parametrize("newer", ["\U00031350", "\U0002ebf0", "\u1c89", "\u0378"])
def test_a_character_that_only_a_newer_python_knows_stands_in_no_name(
    newer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unicodedata, "category", lambda _character: "Lo")
    assert clean_person_name(newer * 2) is None
    assert clean_label(f"x{newer}y") == "xy"
    assert clean_file_name(f"x{newer}y.txt") == "xy.txt"


@given(st.text(max_size=80))
@example("a \x1b b")
def test_a_label_of_a_label_is_itself(written: str) -> None:
    assert clean_label(clean_label(written)) == clean_label(written)
