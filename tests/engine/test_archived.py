"""Where a request stands: the record that counts, and its message number."""

from server.archive.store import Store, Write
from server.engine.archived import Archived, Place
from server.engine.opening import open_log
from tests.simulation.disk import SimulatedDisk
from tests.state.archive_of import Archive, device, epoch, message


def test_of_two_records_of_one_id_one_is_counted() -> None:
    archive = Archive(epoch(), device(), message(1))
    # Two servers took it, and one of them after the other's had been merged.
    assert archive.verdict(message(1)) == "id_reuse"
    assert archive.verdict(message(2)) == "accepted"
    store = Store(SimulatedDisk())
    store.commit([Write(records=tuple(archive.records))])
    _, log = open_log(store)
    archived = Archived(archive.state, log, store)
    # The tables do not reach so far yet: what they will hold is counted in the log.
    assert store.derived_index() == 0
    assert [archived.place_of(archive.records[index - 1]) for index in (3, 5)] == [Place(3, 1), Place(5, 2)]
