"""What messages say now: the text after all edits, and the name of a file; nothing when deleted (pure)."""

from collections.abc import Iterable

from server.archive.keys import change_index, changed_counter
from server.archive.record import Record
from server.archive.store import StoreReader
from server.state.bodies import EditBody, MessageBody
from server.state.fold import decode_body

# A room, and what is said there.
Saying = tuple[str, str]


def sayings(reader: StoreReader, records: Iterable[Record]) -> dict[int, Saying]:
    """What the messages among records say, by index. A file's name is a line of its own at the end."""
    messages = {
        record.index: (record, body)
        for record in records
        if isinstance(body := decode_body(record.header.kind, record.body), MessageBody)
    }
    changes = _changes(reader, [record for record, _body in messages.values()])
    found: dict[int, Saying] = {}
    for index, (record, body) in messages.items():
        text = body.text
        for at, kind in changes.get(record.id, ()):
            edit = reader.expect_record(at)
            changed = decode_body("edit", edit.body) if kind == "edit" else None
            if kind == "delete":
                break
            text = changed.text if isinstance(changed, EditBody) else text
        else:
            found[index] = body.room, text + (f"\n{body.file.name}" if body.file is not None else "")
    return found


def _changes(reader: StoreReader, records: Iterable[Record]) -> dict[tuple[str, int], list[tuple[int, str]]]:
    """The edits and deletions of messages, each with its index, in order: one look a device."""
    counters: dict[str, list[int]] = {}
    for record in records:
        counters.setdefault(record.header.device, []).append(record.header.counter)
    found: dict[tuple[str, int], list[tuple[int, str]]] = {}
    for device, used in counters.items():
        for key, kind in reader.changes_of(device, used):
            if kind != "react":
                found.setdefault((device, changed_counter(key)), []).append((change_index(key), kind))
    return found
