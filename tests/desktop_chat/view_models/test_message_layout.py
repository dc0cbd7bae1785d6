"""Where everything of a row stands."""

import pytest

from desktop_chat.view_models.measures import Measures
from desktop_chat.view_models.message_layout import LayoutCache, layout_row, offset_at, x_of_offset
from desktop_chat.view_models.message_rows import MessageRow
from desktop_chat.view_models.ticks import Tick

MEASURES = Measures(lambda role, text: 8 * len(text), has_emoji=lambda cluster: True)
WIDTH = 900


def row(text: str, *, is_own: bool = False, day: str = "", starts_run: bool = True) -> MessageRow:
    tick = Tick.STORED_ON_BOTH if is_own else None
    return MessageRow(text, "ada", "Ada", is_own, "12:00", tick=tick, day=day, starts_run=starts_run)


def test_own_bubbles_stand_on_the_right_and_others_on_the_left() -> None:
    own, other = layout_row(row("hi", is_own=True), WIDTH, MEASURES), layout_row(row("hi"), WIDTH, MEASURES)
    assert own.bubble.right == WIDTH - MEASURES.margin_right
    assert own.author_at is None
    assert other.bubble.left == MEASURES.bubble_left_other
    assert other.author_at is not None


def test_author_and_avatar_stand_once_a_run() -> None:
    assert layout_row(row("hi", starts_run=False), WIDTH, MEASURES).avatar_at is None


def test_the_time_stands_behind_the_last_line_or_below_it() -> None:
    short = layout_row(row("hi"), WIDTH, MEASURES)
    assert short.time_middle < short.text_top + short.line_height
    width = MEASURES.bubble_width_max(WIDTH) - 2 * MEASURES.padding_x
    full = layout_row(row("x" * (width // 8)), WIDTH, MEASURES)
    assert len(full.lines) == 1
    assert full.time_middle > full.text_top + full.line_height


@pytest.mark.parametrize("width", [200, 500, 900, 3000])
def test_nothing_stands_outside_its_bubble(width: int) -> None:
    for text in ("hi", "word " * 80, "x" * 300, "https://example.org/" + "a" * 200, "👍 " * 50):
        layout = layout_row(row(text, is_own=True), width, MEASURES)
        assert layout.bubble.bottom == layout.height
        assert layout.text_left + max(line.width for line in layout.lines) <= layout.bubble.right
        assert layout.time_right <= layout.tick_right <= layout.bubble.right


def test_a_day_makes_room_above() -> None:
    plain, day = layout_row(row("hi"), WIDTH, MEASURES), layout_row(row("hi", day="Today"), WIDTH, MEASURES)
    assert day.height - plain.height == MEASURES.separator_height - MEASURES.run_gap


def test_every_place_of_a_text_is_found_again_by_its_point() -> None:
    shown = row("one two 👍 three " * 12)
    layout = layout_row(shown, WIDTH, MEASURES)
    for number, line in enumerate(layout.lines):
        y = layout.text_top + number * layout.line_height + 3
        for piece in line.pieces:
            x = layout.text_left + x_of_offset(line, shown.text, piece.start, MEASURES, layout)
            assert offset_at(layout, shown, x + 1, y, MEASURES) == piece.start


def test_points_above_and_below_are_the_ends_of_the_text() -> None:
    shown = row("one\ntwo")
    layout = layout_row(shown, WIDTH, MEASURES)
    assert offset_at(layout, shown, 0, -50, MEASURES) == 0
    assert offset_at(layout, shown, 0, 5000, MEASURES) == len(shown.text)
    assert offset_at(layout, shown, 5000, layout.text_top, MEASURES) == 3


def test_a_layout_is_made_once_a_width() -> None:
    cache = LayoutCache(MEASURES, size_max=2)
    first = cache.layout(row("hi"), WIDTH)
    assert cache.layout(row("hi"), WIDTH) is first
    cache.layout(row("a"), WIDTH)
    cache.layout(row("b"), WIDTH)
    assert cache.layout(row("hi"), WIDTH) is not first
