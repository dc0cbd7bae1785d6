"""How the derived tables lie on the disk: what one write brings for an audience is one row (pure).

A row a message cost as much as the record itself. A block is found by its last entry, so the first
row whose key is not smaller holds what is looked for. All numbers are unsigned, of 8 bytes, big-endian.

    timeline   audience, 0, index of the last entry → its number, then (index, number) of those before it
    numbers    the last number                      → the index of each message, in order
    changes    device, 0, counter, index            → edit, delete or react: a row each, for they are few
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

import msgspec

# A page of history reads few of them, a cut rewrites one an audience.
BLOCK_ENTRIES_MAX: Final = 256
_LAST_INDEX: Final = 2**62


class Change(msgspec.Struct, frozen=True):
    """What an accepted record does to the message (device, counter): edit, delete or react."""

    kind: str
    device: str
    counter: int


class TimelineRow(msgspec.Struct, frozen=True):
    """An accepted record as its audience finds it again; `number` is 0 for what is no message.

    `change` goes into a table of its own: what a message became is found by the message.
    """

    index: int
    audience: str
    number: int
    change: Change | None = None


def timeline_key(audience: str, index: int) -> bytes:
    """Sorts by audience, then by index."""
    return audience.encode() + b"\0" + index.to_bytes(8, "big")


def timeline_end(audience: str) -> bytes:
    """Behind every key of an audience."""
    return timeline_key(audience, _LAST_INDEX)


def audience_of(key: bytes) -> str:
    """Whose block it is."""
    return key[:-9].decode()


def timeline_blocks(rows: Sequence[TimelineRow]) -> Iterator[tuple[bytes, bytes]]:
    """Rows of several audiences, each audience's in order of the index, as (key, value)."""
    of_audience: dict[str, list[TimelineRow]] = {}
    for row in rows:
        of_audience.setdefault(row.audience, []).append(row)
    for audience, own in of_audience.items():
        for block in _parts(own):
            flat = [block[-1].number]
            for row in block[:-1]:
                flat += row.index, row.number
            yield timeline_key(audience, block[-1].index), _packed(flat)


def timeline_rows(key: bytes, value: bytes) -> list[TimelineRow]:
    """The rows of a block, in order. Raises `struct.error` when it is none."""
    audience, (last_number, *before) = audience_of(key), _unpacked(value)
    pairs = zip(before[::2], before[1::2], strict=True)
    rows = [TimelineRow(index, audience, number) for index, number in pairs]
    return [*rows, TimelineRow(int.from_bytes(key[-8:], "big"), audience, last_number)]


def number_blocks(rows: Iterable[TimelineRow]) -> Iterator[tuple[int, bytes]]:
    """The messages among rows, in order of their numbers, as (key, value)."""
    messages = enumerate(row for row in rows if row.number)
    for _first, run in groupby(messages, key=lambda item: item[1].number - item[0]):
        for block in _parts([row for _place, row in run]):
            yield block[-1].number, indices_block([row.index for row in block])


def indices_block(indices: Sequence[int]) -> bytes:
    """The value of a block of numbers."""
    return _packed(indices)


def indices_of(value: bytes) -> tuple[int, ...]:
    """The index of each message of a block of numbers. Raises `struct.error` when it is none."""
    return _unpacked(value)


def _parts(rows: Sequence[TimelineRow]) -> Iterator[Sequence[TimelineRow]]:
    for first in range(0, len(rows), BLOCK_ENTRIES_MAX):
        yield rows[first : first + BLOCK_ENTRIES_MAX]


def _packed(numbers: Sequence[int]) -> bytes:
    return struct.pack(f">{len(numbers)}Q", *numbers)


def _unpacked(value: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(value) // 8}Q", value)
