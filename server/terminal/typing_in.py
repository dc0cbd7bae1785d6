"""What a person or a program types, as the talk takes it; and lines from a pipe or a file."""

import os
import threading
from collections.abc import Callable
from typing import Final

import msgspec

_READ_BYTES: Final = 64 * 1024
# Far above the longest message: a "line" beyond it is no text, and is refused as one that is too long.
_LINE_BYTES_MAX: Final = 1024 * 1024


def _nobody_waits() -> None:
    """What a pipe brings is not waited for."""


class Typed(msgspec.Struct, frozen=True):
    """Lines, without their ends; bytes that are no UTF-8 are lone surrogates in them.

    `taken` is called when they have been looked at: the next line may be a secret by then. `cleared` stood
    in the line before, and had to make place.
    """

    lines: list[str]
    taken: Callable[[], None] = _nobody_waits
    cleared: str = ""


class Ended(msgspec.Struct, frozen=True):
    """No more lines will come."""


class Left(msgspec.Struct, frozen=True):
    """The person wants to be out, now (Ctrl-C)."""


Input = Typed | Ended | Left


class PipeReader:
    """Reads lines from a file descriptor on a thread of its own, as many at once as there are."""

    def __init__(self, descriptor: int, put: Callable[[Input], None]) -> None:
        self._descriptor = descriptor
        self._put = put
        # A daemon: a read that waits for ever must not keep the process.
        self._thread = threading.Thread(target=self._read, name="standard-input", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def _read(self) -> None:
        rest = b""
        while data := os.read(self._descriptor, _READ_BYTES):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > _LINE_BYTES_MAX:
                lines, rest = [*lines, rest], b""
            if lines:
                self._put(Typed([_text(line) for line in lines]))
        if rest:
            self._put(Typed([_text(rest)]))
        self._put(Ended())


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", errors="surrogateescape")
