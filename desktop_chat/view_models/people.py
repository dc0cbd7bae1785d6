"""How a person or a room is shown when there is no picture: initials and a colour that stays."""

import zlib
from collections.abc import Iterable

import msgspec

from desktop_chat.i18n.translation import _
from desktop_chat.theme.palette import AVATAR_COLOURS, Palette
from server.protocol.facts import MemberFacts


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


def name_colour(key: str, palette: Palette) -> str:
    """The person's colour for a name in a bubble: dark or light enough to be read there."""
    target = 255 if palette.is_dark else 0
    share = 0.25 if palette.is_dark else 0.3
    parts = [int(avatar_colour(key)[at : at + 2], 16) for at in (1, 3, 5)]
    mixed = [round(part + (target - part) * share) for part in parts]
    return "#" + "".join(f"{part:02x}" for part in mixed)


class Person(msgspec.Struct, frozen=True):
    """Somebody in a room."""

    user: str
    name: str
    is_online: bool
    is_self: bool

    @property
    def words(self) -> str:
        """The name, and a word for oneself."""
        return _("{name} (you)").format(name=self.name) if self.is_self else self.name


def build_people(members: Iterable[MemberFacts], own_user: str) -> list[Person]:
    """Who is online first, then by name."""
    people = [Person(each.user, each.name, each.is_online, each.user == own_user) for each in members]
    return sorted(people, key=lambda person: (not person.is_online, person.name.casefold()))
