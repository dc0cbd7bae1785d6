"""What stood in a line before it was emptied."""

import pytest

from server.terminal.half_line import HalfLine, is_command


@pytest.mark.parametrize(
    ("texts", "cleared"),
    [
        (["h", "ha", "half", "", "/", "/room"], "half"),
        (["half a", "half ", "half", "hal", "ha", "h", "", "/room"], "half a"),
        (["half", "hal", "halo", "hal", ""], "halo"),
        (["half", "", "other", "", "/room"], "other"),
        (["half"], ""),
        (["/room", ""], ""),
        (["//shrug", ""], "//shrug"),
        (["half", "", "/roo", "", "/join"], "half"),
        ([""], ""),
    ],
)
def test_what_was_taken_away_whole_is_remembered(texts: list[str], cleared: str) -> None:
    line = HalfLine()
    for text in texts:
        line.changed(text)
    assert line.cleared == cleared
    line.begin()
    assert line.cleared == ""


def test_two_slashes_begin_a_message() -> None:
    assert [is_command(line) for line in ("/room", "//room", "room", "")] == [True, False, False, False]
