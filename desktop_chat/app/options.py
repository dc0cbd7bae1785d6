"""What the program was asked for when it was started."""

from pathlib import Path
from typing import Literal

import msgspec

from desktop_chat.settings.folders import data_folder, pair_folder

ThemeFlag = Literal["", "light", "dark", "system"]


class Options(msgspec.Struct, frozen=True):
    """The flags. `place` is an invite link or an address; empty ones are asked for."""

    data: Path
    place: str = ""
    name: str = ""
    theme: ThemeFlag = ""
    language: str = ""

    @property
    def pair_folder(self) -> Path:
        """Where the pair of this computer keeps its archives."""
        return pair_folder(self.data)


def with_data_folder(data: Path | None, place: str, name: str, theme: ThemeFlag, language: str) -> Options:
    """The flags; without a folder the system's usual place for a person's data."""
    return Options(data_folder(data), place, name, theme, language)
