"""What may be put to a message as a reaction (pure)."""

from typing import Final

from server.protocol import limits
from server.protocol.characters import PUNCTUATION, SYMBOL, kind_of

# Asks for the picture of the sign before it, also where that is punctuation (UTS #51, section 1.4.3).
_AS_PICTURE: Final = "\ufe0f"
# What joins signs to one emoji or changes how they are drawn: the zero width joiner, variation selectors, the
# keycap, and the tags of which flags of regions are made.
_JOINING: Final = frozenset({"\u200d", "\ufe0e", _AS_PICTURE, "\u20e3", *map(chr, range(0xE0020, 0xE0080))})


def is_emoji(text: str) -> bool:
    """A short sign without letters, digits, spaces, or what steers a screen; there must be a symbol in it.

    Which signs are emoji changes from year to year: that is for those who draw them.
    """
    if not 0 < len(text) <= limits.EMOJI_CHARACTERS_MAX or text.isascii():
        return False
    kinds = list(map(kind_of, text))
    has_picture = any(
        kind == SYMBOL or (kind == PUNCTUATION and follower == _AS_PICTURE)
        for kind, follower in zip(kinds, [*text[1:], ""], strict=True)
    )
    return has_picture and all(
        kind in {SYMBOL, PUNCTUATION} or character in _JOINING
        for kind, character in zip(kinds, text, strict=True)
    )
