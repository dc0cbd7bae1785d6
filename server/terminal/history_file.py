"""What was typed before, kept for the next start: one line of JSON each, for its owner alone."""

import contextlib
import os
from pathlib import Path
from typing import Final

import msgspec

# As far back as anybody looks; twice as many are kept before the older half goes.
_LINES_MAX: Final = 1_000


class HistoryFile:
    """It never keeps anybody from talking: what cannot be read or written is not there."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path

    def lines(self) -> list[str]:
        """The last ones, the oldest first."""
        try:
            rows = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        # One that was cut off by a crash is none.
        found = [line for line in map(_line_in, rows) if line]
        if len(rows) > 2 * _LINES_MAX:
            self._shorten(found[-_LINES_MAX:])
        return found[-_LINES_MAX:]

    def add(self, line: str) -> None:
        """Something was typed."""
        # A terminal may send what is no text.
        with contextlib.suppress(OSError, UnicodeEncodeError):
            self._write(self._path, [line], os.O_APPEND)

    def _shorten(self, lines: list[str]) -> None:
        part = self._path.with_name(self._path.name + ".part")
        with contextlib.suppress(OSError):
            self._write(part, lines, os.O_TRUNC)
            part.replace(self._path)

    def _write(self, path: Path, lines: list[str], flags: int) -> None:
        data = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - the descriptor has the rights
            file.write(data)


def _line_in(row: str) -> str:
    try:
        return msgspec.json.decode(row, type=str)
    except msgspec.DecodeError:
        return ""
