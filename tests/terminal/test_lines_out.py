"""Lines for the terminal: at once, or when the prompt lets them."""

import pytest

from server.terminal.lines_out import LinesOut


def test_without_a_prompt_lines_are_printed_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = LinesOut()
    lines.out("a message")
    lines.note("a note")
    assert capsys.readouterr() == ("a message\n", "a note\n")


def test_with_a_prompt_they_wait_for_it_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    lines, woken = LinesOut(), list[str]()
    lines.wake = lambda: woken.append("once")
    for number in range(3):
        lines.out(str(number))
    assert (capsys.readouterr().out, len(woken)) == ("", 3)
    lines.flush()
    assert capsys.readouterr().out == "0\n1\n2\n"
    lines.flush()
    assert capsys.readouterr().out == ""
