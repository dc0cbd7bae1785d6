"""What files are called behind a command."""

from pathlib import Path

import pytest

from server.terminal.paths import path_in


def test_the_own_folder_is_a_tilde() -> None:
    assert path_in("~/a b.txt") == Path.home() / "a b.txt"
    assert path_in("b/~") == Path("b/~")


def test_a_name_may_be_any_bytes() -> None:
    assert path_in("\udcff") == Path("\udcff")


@pytest.mark.parametrize("text", ["~no-such-person/x", "a\0b", "~\0/x", "\ud800"])
def test_nothing_is_called_so(text: str) -> None:
    with pytest.raises(OSError, match="No such file"):
        path_in(text)
