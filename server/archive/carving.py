"""Rows out of the bytes of a damaged database, whatever its b-trees say: seals tell rows from rubbish (pure).

Reads leaf pages one by one; a page that gives less than it should is searched at every byte.
(Format: https://www.sqlite.org/fileformat2.html#b_tree_pages)
"""

from collections.abc import Callable, Iterator
from typing import Final

from server.archive.schema import TABLES
from server.archive.seals import Key, unseal
from server.archive.wal import PAGE_BYTES

_TABLE_LEAF, _INDEX_LEAF, _INDEX_INNER, _TABLE_INNER = 0x0D, 0x0A, 0x02, 0x05
# How much of a row lies on its page, and not on overflow pages.
_LOCAL_MIN: Final = (PAGE_BYTES - 12) * 32 // 255 - 23
_LOCAL_MAX: Final = {
    _TABLE_LEAF: PAGE_BYTES - 35,
    _INDEX_LEAF: (PAGE_BYTES - 12) * 64 // 255 - 23,
    _INDEX_INNER: (PAGE_BYTES - 12) * 64 // 255 - 23,
}
_VALUE_BYTES_MAX: Final = 1 << 30

Row = tuple[str, Key, bytes]
PageOf = Callable[[int], bytes | None]


def rows_of(page: bytes, number: int, page_of: PageOf) -> Iterator[Row]:
    """(table, key, value) of every row on a page; `page_of(number)` gives the pages a row goes on at."""
    header = 100 if number == 1 else 0
    kind = page[header]
    if kind in _LOCAL_MAX:
        start = header + (12 if kind == _INDEX_INNER else 8)
        count = int.from_bytes(page[header + 3 : header + 5], "big")
        pointers = [
            int.from_bytes(page[at : at + 2], "big")
            for at in range(start, min(start + 2 * count, PAGE_BYTES - 1), 2)
        ]
        found = [_row(page, kind, at, page_of) for at in pointers]
        if found and all(found) and len(found) == count:
            yield from (row for row in found if row is not None)
            return
    elif kind in {0, _TABLE_INNER}:
        # The start of an overflow or unused page, or one that holds no rows.
        return
    yield from _search(page, page_of)


def _search(page: bytes, page_of: PageOf) -> Iterator[Row]:
    """A row may begin at any byte; those of inner pages look like those of leaves."""
    for kind in (_TABLE_LEAF, _INDEX_LEAF):
        for at in range(8, PAGE_BYTES - 4):
            row = _row(page, kind, at, page_of)
            if row is not None:
                yield row


def _row(page: bytes, kind: int, at: int, page_of: PageOf) -> Row | None:
    try:
        if kind == _INDEX_INNER:
            at += 4
        size, at = _varint(page, at)
        rowid = 0
        if kind == _TABLE_LEAF:
            rowid, at = _varint(page, at)
        if not 4 <= size <= _VALUE_BYTES_MAX:
            return None
        columns = _columns(page, at, size, kind, page_of)
    except IndexError:
        return None
    if columns is None:
        return None
    key: Key = rowid if kind == _TABLE_LEAF else columns[0]
    kind_of_key = "INTEGER" if kind == _TABLE_LEAF else "BLOB"
    for table, keys in TABLES.items():
        value = unseal(table, key, columns[1]) if keys == kind_of_key else None
        if value is not None:
            return table, key, value
    return None


def _columns(page: bytes, at: int, size: int, kind: int, page_of: PageOf) -> tuple[bytes, bytes] | None:
    """Key and sealed value of a row; the key of a numbered row is not in its payload (b"")."""
    head_bytes, types_at = _varint(page, at)
    first, types_at = _varint(page, types_at)
    second, types_at = _varint(page, types_at)
    is_numbered = kind == _TABLE_LEAF
    key_bytes = 0 if is_numbered else _blob_bytes(first)
    value_bytes = _blob_bytes(second)
    is_shaped = first == 0 if is_numbered else key_bytes >= 0
    # The header says exactly how long it is and what follows: rubbish hardly ever passes.
    if not is_shaped or value_bytes < 0 or types_at != at + head_bytes:
        return None
    if head_bytes + key_bytes + value_bytes != size:
        return None
    payload = _payload(page, at, size, kind, page_of)
    if payload is None:
        return None
    behind = head_bytes + key_bytes
    return payload[head_bytes:behind], payload[behind:]


def _payload(page: bytes, at: int, size: int, kind: int, page_of: PageOf) -> bytes | None:
    local = size
    if size > _LOCAL_MAX[kind]:
        local = _LOCAL_MIN + (size - _LOCAL_MIN) % (PAGE_BYTES - 4)
        local = local if local <= _LOCAL_MAX[kind] else _LOCAL_MIN
    if at + local + 4 * (local < size) > PAGE_BYTES:
        return None
    parts = [page[at : at + local]]
    missing = size - local
    number = int.from_bytes(page[at + local : at + local + 4], "big")
    while missing > 0:
        following = page_of(number)
        if following is None:
            return None
        part = following[4 : 4 + missing]
        parts.append(part)
        missing -= len(part)
        number = int.from_bytes(following[:4], "big")
    return b"".join(parts)


def _blob_bytes(kind: int) -> int:
    """The length of a column by its serial type; -1 for what is no blob."""
    return (kind - 12) // 2 if kind >= 12 and kind % 2 == 0 else -1


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes and the place behind it; raises IndexError."""
    number = 0
    for place in range(8):
        byte = data[at + place]
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, at + place + 1
    return number << 8 | data[at + 8], at + 9
