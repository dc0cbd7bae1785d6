"""Messages that requests are about: what is there of one, for whom, and whether it may be changed once more.

Reads through a `StoreReader`, so any worker thread may do it. Everything raises `DiskError`.
"""

from typing import NamedTuple

from server.archive.erasing import CHANGES, ErasedBody, target_of
from server.archive.keys import change_index
from server.archive.store import StoreReader
from server.protocol import limits
from server.protocol.errors import Refusal
from server.state.bodies import MessageBody
from server.state.fold import decode_body
from server.state.permissions import is_readable
from server.state.state import State

# (device, counter).
Identity = tuple[str, int]


class Target(NamedTuple):
    """What must be known of a message; `sha256` is that of its file, `reply` what it answers."""

    room: str
    sha256: str
    is_erased: bool
    reply: Identity | None = None


def find_message(reader: StoreReader, device: str, counter: int) -> Target | None:
    """The message (device, counter), or None."""
    index = reader.index_of_id(device, counter)
    record = None if index is None else reader.record(index)
    if record is None or record.id != (device, counter):
        return None
    match decode_body(record.header.kind, record.body):
        case MessageBody(room=room, file=file, reply=reply):
            return Target(room, file.sha256 if file else "", is_erased=False, reply=reply)
        case ErasedBody(room=room, sha256=sha256) if record.header.kind == "message":
            return Target(room, sha256, is_erased=True)
        case _:
            return None


def look_up(
    reader: StoreReader, state: State, user: str, target: Identity, request: Identity
) -> Target | Refusal:
    """What is there of a message for a person, who asks about it with this request.

    What somebody may not read is not there: whether it was, where, and whether it was deleted, is for those
    who may. Only what was asked before is answered as it was then.
    """
    found = find_message(reader, *target)
    if found is None or target in state.voids:
        return Refusal("unknown_message")
    if not is_readable(state, found.room, user) and not _is_about(reader, request, target):
        return Refusal("unknown_message")
    is_deleted = found.is_erased or state.is_deleted(*target)
    return Refusal("deleted_message") if is_deleted and not state.has_seen(*request) else found


def refusal_of_more(reader: StoreReader, state: State, user: str, target: Identity) -> Refusal | None:
    """Whether the message was changed often enough, by this person or by all.

    The table is up to a second behind: a few more than allowed are no harm.
    """
    indices = sorted(change_index(key) for key, _kind in reader.changes(*target))
    if len(indices) >= limits.CHANGES_MAX:
        return Refusal("too_many_changes", {"limit": limits.CHANGES_MAX})
    if len(indices) < limits.CHANGES_PER_PERSON_MAX:
        return None
    writers = (state.user_of_device(r.header.device) for r in reader.records_at(indices).values())
    own = sum(writer is not None and writer.id == user for writer in writers)
    is_full = own >= limits.CHANGES_PER_PERSON_MAX
    return Refusal("too_many_changes", {"limit": limits.CHANGES_PER_PERSON_MAX}) if is_full else None


def _is_about(reader: StoreReader, request: Identity, target: Identity) -> bool:
    """Whether what is archived under the id of a request is about this message."""
    index = reader.index_of_id(*request)
    record = None if index is None else reader.record(index)
    if record is None or record.id != request:
        return False
    if record.header.kind in CHANGES:
        return target_of(record.header.kind, record.body) == target
    found = find_message(reader, *request)
    return found is not None and found.reply == target
