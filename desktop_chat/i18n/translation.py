"""The language of the window: `_` and `ngettext`, and which catalogue stands behind them.

Texts are looked up when they are shown, never when a module is imported, so that a change of the
language is one call of `use_language` and a rebuilt window.
"""

import gettext
import io
import locale
from pathlib import Path
from typing import Final

from desktop_chat.i18n.catalogue_file import compiled, read_catalogue

CATALOGUE_FOLDER: Final = Path(__file__).parent / "catalogues"
LANGUAGES: Final = {"en": "English", "es": "Español", "it": "Italiano"}

# Digits are grouped by a comma in English and by a point in the two others.
_GROUP_SIGNS: Final = {"en": ",", "es": ".", "it": "."}


class _Current:
    """The language in use: one a process, changed on the Tk thread only."""

    language = "en"
    translations: gettext.NullTranslations = gettext.NullTranslations()


def use_language(language: str) -> str:
    """Show texts in this language; an unknown or empty one means the language of the system."""
    if language not in LANGUAGES:
        language = system_language()
    _Current.language = language
    _Current.translations = _load(language)
    return language


def current_language() -> str:
    """The code of the language in use."""
    return _Current.language


def system_language() -> str:
    """The system's language when we have it, else English."""
    try:
        name = locale.getlocale(locale.LC_MESSAGES)[0] or ""
    except (AttributeError, ValueError):
        # Windows has no LC_MESSAGES; a broken environment names a locale that nobody knows.
        name = locale.getlocale()[0] or ""
    code = name.replace("-", "_").split("_")[0].casefold()
    long_names = {"spanish": "es", "italian": "it", "english": "en"}
    code = long_names.get(code, code)
    return code if code in LANGUAGES else "en"


def _(message: str) -> str:
    """The text in the language of the window."""
    return _Current.translations.gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The text for a count in the language of the window."""
    return _Current.translations.ngettext(singular, plural, count)


def number_text(number: int) -> str:
    """A whole number with its digits in groups: 1,204."""
    return f"{number:,}".replace(",", _GROUP_SIGNS[_Current.language])


def _load(language: str) -> gettext.NullTranslations:
    if language == "en":
        # The source texts are English.
        return gettext.NullTranslations()
    text = (CATALOGUE_FOLDER / f"{language}.po").read_text(encoding="utf-8")
    return gettext.GNUTranslations(io.BytesIO(compiled(read_catalogue(text))))
