"""What the fold says about a record: its verdict, its audience and its message number."""

from typing import Final

import msgspec

from server.archive.blocks import Change
from server.protocol.errors import Refusal

# The audience of things that every signed-in person is told.
EVERYBODY: Final = "*"


class Told(msgspec.Struct, frozen=True):
    """An accepted record that somebody is to be told: who, and its message number (0: none).

    `joined` is (room, user) when somebody became a member by it; `change` is what it does to a message.
    """

    audience: str
    number: int = 0
    joined: tuple[str, str] | None = None
    change: Change | None = None


class Marked(msgspec.Struct, frozen=True):
    """What a record of marks did: the people whose marks are higher now. It is in no timeline."""

    users: tuple[str, ...]


class Outcome(msgspec.Struct, frozen=True):
    """The verdict on one committed record: accepted when `refusal` is None."""

    refusal: Refusal | None = None
    told: Told | None = None
    marked: Marked | None = None
