"""Where a person's things are kept."""

from pathlib import Path
from typing import Final

from platformdirs import user_data_path

_PROGRAM: Final = "desktop-chat"


def data_folder(chosen: Path | None = None) -> Path:
    """The folder of the caches, the settings and the own pair: as chosen, else the system's usual place."""
    return chosen if chosen is not None else user_data_path(_PROGRAM, appauthor=False)


def pair_folder(data: Path) -> Path:
    """Where the pair keeps its archives that this program starts."""
    return data / "pair"
