"""The language of this process: `_` and `ngettext`, and which catalogues stand behind them.

Texts are looked up when they are shown, never when a module is imported; so the language can be
changed while a program runs, and nothing is read for a program that shows nothing. The first text
takes the language of the environment, unless `use_language` was called.
"""

import gettext
import io
import os
from pathlib import Path
from typing import Final

from server.i18n.catalogue_file import compiled, read_catalogue
from server.i18n.languages import LANGUAGES, chosen_language

CATALOGUE_FOLDER: Final = Path(__file__).parent / "catalogues"

# Digits are grouped by a comma in English and by a point in the two others.
_GROUP_SIGNS: Final = {"en": ",", "es": ".", "it": "."}


class _Current:
    """The language in use: one a process. Any thread may look a text up; one thread changes it."""

    folders: tuple[Path, ...] = (CATALOGUE_FOLDER,)
    language = ""
    translations: gettext.NullTranslations | None = None


def add_catalogues(folder: Path) -> None:
    """Take texts from here too: a program that brings more of them says so when it is imported."""
    if folder not in _Current.folders:
        _Current.folders = (*_Current.folders, folder)
        _Current.translations = None


def use_language(language: str) -> str:
    """Show texts in this language; an unknown or empty one means the language of the system."""
    if language not in LANGUAGES:
        language = chosen_language(os.environ)
    _Current.language = language
    _Current.translations = _load(language)
    return language


def current_language() -> str:
    """The code of the language in use."""
    _translations()
    return _Current.language


def _(message: str) -> str:
    """The text in the language in use."""
    # Gettext keeps the catalogue's own header under the empty text.
    return _translations().gettext(message) if message else ""


def ngettext(singular: str, plural: str, count: int) -> str:
    """The text for a count in the language in use."""
    return _translations().ngettext(singular, plural, count)


def number_text(number: int) -> str:
    """A whole number with its digits in groups: 1,204."""
    return f"{number:,}".replace(",", _GROUP_SIGNS[current_language()])


def _translations() -> gettext.NullTranslations:
    found = _Current.translations
    if found is None:
        use_language(_Current.language)
        found = _Current.translations
    assert found is not None
    return found


def _load(language: str) -> gettext.NullTranslations:
    if language == "en":
        # The source texts are English.
        return gettext.NullTranslations()
    texts: dict[str, str] = {}
    for folder in _Current.folders:
        texts |= read_catalogue((folder / f"{language}.po").read_text(encoding="utf-8"))
    return gettext.GNUTranslations(io.BytesIO(compiled(texts)))
