"""The messages of pairing: one JSON object a line, inside TLS that the code's fingerprint pins (pure).

They come in the order in which they stand here; what the member refuses is the end. A member is the server
that takes in the newcomer.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from server.i18n.marking import marked
from server.i18n.translation import _
from server.protocol.errors import Refusal, RemoteProtocolError
from server.protocol.frames import FrameDecoder, FrameReader, encode_frame

PAIRING_ALPN: Final = "desktop-chat-pairing/1"
# A chain of two small certificates and a key are about 2 KiB.
_LINE_BYTES_MAX: Final = 16 * 1024

_Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
_Label = Annotated[str, Meta(min_length=1, max_length=64)]
_AddressText = Annotated[str, Meta(min_length=1, max_length=300)]
_Pem = Annotated[str, Meta(max_length=8 * 1024)]

# Sentences by code. The machine that takes in sends the code, the one that joins says it.
PAIRING_SENTENCES: Final[dict[str, str]] = {
    "wrong_code": marked(
        "The pairing code is not the one that the other server waits for. Ask for the new one."
    ),
    "void_code": marked(
        "The pairing code was tried with a wrong secret three times and is void."
        " Run `init` again for a new one."
    ),
    "used_code": marked(
        "The pairing code was used already. Run `init` on the other machine to see its state."
    ),
    "bad_join": marked("The other server did not understand this one: are both of the same version?"),
    "bad_name": marked("The name of this server is not allowed: 1 to 32 letters, digits, spaces and . - _ '"),
    "name_taken": marked("The other server has this name already: choose another one with --name."),
    "not_new": marked(
        "This data folder belongs to the server that is to be replaced. Choose an empty one with --data."
    ),
    "bad_address": marked(
        "The other server cannot use this one's addresses: check --listen and --peer-listen."
    ),
    "bad_request": marked("The other server refused this one's key."),
    "bad_grant": marked("What the other server answered is not in order: nothing was kept."),
    "not_confirmed": marked(
        "The other server did not say that it is done. If `init` there says that the pair is complete,"
        " start both; else run the same `join` again."
    ),
    "lost": marked("The other server gave no answer to the end. Run the same `join` again."),
}


class PairingError(Exception):
    """Pairing failed: a code of `PAIRING_SENTENCES`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(_(PAIRING_SENTENCES[code]))


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="pairing", forbid_unknown_fields=True):
    """What all of them are."""


class Join(_Line, frozen=True, tag="join"):
    """Newcomer to member: take me in. `request`: the signing request for its key (PEM)."""

    secret: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
    server: _Id
    name: _Label
    address: _AddressText
    link_address: _AddressText
    request: _Pem


class Granted(_Line, frozen=True, tag="granted"):
    """Member to newcomer: all that it needs: its chain, the authority's key, the cluster, this server."""

    cluster: _Id
    chat: _Label
    secret: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    server: _Id
    name: _Label
    address: _AddressText
    link_address: _AddressText
    is_plain: bool
    is_first: bool
    chain: _Pem
    authority_key: _Pem
    is_open: bool = False


class Kept(_Line, frozen=True, tag="kept"):
    """Newcomer to member: its folder is durable."""


class Done(_Line, frozen=True, tag="done"):
    """Member to newcomer: the other folder is durable, too: the code is used up."""


class Refused(_Line, frozen=True, tag="refused"):
    """Member to newcomer: why not: a code of `PAIRING_SENTENCES`."""

    code: _Label


PairingMessage = Join | Granted | Kept | Done | Refused


class PairingReader:
    """Bytes to messages, within limits; anything else raises `RemoteProtocolError`."""

    _decoder: Final[FrameDecoder[PairingMessage]] = FrameDecoder(
        PairingMessage, "pairing", frozenset[str]().__contains__
    )

    def __init__(self) -> None:
        self._reader = FrameReader(_LINE_BYTES_MAX)

    def receive(self, data: bytes) -> list[PairingMessage]:
        """Take bytes, give the messages they completed."""
        self._reader.feed(data)
        found: list[PairingMessage] = []
        while (line := self._reader.next_line()) is not None:
            message = line if isinstance(line, Refusal) else self._decoder.decode(line)
            if isinstance(message, Refusal):
                raise RemoteProtocolError(message.code)
            found.append(message)
        return found


def encode_pairing(message: PairingMessage) -> bytes:
    """One message as one line."""
    return encode_frame(message)
