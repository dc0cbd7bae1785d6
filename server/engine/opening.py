"""The opening of an engine: state and log as the disk has them (pure)."""

from server.archive.store import StoreReader
from server.replication.log import Log
from server.state.rebuild import rebuild
from server.state.state import State


def open_log(reader: StoreReader) -> tuple[State, Log]:
    """State and log as the disk has them: folded as far as it is known to be committed.

    What lies behind waits in the log until a leader's epoch says what it is worth. Raises
    `DamagedRecordError` when the chain is broken.
    """
    snapshots = [(row.index, row.state) for row in reader.snapshots()]
    known = max(reader.derived_index(), snapshots[0][0] if snapshots else 0)
    state = rebuild(snapshots, reader.all_records, known)
    log = Log(state.spans, [], state.index, state.hash, reader.expect_record)
    for record in reader.all_records(first=state.index + 1):
        log.append(record)
    return state, log
