"""What can still be read of a damaged archive: through SQLite where it can, out of the bytes where not."""

import contextlib
import functools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from server.archive import wal
from server.archive.carving import Row, rows_of
from server.archive.disk import DiskError, SqliteReader
from server.archive.record import DamagedRecordError, Record, unpack
from server.archive.seals import Key

_LAST: Final = 2**62
_PAGES_REMEMBERED: Final = 64


def wal_path(archive: Path) -> Path:
    """Where SQLite writes ahead."""
    return archive.with_name(archive.name + "-wal")


class Salvage:
    """The rows of a database that was set aside; its files stay as they are."""

    def __init__(self, archive: Path) -> None:
        self._archive: Final = archive
        log = wal_path(archive)
        self._wal: Final = log.read_bytes() if log.exists() else b""
        self._copy: Path | None = None
        if not wal.is_whole(self._wal):
            # SQLite would leave out what lies behind the damage.
            self._copy = archive.with_name("reading.sqlite")
            shutil.copyfile(archive, self._copy)
            wal_path(self._copy).write_bytes(wal.mended(self._wal))
        self._reader: Final = SqliteReader(self._copy or archive)
        self._pages: Final = _Pages(archive, self._wal)
        self._remembered: dict[int, list[Row]] = {}
        self._carved: dict[str, dict[Key, list[int]]] | None = None

    def close(self) -> None:
        """Leave nothing but what was set aside."""
        self._reader.close()
        self._pages.close()
        for path in (self._archive, self._copy):
            if path is not None:
                path.with_name(path.name + "-shm").unlink(missing_ok=True)
        if self._copy is not None:
            self._copy.unlink(missing_ok=True)
            wal_path(self._copy).unlink(missing_ok=True)

    def records_at(self, index: int) -> list[Record]:
        """Everything readable that ever stood at a place in the log, the likeliest first."""
        values: list[bytes] = []
        try:
            value = self._reader.read("records", index)
            values += [] if value is None else [value]
            # In a structure that is whole, what is not there was never written.
            is_searched = value is None and not self._is_whole
        except DiskError:
            is_searched = True
        if is_searched:
            values = self._carved_values("records", index)
        found = []
        for value in values:
            with contextlib.suppress(DamagedRecordError):
                record = unpack(value)
                found += [record] if record.index == index else []
        # Out of the bytes comes also what was cut once: the later epoch stands.
        return sorted(found, key=lambda record: record.header.epoch, reverse=True)

    def last_index(self) -> int:
        """The highest place of a readable record; 0: there is none."""
        last = 0
        with contextlib.suppress(DiskError):
            for key, _value in self._reader.scan("records", 0, _LAST, is_backwards=True):
                assert isinstance(key, int)
                last = key
                break
        if not last or not self._is_whole:
            last = max([last, *(key for key in self._carve()["records"] if isinstance(key, int))])
        return last

    def fact(self, name: str) -> bytes | None:
        """A single value by name."""
        with contextlib.suppress(DiskError):
            return self._reader.read("facts", name.encode())
        return next(iter(self._carved_values("facts", name.encode())), None)

    def rows(self, table: str) -> Iterator[tuple[Key, bytes]]:
        """All readable rows of a table, in order of their keys, each once."""
        found: dict[Key, bytes] = {}
        for is_backwards in (False, True):
            with contextlib.suppress(DiskError):
                found.update(self._reader.scan(table, b"", b"\xff" * 64, is_backwards=is_backwards))
                break
        else:
            for key in self._carve().get(table, {}):
                found.setdefault(key, self._carved_values(table, key)[0])
        return iter(sorted(found.items()))

    @functools.cached_property
    def _is_whole(self) -> bool:
        try:
            self._reader.check()
        except DiskError:
            return False
        return True

    # --- out of the bytes

    def _carved_values(self, table: str, key: Key) -> list[bytes]:
        """What the pages say that hold this key, the newest page first."""
        found: list[bytes] = []
        for place in reversed(self._carve().get(table, {}).get(key, [])):
            for row in self._rows_at(place):
                if row[:2] == (table, key) and row[2] not in found:
                    found.append(row[2])
        return found

    def _rows_at(self, place: int) -> list[Row]:
        """The rows of a page; those of the latest are remembered: neighbours are asked for together."""
        if place not in self._remembered:
            if len(self._remembered) == _PAGES_REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[place] = list(rows_of(*self._pages.at(place), self._pages.current))
        return self._remembered[place]

    def _carve(self) -> dict[str, dict[Key, list[int]]]:
        """For each table and key the places of the pages that hold such a row."""
        if self._carved is None:
            self._carved = {"records": {}}
            for place in range(len(self._pages)):
                for table, key, _value in self._rows_at(place):
                    self._carved.setdefault(table, {}).setdefault(key, []).append(place)
        return self._carved


class _Pages:
    """All pages there are, by place: those of the database first, then those of the WAL as written."""

    def __init__(self, archive: Path, log: bytes) -> None:
        self._file: Final = archive.open("rb")
        self._count: Final = (archive.stat().st_size + wal.PAGE_BYTES - 1) // wal.PAGE_BYTES
        self._logged: Final = list(wal.pages(log))
        self._newest: Final = dict(self._logged)

    def __len__(self) -> int:
        return self._count + len(self._logged)

    def at(self, place: int) -> tuple[bytes, int]:
        """A page and its number."""
        if place >= self._count:
            number, page = self._logged[place - self._count]
            return page, number
        return self._read(place + 1), place + 1

    def current(self, number: int) -> bytes | None:
        """A page by its number, as it is now."""
        if number in self._newest:
            return self._newest[number]
        return self._read(number) if 1 <= number <= self._count else None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _read(self, number: int) -> bytes:
        self._file.seek((number - 1) * wal.PAGE_BYTES)
        # The last page of a file that was cut is short.
        return self._file.read(wal.PAGE_BYTES).ljust(wal.PAGE_BYTES, b"\0")
