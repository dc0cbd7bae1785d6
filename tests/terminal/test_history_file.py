"""What was typed before: kept for its owner alone, and never in the way."""

import stat
from pathlib import Path

import pytest

from server.terminal import history_file
from server.terminal.history_file import HistoryFile


def test_lines_come_back_in_order_whatever_is_in_them(tmp_path: Path) -> None:
    path = tmp_path / "anna.history"
    lines = ["hello", "two\nlines", "Zoë 👍", '"quoted"', "/room \x1b[2J"]
    for line in lines:
        HistoryFile(path).add(line)
    assert HistoryFile(path).lines() == lines
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "anna.history"
    HistoryFile(path).add("one")
    with path.open("ab") as file:
        file.write(b'"cut o\n\xff\xfe\n7\n')
    HistoryFile(path).add("two")
    assert HistoryFile(path).lines() == ["one", "two"]


def test_it_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_file, "_LINES_MAX", 3)
    path = tmp_path / "anna.history"
    for number in range(7):
        HistoryFile(path).add(str(number))
    assert HistoryFile(path).lines() == ["4", "5", "6"]
    assert len(path.read_text().splitlines()) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    file = HistoryFile(tmp_path / "nowhere" / "anna.history")
    file.add("hello")
    assert file.lines() == []
    kept = HistoryFile(tmp_path / "anna.history")
    kept.add("\udcff")
    assert kept.lines() == []
