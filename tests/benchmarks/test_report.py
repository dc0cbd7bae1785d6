"""The report: figures go between their marks, and nowhere else."""

from pathlib import Path

import pytest

from benchmarks.report import write

PAGE = "# Title\n<!-- figures: speed -->\nold\n<!-- end of figures: speed -->\nend\n"


def test_only_what_stands_between_the_marks_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    write("speed", "new", page)
    assert page.read_text(encoding="utf-8") == PAGE.replace("old", "new")


def test_a_page_without_the_marks_is_refused_and_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Title\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no place for the figures of 'speed'"):
        write("speed", "new", page)
    assert page.read_text(encoding="utf-8") == "# Title\n"
