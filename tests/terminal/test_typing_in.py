"""What is typed into a pipe: whole lines, however they come."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.terminal.typing_in import Ended, Input, PipeReader, Typed
from tests.waiting import wait_until


class Pipe:
    """A pipe into a reader, and what came out of it."""

    def __init__(self) -> None:
        self.reading, self._writing = os.pipe()
        self.given: list[Input] = []
        PipeReader(self.reading, self.given.append).start()

    def write(self, data: bytes) -> None:
        os.write(self._writing, data)

    def end(self) -> list[str]:
        os.close(self._writing)
        wait_until(lambda: Ended() in self.given)
        os.close(self.reading)
        return self.lines()

    def lines(self) -> list[str]:
        return [line for given in self.given if isinstance(given, Typed) for line in given.lines]


@pytest.fixture
def pipe() -> Pipe:
    """An open pipe; the test ends it."""
    return Pipe()


def test_lines_come_without_their_ends_the_last_one_too(pipe: Pipe) -> None:
    pipe.write("one\ntwo\r\n\nZoë".encode())
    assert pipe.end() == ["one", "two", "", "Zoë"]


def test_lines_come_as_soon_as_they_are_whole(pipe: Pipe) -> None:
    pipe.write(b"one\ntw")
    wait_until(lambda: pipe.lines() == ["one"])
    pipe.write(b"o\n")
    wait_until(lambda: pipe.lines() == ["one", "two"])
    pipe.end()


def test_bytes_that_are_no_text_are_told_from_text(pipe: Pipe) -> None:
    pipe.write(b"\xff\xfe\nfine\n")
    assert pipe.end() == ["\udcff\udcfe", "fine"]


def test_a_line_without_an_end_does_not_fill_the_memory(pipe: Pipe) -> None:
    for _ in range(40):
        pipe.write(b"x" * 60_000)
    lines = pipe.end()
    assert sum(map(len, lines)) == 40 * 60_000
    assert max(map(len, lines)) < 1_200_000


@given(st.lists(st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"])), max_size=8))
def test_any_text_comes_through(lines: list[str]) -> None:
    pipe = Pipe()
    pipe.write("".join(f"{line}\n" for line in lines).encode())
    assert pipe.end() == lines
