"""Room on the volume: when it is too little, and the ballast that is given up for the last writes."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.archive.disk import DiskFullError, SqliteDisk, Transaction
from server.archive.space import Space

GIB, MIB = 1 << 30, 1 << 20


class Volume:
    """A volume of any size."""

    def __init__(self, total: int, free: int) -> None:
        self.total, self.free = total, free

    def usage(self, path: Path) -> tuple[int, int]:
        return self.total, self.free


@pytest.mark.parametrize(
    ("total", "least"), [(GIB, GIB // 20), (10 * GIB, 512 * MIB), (4_000 * GIB, 512 * MIB)]
)
def test_too_little_is_a_twentieth_of_a_small_volume_and_half_a_gibibyte_of_a_large_one(
    tmp_path: Path, total: int, least: int
) -> None:
    volume = Volume(total, least)
    space = Space(tmp_path, volume.usage)
    for free, is_full in ((least, False), (least - 1, True), (least + 1, True), (2 * least, False)):
        volume.free = free
        space.look()
        assert space.is_full == is_full, free


def test_the_ballast_takes_its_place_and_is_made_again_when_there_is_room(tmp_path: Path) -> None:
    volume = Volume(200 * MIB, 100 * MIB)
    space = Space(tmp_path, volume.usage)
    space.look()
    ballast = tmp_path / "ballast"
    assert ballast.stat().st_size == 2 * MIB
    assert ballast.stat().st_blocks * 512 >= 2 * MIB
    assert space.give_up_ballast()
    assert space.is_full
    assert not ballast.exists()
    assert not space.give_up_ballast()
    volume.free = 5 * MIB
    space.look()
    assert not ballast.exists()
    volume.free = 100 * MIB
    space.look()
    assert ballast.exists()


def test_no_ballast_is_made_where_it_would_take_the_last_room(tmp_path: Path) -> None:
    Space(tmp_path, Volume(GIB, 60 * MIB).usage).look()
    assert not (tmp_path / "ballast").exists()


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """A real volume of 8 MiB, where this user may mount one."""
    path = tmp_path / "volume"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(path)]
    can_mount = shutil.which("mount") is not None
    is_mounted = can_mount and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    if not is_mounted:
        # The next best thing: the folder as it is, and a disk that says when it is full.
        (path / "no-volume").touch()
    yield path
    if is_mounted:
        subprocess.run(["umount", path], check=True)


def fill(path: Path, *, leave: int) -> None:
    """Fill a volume up to a few bytes."""
    usage = os.statvfs(path)
    with (path / "filling").open("wb") as file:
        file.write(b"x" * max(0, usage.f_bavail * usage.f_frsize - leave))


def test_on_a_full_volume_the_ballast_is_room_for_the_last_commit(volume: Path) -> None:
    space = Space(volume)
    space.look()
    disk = SqliteDisk(volume / "archive.sqlite", make_room=space.give_up_ballast)
    if (volume / "no-volume").exists():
        disk._connection.execute("PRAGMA max_page_count=40")
    else:
        fill(volume, leave=8_192)
    written = 0
    try:
        for number in range(2_000):
            transaction = Transaction()
            transaction.put("records", number, b"x" * 3_000)
            disk.commit(transaction)
            written += 1
            if space.is_full and (volume / "no-volume").exists():
                break
    except DiskFullError:
        pass
    assert space.is_full
    assert not (volume / "ballast").exists()
    # What was said to be written is there, and what was refused is not.
    reader = disk.reader()
    assert [key for key, _value in reader.scan("records", 0, 2**40)] == list(range(written))
    reader.close()
    disk.close()
