"""Which language: what the environment says, as gettext reads it, else what the system says."""

import locale
from collections.abc import Mapping
from typing import Final

LANGUAGES: Final = {"en": "English", "es": "Español", "it": "Italiano"}

# GNU gettext manual, section "Locale Environment Variables": the first one that is set counts.
_VARIABLES: Final = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
# How Windows names a language, and the locale that wants the texts as they stand in the source.
_OTHER_NAMES: Final = {"spanish": "es", "italian": "it", "english": "en", "c": "en", "posix": "en"}


def chosen_language(environment: Mapping[str, str]) -> str:
    """The language that a person wants when we have it, else English."""
    value = next((environment[name] for name in _VARIABLES if environment.get(name)), None)
    # A list "it:es" is in the order of preference.
    names = _system_locale() if value is None else value
    return next((code for code in map(_code_of, names.split(":")) if code in LANGUAGES), "en")


def _code_of(name: str) -> str:
    """`es` of es_ES.UTF-8, es-ES, es@euro or Spanish_Spain.1252."""
    for sign in ".@-":
        name = name.replace(sign, "_")
    code = name.partition("_")[0].casefold()
    return _OTHER_NAMES.get(code, code)


def _system_locale() -> str:
    """Windows and a macOS desktop set none of the variables."""
    try:
        return locale.getlocale()[0] or ""
    except ValueError:
        # A locale that Python does not know.
        return ""
