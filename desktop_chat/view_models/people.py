"""How a person or a room is shown when there is no picture: initials and a colour that stays."""

import zlib

from desktop_chat.theme.palette import AVATAR_COLOURS


def initials(name: str) -> str:
    """One or two capitals: of the first and last word, or of the only one."""
    words = [word for word in name.replace("_", " ").replace(".", " ").replace("-", " ").split() if word]
    if not words:
        return "?"
    if len(words) == 1:
        return words[0][0].upper()
    return (words[0][0] + words[-1][0]).upper()


def avatar_colour(key: str) -> str:
    """A colour by the person's id: the same at every start and on every machine."""
    return AVATAR_COLOURS[zlib.crc32(key.encode()) % len(AVATAR_COLOURS)]
