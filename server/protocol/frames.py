"""Frames: one JSON object a line, and the raw bytes that it may announce (pure).

A frame is a line of UTF-8 that ends in `\\n` (a `\\r` before it is dropped) and holds one JSON
object. An object with `"bytes": N` is followed by exactly N raw bytes. Empty lines are passed over.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from server.protocol import limits
from server.protocol.errors import Refusal

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

_encoder = msgspec.json.Encoder()


class FrameReader:
    """Cuts a byte stream into lines and raw bytes, within limits.

    Call `feed`, then `next_line` until it gives None. When a decoded line announces raw bytes,
    call `expect_bytes(n)`; `next_bytes` gives them when they are complete.
    """

    __slots__ = ("_buffer", "_bytes_expected", "_scanned", "line_bytes_max")

    def __init__(self, line_bytes_max: int) -> None:
        self.line_bytes_max = line_bytes_max
        self._buffer = bytearray()
        self._scanned = 0
        self._bytes_expected = 0

    @property
    def is_inside_frame(self) -> bool:
        """Whether a started frame waits for its end."""
        return bool(self._buffer) or self._bytes_expected > 0

    @property
    def buffered_bytes(self) -> int:
        """How much of an unfinished frame is held."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take what came from the network."""
        self._buffer += data

    def next_line(self) -> bytes | Refusal | None:
        """The next complete line, a fatal refusal, or None when more data is needed."""
        while True:
            end = self._buffer.find(b"\n", self._scanned)
            if end > self.line_bytes_max or (end < 0 and len(self._buffer) > self.line_bytes_max):
                return Refusal("frame_too_long", {"limit": self.line_bytes_max})
            if end < 0:
                self._scanned = len(self._buffer)
                return None
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            self._scanned = 0
            if line:
                return line

    def expect_bytes(self, count: int) -> None:
        """The line just read announced `count` raw bytes."""
        self._bytes_expected = count

    def next_bytes(self) -> bytes | None:
        """The announced raw bytes when all of them are here."""
        if len(self._buffer) < self._bytes_expected:
            return None
        with memoryview(self._buffer) as view:
            data = bytes(view[: self._bytes_expected])
        del self._buffer[: self._bytes_expected]
        self._bytes_expected = 0
        return data


class FrameDecoder(Generic[T]):
    """Decodes one line into one of the structs of a tagged union, or says why not."""

    def __init__(self, union: object, tag_field: str, is_known: Callable[[str], bool]) -> None:
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(union)
        self._tag_field = tag_field
        self._is_known = is_known

    def decode(self, line: bytes) -> T | Refusal:
        """One struct, or a refusal (`too_deep`, `bad_utf8`, `bad_json`, `bad_request` …)."""
        if not _is_utf8(line):
            # Looked at here, for the decoder does not look into fields that it passes over.
            return Refusal("bad_utf8")
        if is_too_deep(line):
            return Refusal("too_deep", {"limit": limits.JSON_DEPTH_MAX})
        try:
            return self._decoder.decode(line)
        except msgspec.ValidationError as error:
            return self._explain(line, str(error))
        except (msgspec.DecodeError, RecursionError, ValueError):
            return Refusal("bad_json")

    def _explain(self, line: bytes, reason: str) -> Refusal:
        """What exactly was wrong with a line that is JSON but none of our structs."""
        try:
            whole = msgspec.json.decode(line)
        except (msgspec.DecodeError, RecursionError, ValueError):
            return Refusal("bad_json")
        if not isinstance(whole, dict):
            return Refusal("bad_json")
        if reason.endswith("`$.bytes`"):
            # How much follows cannot be known, so no later line can be found.
            return Refusal("bad_bytes", {"limit": limits.CHUNK_BYTES_MAX})
        tag = whole.get(self._tag_field)
        if isinstance(tag, str) and not self._is_known(tag):
            return Refusal("unknown_request", {"request": tag[:64]})
        return Refusal("bad_request", {"reason": reason[:200]})


def request_id_of(line: bytes) -> int:
    """The `id` of a line that is no request, so that its refusal finds its asker (0: there is none)."""
    found = _number_in(line, "id")
    return found if found <= limits.INTEGER_MAX else 0


def bytes_announced_by(line: bytes) -> int:
    """The raw bytes that an object of a kind unknown here announces (0: none)."""
    found = _number_in(line, "bytes")
    return found if found <= limits.CHUNK_BYTES_MAX else 0


def _number_in(line: bytes, field: str) -> int:
    """A positive number in an object, or 0."""
    try:
        whole = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return 0
    found = whole.get(field) if isinstance(whole, dict) else None
    return found if type(found) is int and found > 0 else 0


def is_too_deep(line: bytes) -> bool:
    """Whether the JSON in a line nests deeper than `JSON_DEPTH_MAX`."""
    if line.count(b"{") + line.count(b"[") <= limits.JSON_DEPTH_MAX:
        return False
    depth = 0
    in_string = False
    position = 0
    while position < len(line):
        byte = line[position]
        if in_string:
            if byte == 0x5C:  # a backslash hides the next byte
                position += 1
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"{[":
            depth += 1
            if depth > limits.JSON_DEPTH_MAX:
                return True
        elif byte in b"}]":
            depth -= 1
        position += 1
    return False


def encode_frame(struct: msgspec.Struct) -> bytes:
    """One struct as one line, and behind it the raw bytes that it has."""
    raw = getattr(struct, "raw", None)
    if raw:
        line = msgspec.structs.replace(struct, raw=b"", bytes=len(raw))
        return b"".join((_encoder.encode(line), b"\n", raw))
    return _encoder.encode(struct) + b"\n"


def with_raw(struct: S, raw: bytes) -> S:
    """The struct with what came behind its line."""
    return msgspec.structs.replace(struct, raw=raw)


def _is_utf8(line: bytes) -> bool:
    if line.isascii():
        return True
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
