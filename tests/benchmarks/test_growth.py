"""Growth: one part grows at a time, and a message's cost is told beside the base."""

from pathlib import Path

from benchmarks.cases import Bench, Effort
from benchmarks.growth import AMOUNTS, Size, grown, make, measure
from server.archive.disk import SqliteDisk
from server.archive.store import StoreReader
from server.cluster.data_folder import DataFolder
from server.protocol import limits


def test_one_part_grows_at_a_time() -> None:
    sizes = [size for _, _, size in grown(Size(1, 2, 3), 10)]
    assert sizes == [Size(10, 2, 3), Size(1, 20, 3), Size(1, 2, 30)]


def test_there_may_be_more_rooms_than_one_person_makes(tmp_path: Path) -> None:
    rooms = limits.ROOMS_PER_PERSON_MAX + 1
    make(tmp_path, Size(people=20, rooms=rooms, messages=1))
    disk = SqliteDisk(DataFolder(tmp_path).archive)
    made = [record for record in StoreReader(disk).all_records() if record.header.kind == "room"]
    disk.close()
    assert len(made) == rooms
    assert len({record.header.device for record in made}) == 2


def test_every_part_has_a_factor() -> None:
    rows = list(measure(Bench(Effort.TINY)))
    assert [row.unit for row in rows[1::2]] == ["times that"] * 3 * len(AMOUNTS[Effort.TINY].factors)
    assert all(row.value >= 0 for row in rows)
