"""What the two servers say to each other about files, on a connection of its own beside the records.

    offer    a person sends this file here, or is about to put it into a message: take it from me
    want     give me a piece of it, from this offset on
    piece    here it is: full, or to the end of the file; answered when so much of it is here
    lacks    it is not here, nor coming; also when it was here and is no more
    has      it is on my disk now, whole and verified

`person` is who sends it; "" when a message carries it already.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from server.archive.record import Number
from server.protocol import limits

_Person = Annotated[str, Meta(max_length=64)]
_Sha256 = Annotated[str, Meta(max_length=64, pattern="^[0-9a-f]{64}$")]

# So much is asked for at once, and so often ahead: what is on its way at most, also over a slow line.
PIECE_BYTES = 256 * 1024
WANTS_AHEAD = 4


class _About(msgspec.Struct, frozen=True, array_like=True):
    person: _Person
    sha256: _Sha256

    @property
    def key(self) -> tuple[str, str]:
        """Who sends what."""
        return self.person, self.sha256


class FileOffer(_About, frozen=True, array_like=True, tag="file_offer"):
    """See the module."""

    size: Annotated[int, Meta(ge=0, le=limits.FILE_BYTES_MAX)]


class FileWant(_About, frozen=True, array_like=True, tag="file_want"):
    """See the module."""

    offset: Number


class FilePiece(_About, frozen=True, array_like=True, tag="file_piece"):
    """See the module."""

    offset: Number
    data: Annotated[bytes, Meta(max_length=PIECE_BYTES)]


class FileLacks(_About, frozen=True, array_like=True, tag="file_lacks"):
    """See the module."""


class FileHas(_About, frozen=True, array_like=True, tag="file_has"):
    """See the module."""


FileMessage = FileOffer | FileWant | FilePiece | FileLacks | FileHas
