"""The language of the window: the servers' mechanism with the window's own catalogues.

The window's language changes on the Tk thread only: one call of `use_language` and a rebuilt window.
"""

from pathlib import Path
from typing import Final

from server.i18n.languages import LANGUAGES
from server.i18n.translation import _, add_catalogues, current_language, ngettext, number_text, use_language

__all__ = [
    "CATALOGUE_FOLDER",
    "LANGUAGES",
    "_",
    "current_language",
    "ngettext",
    "number_text",
    "use_language",
]

CATALOGUE_FOLDER: Final = Path(__file__).parent / "catalogues"

add_catalogues(CATALOGUE_FOLDER)
