"""SQLite's write-ahead log as bytes: is it whole, torn, or damaged, and a copy that reads on behind a damage.

SQLite takes the first frame whose checksum is wrong for the end of the log: right after a loss of
power, when the last transaction was never synced. When whole transactions lie behind that frame,
which were synced after it, it is damage, and SQLite would leave them out without a word.
(Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log)
"""

import struct
from collections.abc import Iterator
from typing import Final

PAGE_BYTES: Final = 4096
_HEADER_BYTES: Final = 32
_FRAME_BYTES: Final = 24 + PAGE_BYTES
# The lowest bit says that checksums are computed over big-endian words.
_MAGIC: Final = 0x377F0682


def is_damaged(wal: bytes) -> bool:
    """Whether transactions lie behind a frame that is wrong: more than a loss of power explains."""
    is_right, transactions_behind = True, 0
    for _page, is_commit, fits in _frames(wal):
        is_right = is_right and fits
        transactions_behind += is_commit and not is_right
    # The transaction of the wrong frame itself may be torn.
    return transactions_behind > 1 or (len(wal) >= _HEADER_BYTES and not _is_header_right(wal))


def is_whole(wal: bytes) -> bool:
    """Whether every frame of the log is right."""
    return all(fits for _page, _is_commit, fits in _frames(wal)) and (
        len(wal) < _HEADER_BYTES or _is_header_right(wal)
    )


def pages(wal: bytes) -> Iterator[tuple[int, bytes]]:
    """The pages of all frames, damaged ones too, in the order in which they were written."""
    for place, (page, _is_commit, _fits) in enumerate(_frames(wal)):
        start = _HEADER_BYTES + place * _FRAME_BYTES + 24
        yield page, wal[start : start + PAGE_BYTES]


def mended(wal: bytes) -> bytes:
    """A log with the same pages and right checksums, so that SQLite reads all of it.

    What is wrong on a page is found by the seals of its rows.
    """
    count = sum(1 for _ in _frames(wal))
    if not count:
        return b""
    order = ">" if _word(wal, 0) & 1 else "<"
    salt = wal[16:24] if _is_header_right(wal) else wal[_HEADER_BYTES + 8 : _HEADER_BYTES + 16]
    head = struct.pack(">IIII", _MAGIC | (order == ">"), 3_007_000, PAGE_BYTES, 0) + salt
    sums = _checksum(head, (0, 0), order)
    parts = [head, struct.pack(">II", *sums)]
    for place in range(count):
        start = _HEADER_BYTES + place * _FRAME_BYTES
        page = wal[start + 24 : start + _FRAME_BYTES]
        sums = _checksum(wal[start : start + 8] + page, sums, order)
        parts += [wal[start : start + 8], salt, struct.pack(">II", *sums), page]
    return b"".join(parts)


def _frames(wal: bytes) -> Iterator[tuple[int, bool, bool]]:
    """(page number, whether it ends a transaction, whether its checksum fits) of each frame of this round.

    A log is written from its start again and again, each time with another salt: a frame of an
    older round ends this one. A single frame with a wrong salt between right ones is damage.
    """
    if len(wal) < _HEADER_BYTES + _FRAME_BYTES:
        return
    order = ">" if _word(wal, 0) & 1 else "<"
    salts = [wal[at + 8 : at + 16] for at in range(_HEADER_BYTES, len(wal) - _FRAME_BYTES + 1, _FRAME_BYTES)]
    salt = wal[16:24] if wal[16:24] in salts else salts[0]
    count = max((place for place, found in enumerate(salts) if found == salt), default=-1) + 1
    sums = struct.unpack(">II", wal[24:32])
    for place in range(count):
        start = _HEADER_BYTES + place * _FRAME_BYTES
        computed = _checksum(
            wal[start : start + 8] + wal[start + 24 : start + _FRAME_BYTES], (sums[0], sums[1]), order
        )
        # From here on with what the frame says: whether a frame is right depends on itself alone.
        sums = struct.unpack(">II", wal[start + 16 : start + 24])
        yield _word(wal, start), _word(wal, start + 4) != 0, computed == sums and salts[place] == salt


def _is_header_right(wal: bytes) -> bool:
    order = ">" if _word(wal, 0) & 1 else "<"
    return (
        _word(wal, 0) & ~1 == _MAGIC
        and _word(wal, 8) == PAGE_BYTES
        and _checksum(wal[:24], (0, 0), order) == struct.unpack(">II", wal[24:32])
    )


def _word(wal: bytes, at: int) -> int:
    return int.from_bytes(wal[at : at + 4], "big")


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for place in range(0, len(words), 2):
        first = (first + words[place] + second) & 0xFFFFFFFF
        second = (second + words[place + 1] + first) & 0xFFFFFFFF
    return first, second
