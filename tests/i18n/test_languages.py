"""Which language the environment asks for, as gettext reads it."""

import pytest

from server.i18n.languages import chosen_language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "es_ES.UTF-8"}, "es"),
        ({"LANG": "it_CH@euro"}, "it"),
        ({"LANG": "es_ES.UTF-8", "LC_MESSAGES": "it_IT"}, "it"),
        ({"LANG": "es", "LC_MESSAGES": "it", "LC_ALL": "en_GB"}, "en"),
        ({"LANG": "en_US", "LC_ALL": "C", "LANGUAGE": "fr:it:es"}, "it"),
        ({"LANGUAGE": "", "LANG": "es"}, "es"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANGUAGE": "C:it"}, "en"),
        ({"LANG": "fr_FR"}, "en"),
        ({"LANG": "Spanish_Spain.1252"}, "es"),
    ],
)
def test_the_first_variable_that_is_set_counts(environment: dict[str, str], language: str) -> None:
    assert chosen_language(environment) == language


def test_without_any_variable_the_system_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getlocale", lambda: ("Italian_Italy", "1252"))
    assert chosen_language({}) == "it"


def test_a_system_that_knows_no_language_speaks_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getlocale", lambda: (None, None))
    assert chosen_language({}) == "en"
