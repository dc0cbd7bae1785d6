"""A file in packed blocks: as small as zstd makes it, and readable from any place.

    magic (8 bytes) | size of the content (8) | length of each packed block (4 each) | the blocks

Each block holds 256 KiB of the content (the last one less) as one zstd frame, or as it is where packing
does not help. Numbers are big-endian.
"""

import os
from pathlib import Path
from typing import Final

from server.protocol.compression import pack, unpack

BLOCK_BYTES: Final = 256 * 1024
_MAGIC: Final = b"dc-blob1"
_HEAD_BYTES: Final = 16
# So many blocks from all over a file show whether it is worth the work.
_SAMPLES: Final = 4
# Smaller files take a block of the disk either way.
_WORTH_BYTES: Final = 8 * 1024
_WORTH: Final = 0.9


def is_worth_packing(source: Path) -> bool:
    """Whether samples of a file get smaller by a tenth at least."""
    size = source.stat().st_size
    if size < _WORTH_BYTES:
        return False
    sampled = packed = 0
    with source.open("rb") as file:
        for number in range(_SAMPLES):
            file.seek(size * number // _SAMPLES)
            sample = file.read(BLOCK_BYTES // _SAMPLES)
            sampled += len(sample)
            packed += len(pack(sample))
    return packed < sampled * _WORTH


def pack_blob(source: Path, target: Path) -> None:
    """Write the packed file and sync it. Raises OSError."""
    size = source.stat().st_size
    lengths: list[int] = []
    with source.open("rb") as plain, target.open("wb") as file:
        file.seek(_HEAD_BYTES + 4 * _block_count(size))
        while block := plain.read(BLOCK_BYTES):
            packed = pack(block)
            lengths.append(len(packed))
            file.write(packed)
        file.seek(0)
        file.write(_MAGIC + size.to_bytes(8, "big"))
        file.write(b"".join(length.to_bytes(4, "big") for length in lengths))
        file.flush()
        os.fsync(file.fileno())


class PackedBlob:
    """Reads one. Raises FileNotFoundError, and OSError for what is none."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path

    def size(self) -> int:
        """The size of the content."""
        with self._path.open("rb") as file:
            return int.from_bytes(file.read(_HEAD_BYTES)[8:], "big")

    def read(self, offset: int, length: int) -> bytes:
        """A piece of the content; shorter where it ends. Raises `BadPackedError` when it is damaged."""
        with self._path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            size = int.from_bytes(head[8:], "big")
            count = _block_count(size)
            table = file.read(4 * count)
            if head[:8] != _MAGIC or len(table) != 4 * count:
                raise OSError(f"{self._path} is no packed file")
            first, last = offset // BLOCK_BYTES, (min(offset + length, size) - 1) // BLOCK_BYTES
            ends = [0]
            for number in range(count):
                ends.append(ends[-1] + int.from_bytes(table[4 * number : 4 * number + 4], "big"))
            found = []
            for number in range(first, last + 1):
                file.seek(_HEAD_BYTES + 4 * count + ends[number])
                packed = file.read(ends[number + 1] - ends[number])
                plain_bytes = min(BLOCK_BYTES, size - number * BLOCK_BYTES)
                found.append(packed if len(packed) == plain_bytes else unpack(packed, plain_bytes))
        inside = offset - first * BLOCK_BYTES
        return b"".join(found)[inside : inside + length]


def _block_count(size: int) -> int:
    return -(-size // BLOCK_BYTES)
