"""Preferences, folders, and the system's theme."""

from pathlib import Path

import pytest

from desktop_chat.settings.folders import data_folder, pair_folder
from desktop_chat.settings.preferences import (
    FILE_NAME,
    Preferences,
    read_preferences,
    write_preferences,
)
from desktop_chat.settings.system_theme import system_prefers_dark


def test_preferences_are_read_as_they_were_written(tmp_path: Path) -> None:
    assert read_preferences(tmp_path) == Preferences()
    wanted = Preferences(theme="dark", zoom=1.5, language="it", name="Anna")
    write_preferences(tmp_path / "new", wanted)
    assert read_preferences(tmp_path / "new") == wanted


@pytest.mark.parametrize("content", [b"", b"{", b'{"theme": "pink"}', b'{"zoom": 99}', b"[]", b"\xff"])
def test_a_file_of_another_shape_counts_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    assert read_preferences(tmp_path) == Preferences()


def test_a_folder_that_cannot_be_written_only_forgets(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    write_preferences(blocked, Preferences(theme="dark"))
    assert read_preferences(blocked) == Preferences()


def test_the_chosen_folder_is_used(tmp_path: Path) -> None:
    assert data_folder(tmp_path) == tmp_path
    assert pair_folder(tmp_path) == tmp_path / "pair"
    assert data_folder().name == "desktop-chat"


def test_the_system_is_asked_for_its_theme() -> None:
    assert system_prefers_dark({"GTK_THEME": "Adwaita:dark"})
    assert not system_prefers_dark({})
