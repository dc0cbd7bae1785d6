"""The seal on every row: a checksum over table, key and value, so that damage is never an answer (pure).

CRC-32 finds every change of up to 32 bits in a row, and misses one in four thousand million of the
others. It costs a third of a microsecond; what is in the log is bound by SHA-256 besides.
"""

import functools
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

Key = int | bytes

SEAL_BYTES: Final = 4


def seal(table: str, key: Key, value: bytes) -> bytes:
    """The value with its seal before it."""
    return _checksum(table, key, value).to_bytes(SEAL_BYTES, "big") + value


def sealed_rows(table: str, pairs: list[tuple[Key, bytes]]) -> list[tuple[Key, bytes]]:
    """Many rows as `seal` makes each: a message is four, so this is written for speed."""
    start, crc32 = _table_checksum(table), zlib.crc32
    return [
        (
            key,
            crc32(
                value, crc32(key if isinstance(key, bytes) else key.to_bytes(8, "big", signed=True), start)
            ).to_bytes(SEAL_BYTES, "big")
            + value,
        )
        for key, value in pairs
    ]


def unseal(table: str, key: object, sealed: object) -> bytes | None:
    """The value, or None when it is not what was sealed for this table and key."""
    if not isinstance(key, int | bytes) or not isinstance(sealed, bytes) or len(sealed) < SEAL_BYTES:
        return None
    value = sealed[SEAL_BYTES:]
    expected = _checksum(table, key, value)
    return value if expected == int.from_bytes(sealed[:SEAL_BYTES], "big") else None


def unsealed_rows(table: str, rows: Iterable[tuple[Key, bytes]]) -> Iterator[tuple[Key, bytes | None]]:
    """Many rows as `unseal` opens each, with their keys: a reader of the past takes them by the thousand."""
    start, crc32 = _table_checksum(table), zlib.crc32
    for key, sealed in rows:
        if isinstance(sealed, bytes) and isinstance(key, int | bytes):
            name = key if isinstance(key, bytes) else key.to_bytes(8, "big", signed=True)
            value = sealed[SEAL_BYTES:]
            if crc32(value, crc32(name, start)) == int.from_bytes(sealed[:SEAL_BYTES], "big"):
                yield key, value if len(sealed) >= SEAL_BYTES else None
                continue
        yield key, None


def _checksum(table: str, key: Key, value: bytes) -> int:
    name = key if isinstance(key, bytes) else key.to_bytes(8, "big", signed=True)
    return zlib.crc32(value, zlib.crc32(name, _table_checksum(table)))


@functools.cache
def _table_checksum(table: str) -> int:
    return zlib.crc32(table.encode())
