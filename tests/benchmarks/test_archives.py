"""Archives made beforehand: the server's own opening finds nothing wrong with them, and all that is meant."""

from pathlib import Path

from benchmarks.archives import AUTHORS, Archive, folder_at, room, with_messages
from server.archive.checking import check_rows
from server.archive.confirmed import ConfirmedMark
from server.archive.disk import SqliteReader
from server.cluster.data_folder import DataFolder
from server.opening import Opened, open_archive


def opened(folder: DataFolder) -> Opened:
    return open_archive(folder.archive, folder.read().cluster, ConfirmedMark(folder.confirmed))


def test_a_server_opens_it_and_finds_every_message(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    record_bytes = with_messages(folder, 200)
    archive = opened(folder)
    assert archive.mended is None
    assert archive.state.number == 200
    assert len(archive.state.users) == AUTHORS + 1
    assert record_bytes == sum(record.size_bytes for record in archive.reader.all_records())
    archive.store.close()
    for _step in check_rows(SqliteReader(folder.archive)):
        pass


def test_people_are_in_the_rooms_that_they_joined(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    with Archive(folder) as made:
        made.write(made.people(4))
        made.write(made.rooms(2))
        made.write(made.joins([(1, 0), (2, 0), (2, 1)]))
        made.snapshot()
    archive = opened(folder)
    members = {name: len(found.members) for name, found in archive.state.rooms.items()}
    assert members == {"general": 4, room(0): 3, room(1): 2}
    archive.store.close()
