"""Every text of the server's programs is there in Spanish and Italian, with the same places to fill."""

from pathlib import Path

import pytest

from server.i18n.catalogue_file import read_catalogue
from server.i18n.translation import CATALOGUE_FOLDER
from tests.i18n.source_texts import help_texts, places, texts_in
from tests.source_tree import PROJECT

FOLDERS = {
    "server": CATALOGUE_FOLDER,
    "desktop_chat": PROJECT / "desktop_chat/i18n/catalogues",
}
LANGUAGES = ["es", "it"]


def catalogue_in(folder: Path, language: str) -> dict[str, str]:
    catalogue = read_catalogue((folder / f"{language}.po").read_text(encoding="utf-8"))
    assert f"Language: {language}\n" in catalogue.pop("")
    return catalogue


def texts_of(package: str) -> set[str]:
    """Each text is in one catalogue only: what both programs say is in the server's."""
    of_server = texts_in("server") | help_texts()
    return of_server if package == "server" else texts_in("desktop_chat") - of_server


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("package", FOLDERS)
def test_every_text_is_translated(package: str, language: str) -> None:
    catalogue = catalogue_in(FOLDERS[package], language)
    absent = sorted(text for text in texts_of(package) if not catalogue.get(text))
    assert not absent, "\n".join(map(repr, absent))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("package", FOLDERS)
def test_nothing_is_translated_that_is_gone(package: str, language: str) -> None:
    gone = sorted(set(catalogue_in(FOLDERS[package], language)) - texts_of(package))
    assert not gone, "\n".join(map(repr, gone))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("package", FOLDERS)
def test_translations_fill_the_same_places(package: str, language: str) -> None:
    wrong = [
        f"{source!r}: {part!r}"
        for source, target in catalogue_in(FOLDERS[package], language).items()
        for part in target.split("\0")
        if places(part) != places(source.split("\0")[-1])
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_and_examples_stay_as_they_are_typed(language: str) -> None:
    """What stands between ` `, flags, and the lines of examples are for the computer, not for people."""
    catalogue = catalogue_in(FOLDERS["server"], language)
    for text in help_texts():
        for line in text.splitlines():
            if line.strip().startswith(("python -m server", "echo ")):
                typed = line.partition("      a new code")[0]
                assert typed in catalogue[text], line
