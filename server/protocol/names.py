"""Names of people and rooms: what is allowed, and when two are the same (pure).

Unicode NFC for what is shown, NFKC and casefold for comparing (UAX #15, UTS #39 in spirit): two
names that look alike to a search are one name.
"""

import re
import unicodedata
from collections.abc import Container
from typing import Final

from server.protocol import limits
from server.protocol.characters import LETTER, MARK, UNSHOWN, is_line, kind_of

# What some file system takes for something else than a part of a name.
_PATH_SIGNS: Final = re.compile(r'[/\\:*?"<>|]')
# Devices of Windows, with any ending (Naming Files, Paths, and Namespaces).
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)

# Those of Unicode 14 beside the usual one (general category Zs).
_SPACES: Final = frozenset("\u00a0\u1680\u202f\u205f\u3000").union(map(chr, range(0x2000, 0x200B)))
# Longer ones are no type of file.
_ENDING_BYTES_MAX: Final = 20
_ROOM_NAME: Final = re.compile(rf"[a-z0-9._-]{{3,{limits.ROOM_NAME_CHARACTERS_MAX}}}")
# Letters, marks, digits, and a few signs that stand in real names; so no control, bidi or
# zero-width character and no line break ever gets into a name.
_KINDS: Final = frozenset({LETTER, MARK})
_SIGNS: Final = frozenset(" .-_'’")


def clean_person_name(text: str) -> str | None:
    """The name as it is shown, or None when it is not allowed.

    1 to 32 characters; letters, digits and ``. - _ '`` with single spaces between words.
    """
    name = " ".join(text.split())
    if not is_line(name):
        # Of a character that is newer than the table another Python may know another normal form.
        return None
    name = unicodedata.normalize("NFC", name)
    if not 1 <= len(name) <= limits.NAME_CHARACTERS_MAX:
        return None
    if not all(kind_of(c) in _KINDS or c in _SIGNS for c in name):
        return None
    return name if any(kind_of(c) == LETTER for c in name) else None


def clean_label(text: str) -> str:
    """What people call a device: on one line, without what a screen cannot show; it may be empty."""
    shown = "".join(c for c in text if is_line(c) or c.isspace())
    return unicodedata.normalize("NFC", " ".join(shown.split()))[: limits.NAME_CHARACTERS_MAX].strip()


def clean_file_name(text: str) -> str:
    """What a file is called: a label for people that no file system takes for a path; never empty."""
    # No control, bidi or zero-width characters, no lone surrogates, no line breaks; one kind of space.
    name = "".join(" " if c in _SPACES else c for c in text if c in _SPACES or kind_of(c) != UNSHOWN)
    name = unicodedata.normalize("NFC", name)
    name = _shortened(_PATH_SIGNS.sub("_", name).lstrip(". "))
    return f"_{name}"[: limits.FILE_NAME_CHARACTERS_MAX] if _DEVICES.fullmatch(name) else name or "file"


def _shortened(name: str) -> str:
    """Within both limits, with its ending when that is short; without dots or spaces at its end."""
    stem, dot, ending = name.rpartition(".")
    tail = dot + ending if stem and len(ending.encode()) <= _ENDING_BYTES_MAX else ""
    stem = name[: len(name) - len(tail)]
    room_bytes = limits.FILE_NAME_BYTES_MAX - len(tail.encode())
    stem = stem[: limits.FILE_NAME_CHARACTERS_MAX - len(tail)].encode()[:room_bytes].decode(errors="ignore")
    return unicodedata.normalize("NFC", stem + tail).rstrip(". ")


def clean_room_name(text: str) -> str | None:
    """The name of a room, or None when it is not allowed: ``[a-z0-9._-]{3,32}``."""
    return text if _ROOM_NAME.fullmatch(text) else None


def free_name(name: str, taken: Container[str]) -> str:
    """The name, or the first of ``name-2``, ``name-3`` … whose key is not taken."""
    found, number = name, 1
    while name_key(found) in taken:
        number += 1
        ending = f"-{number}"
        found = name[: limits.NAME_CHARACTERS_MAX - len(ending)].rstrip() + ending
    return found


def name_key(name: str) -> str:
    """What two equal names have in common; for names that are allowed it is the same at every server."""
    # Twice, for folding can undo the normal form (The Unicode Standard, section 3.13, D146).
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
