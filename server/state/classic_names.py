"""Classic names: what people and rooms are called where only a few letters and digits may stand (pure).

The classic room protocol knows identities of ``[A-Za-z][A-Za-z0-9]{2,15}`` and rooms of
``[A-Za-z][A-Za-z0-9]{2,31}``. A name gets its classic one when it comes to be, and keeps it: the same name
without its accents and all that may not stand there, with digits behind it where that is too short or
somebody has it.
"""

import unicodedata
from typing import Final

IDENTITY_CHARACTERS_MAX: Final = 16
ROOM_CHARACTERS_MAX: Final = 32
_CHARACTERS_MIN: Final = 3
# The general room in that protocol.
MAIN_HALL: Final = "MainHall"


class ClassicNames:
    """Those of all people, or of all rooms. Looked up from any thread, changed by the fold alone."""

    def __init__(self, default: str, characters_max: int) -> None:
        """`default` stands for names that have nothing in them that may stand in a classic one."""
        self._default: Final = default
        self._characters_max: Final = characters_max
        self._ids: Final[dict[str, str]] = {}
        # From which number on there may be a free one, by the beginning: not to try all of them each time.
        # It only saves time, so it is in no snapshot.
        self._first: Final[dict[str, int]] = {}

    def find(self, name: str) -> str | None:
        """The id of whoever, or whatever, has this classic name; None: nobody. Case does not matter."""
        return self._ids.get(name.casefold())

    def new(self, name: str) -> str:
        """The classic name for a new name: the first that nobody has."""
        start = "".join(filter(_may_stand, unicodedata.normalize("NFKD", name))).lstrip("0123456789")
        start = start[: self._characters_max] or self._default
        key = start.casefold()
        # Alone it stands where it is long enough; the second one of a name has a 2.
        number = self._first.get(key, 0 if len(start) >= _CHARACTERS_MIN else 1)
        while (found := self._numbered(start, number)).casefold() in self._ids:
            number = max(2, number + 1)
        self._first[key] = number
        return found

    def put(self, classic: str, who: str) -> None:
        """It is given."""
        self._ids[classic.casefold()] = who

    def free(self, classic: str) -> None:
        """Nobody has it any more."""
        self._ids.pop(classic.casefold(), None)
        self._first.clear()

    def _numbered(self, start: str, number: int) -> str:
        digits = str(number) if number else ""
        digits = digits.rjust(_CHARACTERS_MIN - len(start), "0")
        return start[: self._characters_max - len(digits)] + digits


def _may_stand(character: str) -> bool:
    return character.isascii() and character.isalnum()
