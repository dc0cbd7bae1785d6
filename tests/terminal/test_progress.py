"""The line at the bottom: drawn in place, out of the way of what is printed, never wider than a terminal."""

from server.terminal.progress import ProgressLine


class Clock:
    def __init__(self) -> None:
        self.now = 10.0

    def monotonic_s(self) -> float:
        return self.now

    def wall_ms(self) -> int:
        return 0


def test_it_is_drawn_in_place_and_not_too_often() -> None:
    clock, drawn = Clock(), list[str]()
    line = ProgressLine(clock, drawn.append)
    line.show("a")
    line.show("b")
    assert drawn == ["\r\x1b[Ka"]
    clock.now += 1
    line.show("c")
    assert drawn[1:] == ["\r\x1b[Kc"]
    line.show("")
    assert drawn[2:] == ["\r\x1b[K"]
    line.show("")
    assert len(drawn) == 3


def test_what_is_printed_goes_above_it() -> None:
    drawn: list[str] = []
    line = ProgressLine(Clock(), drawn.append)
    out = line.around(lambda text: drawn.append(f"{text}\n"))
    out("first")
    line.show("half")
    out("second")
    assert drawn == ["first\n", "\r\x1b[Khalf", "\r\x1b[K", "second\n", "\r\x1b[Khalf"]


def test_without_a_terminal_nothing_is_drawn() -> None:
    line = ProgressLine(Clock(), None)
    line.show("half\x1b[2J")
    assert line.text == "half\N{REPLACEMENT CHARACTER}[2J"
    out: list[str] = []
    line.around(out.append)("x")
    assert out == ["x"]


def test_it_fits_on_a_line() -> None:
    line = ProgressLine(Clock(), None)
    line.show("x" * 200)
    assert len(line.text) == 79
    line.show("\u674e" * 200)
    assert len(line.text) == 39
