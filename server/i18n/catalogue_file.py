"""Reads a .po file and compiles it in memory, so that no compiled file can be stale or missing.

Formats: GNU gettext manual, sections "The Format of PO Files" and "The Format of GNU MO Files".
"""

import struct
from typing import Final

import msgspec

_MAGIC: Final = 0x950412DE
_HEADER: Final = struct.Struct("<7I")
_ENTRY: Final = struct.Struct("<2I")


def read_catalogue(text: str) -> dict[str, str]:
    """Source text to translation; plural forms are joined by NUL on both sides, as in a .mo file."""
    catalogue: dict[str, str] = {}
    for block in text.split("\n\n"):
        fields = _fields(block)
        if "msgid" not in fields:
            continue
        if "msgid_plural" in fields:
            source = f"{fields['msgid']}\0{fields['msgid_plural']}"
            catalogue[source] = f"{fields['msgstr[0]']}\0{fields['msgstr[1]']}"
        else:
            catalogue[fields["msgid"]] = fields["msgstr"]
    return catalogue


def _fields(block: str) -> dict[str, str]:
    """The keywords of one entry with their texts, which may run over several lines."""
    fields: dict[str, str] = {}
    keyword = ""
    for line in block.splitlines():
        if line.startswith('"'):
            fields[keyword] += _unquoted(line)
        elif line.startswith("msg"):
            keyword, _, text = line.partition(" ")
            fields[keyword] = _unquoted(text)
    return fields


def _unquoted(text: str) -> str:
    # The escapes that these files use are those of JSON, whose decoder is fast.
    return msgspec.json.decode(text, type=str)


def compiled(catalogue: dict[str, str]) -> bytes:
    """The bytes of a .mo file: sorted sources, then translations; entries without one are left out."""
    entries = sorted((key.encode(), value.encode()) for key, value in catalogue.items() if value)
    sources_at = _HEADER.size
    targets_at = sources_at + len(entries) * _ENTRY.size
    position = targets_at + len(entries) * _ENTRY.size
    tables: list[bytes] = []
    data: list[bytes] = []
    for column in (0, 1):
        for entry in entries:
            tables.append(_ENTRY.pack(len(entry[column]), position))
            data.append(entry[column] + b"\0")
            position += len(entry[column]) + 1
    header = _HEADER.pack(_MAGIC, 0, len(entries), sources_at, targets_at, 0, 0)
    return b"".join((header, *tables, *data))
