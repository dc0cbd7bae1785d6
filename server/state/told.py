"""What the fold says about a record: its verdict, its audience and its message number."""

from typing import Final

import msgspec

from server.archive.blocks import Change, TimelineRow
from server.protocol.errors import Refusal

# The audience of things that every signed-in person is told.
EVERYBODY: Final = "*"
# The audience of what administrators did: nobody is told by itself, it is asked for.
ADMINISTRATORS: Final = "administrators"


class Told(msgspec.Struct, frozen=True):
    """An accepted record that somebody is to be told: who, and its message number (0: none).

    `others` are told beside the audience: people who are not in it, or will not be any more. `joined`
    and `left` are (room, user) of those who became members by it, or are none from here on. `change` is
    what it does to a message. `signs_out`: a device that could sign in can do so no longer.
    """

    audience: str
    number: int = 0
    change: Change | None = None
    joined: tuple[tuple[str, str], ...] = ()
    left: tuple[tuple[str, str], ...] = ()
    others: tuple[str, ...] = ()
    signs_out: bool = False

    @property
    def audiences(self) -> tuple[str, ...]:
        """All of them."""
        return self.audience, *self.others

    def rows(self, index: int) -> list[TimelineRow]:
        """How each of its audiences finds the record at an index again."""
        row = TimelineRow(index, self.audience, self.number, self.change)
        if not self.others:
            return [row]
        return [row, *(TimelineRow(index, other, self.number) for other in self.others)]


class Marked(msgspec.Struct, frozen=True):
    """What a record of marks did: the people whose marks are higher now. It is in no timeline."""

    users: tuple[str, ...]


class Outcome(msgspec.Struct, frozen=True):
    """The verdict on one committed record: accepted when `refusal` is None."""

    refusal: Refusal | None = None
    told: Told | None = None
    marked: Marked | None = None
