"""What a conversation wants done with its links; the shell does it, in the given order."""

import msgspec


class Dial(msgspec.Struct, frozen=True, tag=True):
    """Connect to `address` (host:port); answer with `link_opened` or `dial_failed`."""

    link_id: int
    address: str


class Write(msgspec.Struct, frozen=True, tag=True):
    """Send these bytes on an open link."""

    link_id: int
    data: bytes


class Close(msgspec.Struct, frozen=True, tag=True):
    """Close an open link or give up a dial; nothing more is expected from it."""

    link_id: int


class ReadPiece(msgspec.Struct, frozen=True, tag=True):
    """Read so much of the file that is sent under a ticket; answer with `piece_read`."""

    ticket: int
    offset: int
    length: int


class KeepPiece(msgspec.Struct, frozen=True, tag=True):
    """Write this behind what was kept of the file that is fetched under a ticket."""

    ticket: int
    offset: int
    data: bytes


LinkEffect = Dial | Write | Close
FileEffect = ReadPiece | KeepPiece
AnyEffect = LinkEffect | FileEffect
