"""The words behind a command, as people quote them."""

from server.terminal.words import is_text, name_and_text, names, number_in, one_name, quoted


def test_a_name_may_have_spaces_with_and_without_quotes() -> None:
    assert [one_name(text) for text in ("our garden", '"our garden"', "'our garden' ", "O'Brien", "")] == [
        "our garden",
        "our garden",
        "our garden",
        "O'Brien",
        "",
    ]


def test_behind_a_name_the_text_stays_as_it_is() -> None:
    assert name_and_text("bob it's  late") == ("bob", "it's  late")
    assert name_and_text('"bob smith" "hi"') == ("bob smith", '"hi"')
    assert name_and_text('"bob') == ('"bob', "")


def test_several_names_are_those_of_a_shell_and_a_quote_without_an_end_is_none() -> None:
    assert names("\"our garden\" anna 'bob smith'") == ["our garden", "anna", "bob smith"]
    assert names('"our garden anna') is None


def test_a_name_as_a_hint_shows_it_is_read_as_that_name() -> None:
    assert (quoted("bob"), quoted("bob smith")) == ("bob", '"bob smith"')
    for name in ("bob", "bob smith", "'t hooft", "o'brien", '"quoted"'):
        assert name_and_text(f"{quoted(name)} TEXT") == (name, "TEXT")
        assert one_name(quoted(name)) == name


def test_a_number_is_one_that_somebody_counts() -> None:
    assert [number_in(word) for word in ("12", "0000012", "0", "999999999")] == [12, 12, 0, 999_999_999]
    assert {number_in(word) for word in ("", "-1", "1.5", "x", "²", "9" * 10, "9" * 5_000)} == {None}


def test_bytes_of_a_pipe_may_be_no_text() -> None:
    assert is_text("Zoë 👋")
    assert not is_text("\udcff")
