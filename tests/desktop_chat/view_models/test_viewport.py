"""Scrolling without a display: what is seen stays where it is, and the ends hold."""

import random
from itertools import pairwise

from desktop_chat.view_models.viewport import Viewport


class Rows:
    """Rows of given heights."""

    def __init__(self, heights: list[int]) -> None:
        self.heights = heights

    def viewport(self, height: int = 100) -> Viewport:
        view = Viewport(lambda: len(self.heights), lambda row: self.heights[row])
        view.resize(height)
        return view


def bottom(rows: Rows, view: Viewport) -> int:
    row, y = view.visible()[-1]
    return y + rows.heights[row]


def test_it_opens_at_the_end() -> None:
    rows = Rows([30] * 10)
    view = rows.viewport()
    assert view.visible()[-1] == (9, 70)
    assert bottom(rows, view) == 100


def test_few_rows_stand_at_the_top() -> None:
    view = Rows([30, 30]).viewport()
    assert view.visible() == [(0, 0), (1, 30)]
    assert view.is_at_end


def test_no_rows_are_nothing_to_see() -> None:
    view = Rows([]).viewport()
    assert view.visible() == []
    assert view.thumb() == (0.0, 1.0)


def test_it_stays_at_the_end_when_rows_are_appended_there() -> None:
    rows = Rows([30] * 10)
    view = rows.viewport()
    rows.heights.append(30)
    view.rows_inserted(10, 1)
    assert view.visible()[-1] == (10, 70)


def test_it_stays_in_the_middle_when_rows_are_appended() -> None:
    rows = Rows([30] * 10)
    view = rows.viewport()
    view.scroll_by(-50)
    before = view.visible()
    rows.heights.append(30)
    view.rows_inserted(10, 1)
    assert view.visible() == before


def test_what_is_seen_stays_when_history_is_put_before_it() -> None:
    rows = Rows([30] * 10)
    view = rows.viewport()
    view.scroll_by(-170)
    before = view.visible()
    rows.heights[0:0] = [45] * 20
    view.rows_inserted(0, 20)
    assert view.visible() == [(row + 20, y) for row, y in before]


def test_history_before_the_very_first_row_keeps_that_row_in_place() -> None:
    rows = Rows([30] * 10)
    view = rows.viewport()
    view.scroll_by(-1000)
    assert view.visible()[0] == (0, 0)
    rows.heights[0:0] = [40] * 5
    view.rows_inserted(0, 5)
    assert view.visible()[0] == (5, 0)


def test_the_first_rows_of_all_are_shown_from_their_end() -> None:
    rows = Rows([])
    view = rows.viewport()
    rows.heights += [30] * 10
    view.rows_inserted(0, 10)
    assert view.visible()[-1] == (9, 70)


def test_a_row_is_brought_in_sight_with_as_little_as_needed() -> None:
    view = Rows([30] * 10).viewport()
    view.show_row(5)
    assert view.visible()[0] == (5, 0)
    view.show_row(6)
    assert view.visible()[0] == (5, 0)


def test_what_stood_at_the_bottom_edge_stays_there_when_the_window_shrinks() -> None:
    rows = Rows([30] * 10)
    view = rows.viewport()
    view.scroll_by(-60)
    last = view.visible()[-1]
    view.resize(70)
    assert (last[0], last[1] - 30) in view.visible()


def test_no_order_of_events_ever_leaves_a_gap(rng: random.Random) -> None:
    for _ in range(50):
        rows = Rows([rng.randint(10, 80) for _ in range(rng.randint(0, 30))])
        view = rows.viewport(rng.randint(50, 300))
        for _ in range(40):
            _do_something(rows, view, rng)
            _check(rows, view)


def _do_something(rows: Rows, view: Viewport, rng: random.Random) -> None:
    match rng.randrange(6):
        case 0:
            view.scroll_by(rng.randint(-400, 400))
        case 1:
            at, count = rng.randint(0, len(rows.heights)), rng.randint(1, 5)
            rows.heights[at:at] = [rng.randint(10, 80) for _ in range(count)]
            view.rows_inserted(at, count)
        case 2 if rows.heights:
            at = rng.randrange(len(rows.heights))
            count = min(rng.randint(1, 3), len(rows.heights) - at)
            del rows.heights[at : at + count]
            view.rows_removed(at, count)
        case 3:
            view.resize(rng.randint(50, 300))
        case 4:
            view.scroll_to_share(rng.random())
        case _:
            view.scroll_to_end()


def _check(rows: Rows, view: Viewport) -> None:
    seen = view.visible()
    assert bool(seen) == bool(rows.heights)
    for (row, y), (following, following_y) in pairwise(seen):
        assert following == row + 1
        assert following_y == y + rows.heights[row]
    if sum(rows.heights) >= view.height:
        assert seen[0][1] <= 0
        assert bottom(rows, view) >= view.height
    elif seen:
        assert seen[0] == (0, 0)
