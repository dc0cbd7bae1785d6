"""Opening the archive at a start: checked, mended when it is damaged, folded, and held against the mark.

What is on the disk is looked at through a reader first: opening it for writing would already change
it, and what is damaged is to be kept as it was found.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from server.archive import wal
from server.archive.belonging import CLUSTER_FACT, ForeignArchiveError, check_belongs
from server.archive.checking import check_rows
from server.archive.confirmed import ConfirmedMark, Mark
from server.archive.disk import Alert, DamagedDiskError, SqliteDisk, SqliteReader
from server.archive.record import DamagedRecordError
from server.archive.salvage import wal_path
from server.archive.store import Store, StoreReader, Write
from server.engine.opening import open_log
from server.i18n.translation import _
from server.mending import Mended, forget_damage, mend, read_note
from server.replication.log import Log
from server.state.state import State


@dataclass(frozen=True)
class Opened:
    """An archive that may be served from.

    `reader` is for the engine. `lacks_confirmed`: it has less than this server once confirmed.
    """

    store: Store
    reader: StoreReader
    state: State
    log: Log
    lacks_confirmed: bool
    mended: Mended | None


def open_archive(
    archive: Path,
    cluster: str,
    mark: ConfirmedMark,
    *,
    alert: Alert | None = None,
    make_room: Callable[[], bool] | None = None,
) -> Opened:
    """Open the archive of a cluster, mended if need be. `alert` hears of damage that is found later.

    Raises OSError, DiskError, and `ForeignArchiveError` before anything is changed.
    """
    mended = None
    found = _look(archive, cluster, mark.kept)
    if found is None:
        mended = mend(archive, cluster, mark.kept)
        if mended.records < mended.last_index and (mark.kept is None or mark.kept.index < mended.last_index):
            mark.claim(mended.last_index)
        found = _look(archive, cluster, mark.kept)
    if found is None:
        raise DamagedDiskError(_("{path} is damaged again as soon as it is mended").format(path=archive))
    reader, state, log = found
    store_reader = StoreReader(reader)
    lacks = _lacks(store_reader, mark.kept)
    # Every thread that reads has a connection of its own.
    reader.close()
    disk = SqliteDisk(archive, make_room=make_room)
    mark.begin(log.last_index, log.last_hash, is_held=lacks)
    disk.alert = reader.alert = alert
    store = Store(disk)
    if store.fact(CLUSTER_FACT) is None and not (lacks and log.last_index):
        # One that is other than it should be may belong to anybody: it says so when it has been refilled.
        store.commit([Write(facts=((CLUSTER_FACT, cluster.encode()),))])
    return Opened(store, store_reader, state, log, lacks, mended)


def _look(archive: Path, cluster: str, mark: Mark | None) -> tuple[SqliteReader, State, Log] | None:
    """The state and the log as they are on the disk; None when there is something to mend."""
    note = read_note(archive)
    if note is not None and note.kept:
        return None
    log_file = wal_path(archive)
    log_bytes = log_file.read_bytes() if log_file.exists() else b""
    is_empty = not archive.exists() or not archive.stat().st_size
    if is_empty and log_bytes:
        # SQLite would throw away what was written ahead of a file that is empty.
        archive.touch(mode=0o600)
        return None
    if wal.is_damaged(log_bytes):
        return None
    if is_empty:
        SqliteDisk(archive).close()
    reader = SqliteReader(archive)
    try:
        if reader.is_old:
            SqliteDisk(archive).close()
        reader.check()
        store = StoreReader(reader)
        check_belongs(store.fact(CLUSTER_FACT), cluster)
        state, log = open_log(store)
        _check_ends(store, state, log)
        if note is not None:
            for _step in check_rows(reader):
                pass
            forget_damage(archive)
        # What a loss of power leaves of a last transaction, and what a damage does, look alike: the
        # mark knows whether it was promised.
        if wal.is_whole(log_bytes) or not _lacks(store, mark):
            return reader, state, log
    except (DamagedDiskError, DamagedRecordError):
        pass
    except ForeignArchiveError:
        reader.close()
        raise
    reader.close()
    return None


def _check_ends(store: StoreReader, state: State, log: Log) -> None:
    """The tables reach as far as they say. Raises `DamagedDiskError`."""
    last = store.last_record()
    if (last.index if last else 0) != log.last_index:
        raise store.damaged("the state reaches beyond the log")
    if state.index and store.expect_record(state.index).hash != state.hash:
        raise store.damaged("the state is of another log")
    if store.derived_index() > state.index:
        raise store.damaged("what is derived reaches beyond the log")
    if store.derived_index() == state.index and store.last_number() != state.number:
        raise store.damaged("the numbers of the messages are not all there")


def _lacks(store: StoreReader, mark: Mark | None) -> bool:
    """Whether the archive has less than the mark says, or something else."""
    if mark is None or not mark.index:
        return False
    record = store.record(mark.index)
    return record is None or record.hash.hex() != mark.hash
