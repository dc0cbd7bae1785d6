"""Erased bodies: what stays of a message when it was deleted, so that the log still means the same (pure).

The header keeps the digest of what was there, and so does the erased body: the chain verifies, a retry of
the request is known by its digest, and a merge moves it as it is. No text stays, and no name of a file.

    erased   nil, digest, room, device and counter of what an edit changed, hash and size of a file

No real body begins with nil.
"""

import hashlib
from typing import Annotated, Final

import msgspec
from msgspec import Meta

_Number = Annotated[int, Meta(ge=0, le=2**53)]
_NIL: Final = 0xC0

# Kinds whose bodies hold what people wrote.
ERASABLE: Final = frozenset({"message", "edit"})
# Kinds that change a message; room, device and counter of it stand first in their bodies.
CHANGES: Final = frozenset({"edit", "delete", "react"})


class ErasedBody(msgspec.Struct, frozen=True, array_like=True):
    """What is left of a message, or of an edit of the message (device, counter)."""

    mark: None
    digest: bytes
    room: str
    device: str = ""
    counter: _Number = 0
    sha256: str = ""
    size: _Number = 0


class _File(msgspec.Struct, frozen=True, array_like=True):
    sha256: str
    size: _Number


class _Message(msgspec.Struct, frozen=True, array_like=True):
    room: str
    text: str
    file: _File | None = None


class _Change(msgspec.Struct, frozen=True, array_like=True):
    room: str
    device: str
    counter: _Number


_erased_decoder: Final = msgspec.msgpack.Decoder(ErasedBody)
_message_decoder: Final = msgspec.msgpack.Decoder(_Message)
_change_decoder: Final = msgspec.msgpack.Decoder(_Change)
_encode: Final = msgspec.msgpack.Encoder().encode


def is_erased(kind: str, body: bytes) -> bool:
    """Whether nothing is left of it but an erased body."""
    return kind in ERASABLE and len(body) > 1 and body[1] == _NIL


def decode_erased(body: bytes) -> ErasedBody:
    """The erased body; raises `msgspec.DecodeError`."""
    return _erased_decoder.decode(body)


def content_digest(kind: str, body: bytes) -> bytes:
    """SHA-256 of a body as it was when it was asked for, also when it is erased by now."""
    if is_erased(kind, body):
        try:
            return _erased_decoder.decode(body).digest
        except (msgspec.DecodeError, RecursionError, ValueError):
            pass
    return hashlib.sha256(body).digest()


def erased(kind: str, body: bytes) -> bytes:
    """The body without what somebody wrote. Raises `msgspec.DecodeError` when it is none of its kind."""
    if kind not in ERASABLE or is_erased(kind, body):
        return body
    digest = hashlib.sha256(body).digest()
    if kind == "edit":
        change = _change_decoder.decode(body)
        return _encode(ErasedBody(None, digest, change.room, change.device, change.counter))
    message = _message_decoder.decode(body)
    file = message.file or _File("", 0)
    return _encode(ErasedBody(None, digest, message.room, sha256=file.sha256, size=file.size))


def target_of(kind: str, body: bytes) -> tuple[str, int] | None:
    """(device, counter) of the message that a record changes; None: it changes none."""
    if kind not in CHANGES:
        return None
    try:
        found = decode_erased(body) if is_erased(kind, body) else _change_decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None
    return found.device, found.counter
