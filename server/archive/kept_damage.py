"""The folders in which mending has set damaged files aside: how they are called, and how long they stay.

What could be read of them is in the archive again. They stay for whoever wants to look, or to try more; but
each is as large as an archive, and a disk that damages one will damage another.
"""

import re
import shutil
from pathlib import Path
from typing import Final

KEPT_COUNT: Final = 3
KEPT_DAYS: Final = 30

_NAME: Final = re.compile(r"damaged-([1-9][0-9]*)")
_DAY_S: Final = 24 * 3600.0


def next_folder(data: Path) -> Path:
    """Where the next one goes; numbers are not used again."""
    return data / f"damaged-{max(_numbers(data), default=0) + 1}"


def remove_old(data: Path, now_s: float) -> list[Path]:
    """Remove those that are old and not among the newest; gives which. For an archive that lacks nothing.

    One that cannot be removed, or of which that cannot be known, stays.
    """
    folders = [data / f"damaged-{number}" for number in sorted(_numbers(data), reverse=True)]
    removed = []
    for folder in folders[KEPT_COUNT:]:
        try:
            # Nothing is moved into it after the damage.
            if now_s - folder.stat().st_mtime > KEPT_DAYS * _DAY_S:
                shutil.rmtree(folder)
                removed.append(folder)
        except OSError:
            continue
    return removed


def _numbers(data: Path) -> list[int]:
    found = (_NAME.fullmatch(path.name) for path in data.glob("damaged-*"))
    return [int(match[1]) for match in found if match is not None]
