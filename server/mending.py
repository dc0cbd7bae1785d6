"""Mending a damaged archive: its files are kept aside, and a new one is made of all that can be read.

The new log is the longest beginning whose chain holds. Requests that stand behind a gap cannot stay in
the log, for the chain binds them to what is lost: they wait beside it for their re-submission. What is
derived (ids, numbers, timeline, a snapshot) is made anew by the fold.

All of it may be interrupted anywhere: a note beside the archive says that it is to be done (again).
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from server.archive.belonging import CLUSTER_FACT, check_belongs
from server.archive.blocks import TimelineRow
from server.archive.confirmed import Mark, sync_folder, write_durably
from server.archive.disk import SqliteDisk
from server.archive.kept_damage import next_folder
from server.archive.record import GENESIS_HASH, DamagedRecordError, Draft, Record, redraft, unpack_draft
from server.archive.salvage import Salvage, wal_path
from server.archive.store import SnapshotRow, Store, Write
from server.protocol.names import name_key
from server.replication.log import Log
from server.state.bodies import DeviceBody
from server.state.changes import is_to_erase
from server.state.fold import decode_body, fold
from server.state.state import State

_CHUNK_RECORDS: Final = 1_000


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The archive is damaged. `kept` "": found while the server ran, and not looked at since."""

    kept: str = ""


class Mended(msgspec.Struct, frozen=True):
    """What came of it: where the damaged files are, and how much of the archive is in place again.

    `last_index` is the highest place at which there ever was a record, as far as that can be known.
    """

    kept: Path
    records: int
    set_aside: int
    last_index: int


def note_path(archive: Path) -> Path:
    """Where the note lies."""
    return archive.with_name("mending.json")


def read_note(archive: Path) -> Note | None:
    """The note, if there is one."""
    try:
        return msgspec.json.decode(note_path(archive).read_bytes(), type=Note)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, ValueError):
        return Note()


def note_damage(archive: Path) -> None:
    """Have the next start look at every row. Does what it can: the disk may be beyond it."""
    with contextlib.suppress(OSError):
        write_durably(note_path(archive), msgspec.json.encode(Note()))


def forget_damage(archive: Path) -> None:
    """Nothing is wrong, or not any more. Raises OSError."""
    note_path(archive).unlink(missing_ok=True)
    sync_folder(archive.parent)


def mend(archive: Path, cluster: str, mark: Mark | None) -> Mended:
    """Set the files aside and build the archive anew.

    Raises OSError, `DiskError`, and `ForeignArchiveError` before anything is changed.
    """
    kept = _set_aside(archive, cluster)
    salvage = Salvage(kept / archive.name)
    new = archive.with_name("archive.new")
    _remove(new)
    try:
        store = Store(SqliteDisk(new))
        try:
            mended = _build(store, salvage, kept, mark)
        finally:
            store.close()
    finally:
        salvage.close()
    new.replace(archive)
    _remove(new)
    forget_damage(archive)
    return mended


def _set_aside(archive: Path, cluster: str) -> Path:
    """Move the files to a folder of their own; or find where an interrupted run has moved them."""
    note = read_note(archive)
    if note is not None and note.kept:
        kept = archive.with_name(note.kept)
        if (kept / archive.name).exists():
            # What lies in its place is at most what that run had made.
            _remove(archive)
            return kept
    else:
        _check_belongs(archive, cluster)
        kept = next_folder(archive.parent)
        write_durably(note_path(archive), msgspec.json.encode(Note(kept.name)))
    kept.mkdir(mode=0o700, exist_ok=True)
    # The database last: as long as it is not there, nothing has been set aside.
    if wal_path(archive).exists():
        wal_path(archive).replace(wal_path(kept / archive.name))
    archive.replace(kept / archive.name)
    archive.with_name(archive.name + "-shm").unlink(missing_ok=True)
    sync_folder(kept)
    sync_folder(archive.parent)
    return kept


def _check_belongs(archive: Path, cluster: str) -> None:
    """As far as it can be read of what is damaged."""
    salvage = Salvage(archive)
    try:
        check_belongs(salvage.fact(CLUSTER_FACT), cluster)
    finally:
        salvage.close()


def _remove(archive: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        archive.with_name(archive.name + suffix).unlink(missing_ok=True)


# --- the new archive


def _build(store: Store, salvage: Salvage, kept: Path, mark: Mark | None) -> Mended:
    log = Log([], [], 0, GENESIS_HASH, store.record)
    committed = _committed(salvage, mark)
    state = State()
    chunk: list[Record] = []
    for record in _chain(salvage, log):
        chunk.append(record)
        if len(chunk) == _CHUNK_RECORDS:
            _write(store, state, chunk, committed)
            chunk = []
    _write(store, state, chunk, committed)
    if state.index:
        store.commit([Write(snapshot=SnapshotRow(state.index, state.snapshot()))])
    belongs_to = salvage.fact(CLUSTER_FACT)
    if belongs_to is not None:
        store.commit([Write(facts=((CLUSTER_FACT, belongs_to),))])
    last_readable = salvage.last_index()
    set_aside = _quarantine(store, salvage, state, log.last_index, last_readable)
    # Of a file that nothing can be read of it is only known that there was an archive.
    return Mended(kept, log.last_index, set_aside, max(last_readable, committed, 1))


def _chain(salvage: Salvage, log: Log) -> Iterator[Record]:
    """The records from the first on, as far as each stands behind the one before it."""
    while True:
        for record in salvage.records_at(log.last_index + 1):
            with contextlib.suppress(DamagedRecordError):
                log.append(record)
                log.forget_before(record.index)
                yield record
                break
        else:
            return


def _write(store: Store, state: State, records: list[Record], committed: int) -> None:
    rows: list[TimelineRow] = []
    late: list[int] = []
    for record in records:
        if record.index > committed:
            break
        told = fold(state, record).told
        if told is not None:
            rows.extend(told.rows(record.index))
        if is_to_erase(state, record):
            late.append(record.index)
    write = Write(records=tuple(records), timeline=tuple(rows), erased=tuple(late), derived_index=state.index)
    store.commit([write])


def _committed(salvage: Salvage, mark: Mark | None) -> int:
    """How far the log is known to be committed: what lies behind waits for a leader's word."""
    fact = salvage.fact("derived_index")
    return max(int.from_bytes(fact or b"", "big"), mark.committed if mark else 0)


def _quarantine(store: Store, salvage: Salvage, state: State, end: int, last_readable: int) -> int:
    """What clients asked for and the new log does not hold waits for its re-submission; how many."""
    # What waited keeps waiting: whether the log has it for good is for the engine to say.
    waiting = {draft.id: draft for draft in _waiting_already(salvage)}
    for draft in _requests_behind(salvage, state, end, last_readable):
        if not state.has_seen(*draft.id):
            waiting.setdefault(draft.id, draft)
    drafts = list(waiting.values())
    for first in range(0, len(drafts), _CHUNK_RECORDS):
        store.commit([Write(quarantined=tuple(drafts[first : first + _CHUNK_RECORDS]))])
    return len(drafts)


def _waiting_already(salvage: Salvage) -> Iterator[Draft]:
    """What an earlier merge has left to be re-submitted."""
    for _key, value in salvage.rows("quarantine"):
        with contextlib.suppress(DamagedRecordError):
            yield unpack_draft(value)


def _requests_behind(salvage: Salvage, state: State, end: int, last_readable: int) -> Iterator[Draft]:
    """What clients asked for behind the end of the new log."""
    # Whose device it was: whoever had the name then, or came to have it with the device.
    users: dict[str, str] = dict(state.user_by_name)
    for index in range(end + 1, last_readable + 1):
        for record in salvage.records_at(index):
            body = decode_body(record.header.kind, record.body)
            person = users.setdefault(name_key(body.name), body.user) if isinstance(body, DeviceBody) else ""
            if not record.is_epoch:
                yield redraft(record, person)
