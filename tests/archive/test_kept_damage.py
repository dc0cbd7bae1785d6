"""Damaged files that were set aside: kept long enough, and not for ever."""

import os
from pathlib import Path

from server.archive.kept_damage import KEPT_COUNT, KEPT_DAYS, next_folder, remove_old

DAY_S = 24 * 3600.0
NOW_S = 2_000_000_000.0


def set_aside(data: Path, number: int, age_days: float) -> Path:
    folder = data / f"damaged-{number}"
    folder.mkdir()
    (folder / "archive.sqlite").write_bytes(b"something")
    os.utime(folder, (NOW_S, NOW_S - age_days * DAY_S))
    return folder


def test_the_newest_are_kept_however_old_they_are(tmp_path: Path) -> None:
    folders = [set_aside(tmp_path, number, 1_000.0) for number in range(1, KEPT_COUNT + 3)]
    assert sorted(remove_old(tmp_path, NOW_S)) == folders[:2]
    assert sorted(tmp_path.iterdir()) == folders[2:]
    assert remove_old(tmp_path, NOW_S) == []


def test_young_ones_are_kept_however_many_they_are(tmp_path: Path) -> None:
    folders = [set_aside(tmp_path, number, KEPT_DAYS - 0.1) for number in range(1, 10)]
    assert remove_old(tmp_path, NOW_S) == []
    assert sorted(tmp_path.iterdir()) == folders


def test_nothing_else_is_touched(tmp_path: Path) -> None:
    for number in range(1, KEPT_COUNT + 1):
        set_aside(tmp_path, number + 9, 0.0)
    for name in ("damaged-x", "damaged-", "damaged-01", "damaged-1.tar", "undamaged-1"):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, 0))
    assert remove_old(tmp_path, NOW_S) == []


def test_a_number_is_not_used_again_as_long_as_a_later_one_is_there(tmp_path: Path) -> None:
    assert next_folder(tmp_path).name == "damaged-1"
    set_aside(tmp_path, 10, 0.0)
    set_aside(tmp_path, 2, 0.0)
    assert next_folder(tmp_path).name == "damaged-11"
