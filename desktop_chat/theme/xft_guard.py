"""Whether drawing a coloured emoji with a font can kill the process.

libXft before 2.3.5 ends the process with an X error when it draws a glyph of a colour font, and
nothing in Python can catch that. Where the library is old, emoji are only ever drawn as pictures.
"""

import ctypes
import ctypes.util
import sys
from functools import cache
from typing import Final

_SAFE_VERSION: Final = 20305
_FIRST_EMOJI: Final = 0x1F000
_SUBSTITUTE: Final = "\u25a1"


@cache
def are_colour_fonts_safe() -> bool:
    """Whether text with emoji may be given to the display's fonts."""
    if not sys.platform.startswith("linux"):
        return True
    name = ctypes.util.find_library("Xft")
    if name is None:
        # A Tk without Xft draws with the server's own fonts, which have no colours.
        return True
    try:
        return int(ctypes.CDLL(name).XftGetVersion()) >= _SAFE_VERSION
    except (OSError, AttributeError):
        return False


def drawable(text: str) -> str:
    """The text as it may be drawn with a font."""
    if are_colour_fonts_safe():
        return text
    return "".join(_SUBSTITUTE if ord(sign) >= _FIRST_EMOJI else sign for sign in text)
