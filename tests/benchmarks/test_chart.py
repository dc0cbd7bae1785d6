"""The chart: every ratio of a main row is a dot, right of 1 ours is ahead, and the file is an SVG."""

from xml.etree import ElementTree

from benchmarks.chart import chart
from tests.benchmarks.rows import ROWS

SVG = "{http://www.w3.org/2000/svg}"


def dots() -> dict[str, float]:
    """Where each dot stands, by its title."""
    root = ElementTree.fromstring(chart(ROWS))  # noqa: S314  # our own text
    return {
        str(title.text): float(circle.attrib["cx"])
        for circle in root.iter(f"{SVG}circle")
        for title in circle.iter(f"{SVG}title")
    }


def test_every_ratio_of_a_main_row_is_a_dot_with_a_title() -> None:
    assert set(dots()) == {
        "fan-out, W=1: 1.5 times better than other",
        "fan-out, W=1: 0.25 times better than third",
        "start: 2 times better than third",
    }


def test_what_is_better_stands_further_right_whatever_the_unit() -> None:
    places = dots()
    slower = places["fan-out, W=1: 0.25 times better than third"]
    faster = places["fan-out, W=1: 1.5 times better than other"]
    assert slower < faster < places["start: 2 times better than third"]


def test_nothing_to_show_is_still_a_picture() -> None:
    assert ElementTree.fromstring(chart([])).tag == f"{SVG}svg"  # noqa: S314
