"""Where everything of a message row stands, in pixels, without drawing anything; pure.

Coordinates: x from the left edge of the list, y from the top of the row.
"""

from collections import OrderedDict
from typing import Final

import msgspec

from desktop_chat.view_models.graphemes import is_only_emoji
from desktop_chat.view_models.line_breaking import Line, break_lines
from desktop_chat.view_models.measures import Measures
from desktop_chat.view_models.message_rows import MessageRow

LARGE_EMOJI_MAX: Final = 3


class Box(msgspec.Struct, frozen=True):
    """A rectangle."""

    left: int
    top: int
    right: int
    bottom: int


class RowLayout(msgspec.Struct, frozen=True):
    """The places of a row. `text_left` and `text_top` are where the first line begins."""

    height: int
    bubble: Box
    lines: tuple[Line, ...]
    text_left: int
    text_top: int
    line_height: int
    emoji_size: int
    author_at: tuple[int, int] | None
    avatar_at: tuple[int, int] | None
    time_right: int
    time_middle: int
    tick_right: int
    day_middle: int | None
    new_middle: int | None


class LayoutCache:
    """Layouts by (row, width): a row that did not change is laid out once a width."""

    def __init__(self, measures: Measures, size_max: int = 4_000) -> None:
        self._measures = measures
        self._size_max = size_max
        self._layouts: OrderedDict[tuple[MessageRow, int], RowLayout] = OrderedDict()

    def layout(self, row: MessageRow, width: int) -> RowLayout:
        """The layout of a row in a list of this width."""
        key = (row, width)
        found = self._layouts.get(key)
        if found is None:
            found = self._layouts[key] = layout_row(row, width, self._measures)
            if len(self._layouts) > self._size_max:
                self._layouts.popitem(last=False)
        else:
            self._layouts.move_to_end(key)
        return found


def layout_row(row: MessageRow, width: int, measures: Measures) -> RowLayout:
    """Lay one row out."""
    top, day_middle, new_middle = _above(row, measures)
    has_author = row.starts_run and not row.is_own
    has_large_emoji = is_only_emoji(row.text, LARGE_EMOJI_MAX)
    ruler = measures.ruler(has_large_emoji)
    line_height = measures.large_line_height if has_large_emoji else measures.line_height

    bubble_width_max = measures.bubble_width_max(width)
    lines = break_lines(row.text, bubble_width_max - 2 * measures.padding_x, ruler)
    meta_width = measures.time_width(row.time_text) + (measures.tick_width if row.tick else 0)
    author_width = measures.author_width(row.author) if has_author else 0
    text_width = max(line.width for line in lines)
    # The time stands behind the last line when there is room, else on a line of its own.
    last_with_meta = lines[-1].width + measures.meta_gap + meta_width
    fits = last_with_meta <= bubble_width_max - 2 * measures.padding_x
    inner = max(text_width, author_width, last_with_meta if fits else meta_width)

    author_height = measures.author_height if has_author else 0
    padding_top = measures.padding_top_author if has_author else measures.padding_y
    text_top = top + padding_top + author_height
    text_bottom = text_top + len(lines) * line_height
    meta_line = 0 if fits else measures.meta_line_height
    padding_bottom = measures.padding_bottom_author if has_author else measures.padding_y
    bottom = text_bottom + meta_line + padding_bottom
    bubble_width = inner + 2 * measures.padding_x
    left = width - measures.margin_right - bubble_width if row.is_own else measures.bubble_left_other
    right = left + bubble_width
    tick_right = right - measures.padding_x
    time_middle = text_bottom - measures.line_height // 2 if fits else (
        text_bottom + (meta_line - measures.meta_drop) // 2
    )  # fmt: skip
    return RowLayout(
        height=bottom,
        bubble=Box(left, top, right, bottom),
        lines=lines,
        text_left=left + measures.padding_x,
        text_top=text_top,
        line_height=line_height,
        emoji_size=measures.emoji_size(has_large_emoji),
        author_at=(left + measures.padding_x, top + padding_top) if has_author else None,
        avatar_at=(measures.avatar_left, top) if has_author else None,
        time_right=tick_right - (measures.tick_width if row.tick else 0),
        time_middle=time_middle,
        tick_right=tick_right,
        day_middle=day_middle,
        new_middle=new_middle,
    )


def _above(row: MessageRow, measures: Measures) -> tuple[int, int | None, int | None]:
    """Where the bubble begins, and the middles of the separators above it."""
    top = 0
    day_middle = new_middle = None
    if row.day:
        day_middle = measures.separator_height // 2
        top = measures.separator_height
    if row.is_first_new:
        new_middle = top + measures.new_mark_height // 2
        top += measures.new_mark_height
    if top == 0:
        top = measures.run_gap if row.starts_run else measures.bubble_gap
    return top, day_middle, new_middle


def offset_at(layout: RowLayout, row: MessageRow, x: int, y: int, measures: Measures) -> int:
    """The place in the row's text nearest to a point."""
    number = (y - layout.text_top) // layout.line_height
    if number < 0:
        return 0
    if number >= len(layout.lines):
        return len(row.text)
    line = layout.lines[number]
    ruler = measures.ruler(layout.emoji_size != measures.emoji_size(False))
    for piece in line.pieces:
        part = row.text[piece.start : piece.end]
        inside = x - layout.text_left - piece.x
        if inside >= piece.width:
            continue
        if inside <= 0 or len(part) == 0:
            return piece.start
        return piece.start + measures.offset_in(part, inside, piece.kind, ruler)
    last = row.text[line.start : line.end]
    return line.end - (len(last) - len(last.rstrip("\n")))


def x_of_offset(line: Line, text: str, offset: int, measures: Measures, layout: RowLayout) -> int:
    """How far into a line a place in the text lies, in pixels from the line's left."""
    ruler = measures.ruler(layout.emoji_size != measures.emoji_size(False))
    for piece in line.pieces:
        if offset < piece.end:
            if offset <= piece.start:
                return piece.x
            part = text[piece.start : offset]
            return piece.x + measures.part_width(part, piece.kind, ruler)
    return line.pieces[-1].x + line.pieces[-1].width if line.pieces else 0
