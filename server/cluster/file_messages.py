"""What the two servers say to each other about files, on a connection of its own beside the records.

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
    """Holder to fetcher: a person sends this file here, or puts it into a message soon: take it from me."""

    size: Annotated[int, Meta(ge=0, le=limits.FILE_BYTES_MAX)]


class FileWant(_About, frozen=True, array_like=True, tag="file_want"):
    """Fetcher to holder: give me a piece of it, from this offset on."""

    offset: Number


class FilePiece(_About, frozen=True, array_like=True, tag="file_piece"):
    """Holder to fetcher: here it is: full, or to the end of the file; answered when so much of it is here."""

    offset: Number
    data: Annotated[bytes, Meta(max_length=PIECE_BYTES)]


class FileLacks(_About, frozen=True, array_like=True, tag="file_lacks"):
    """Holder to fetcher: it is not here, nor coming; also when it was here and is no more."""


class FileHas(_About, frozen=True, array_like=True, tag="file_has"):
    """Fetcher to holder: it is on my disk now, whole and verified."""


FileMessage = FileOffer | FileWant | FilePiece | FileLacks | FileHas
