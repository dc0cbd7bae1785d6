"""What a person prefers: theme, zoom, language, and the name last used; kept in one small file."""

import contextlib
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

FILE_NAME: Final = "settings.json"

ThemeChoice = Literal["light", "dark", "system"]


class Preferences(msgspec.Struct, frozen=True):
    """Every preference with its default. A file of another shape counts as no file."""

    theme: ThemeChoice = "system"
    zoom: Annotated[float, Meta(ge=0.5, le=3.0)] = 1.0
    language: str = ""
    name: str = ""
    geometry: str = ""


def read_preferences(folder: Path) -> Preferences:
    """The preferences of a person, or the defaults."""
    try:
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=Preferences)
    except (OSError, msgspec.MsgspecError):
        return Preferences()


def write_preferences(folder: Path, preferences: Preferences) -> None:
    """Keep the preferences; a full disk or a read-only folder only means that they are forgotten."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        # Written beside and moved, so that a crash leaves the old file or the new one.
        fresh = folder / f"{FILE_NAME}.new"
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(preferences)))
        fresh.replace(folder / FILE_NAME)
