"""Draws one row of the message list on the canvas, from its layout."""

import tkinter as tk
from typing import Final

import msgspec

from desktop_chat.i18n.translation import _
from desktop_chat.theme.xft_guard import drawable
from desktop_chat.view_models.line_breaking import Kind, Line, Piece
from desktop_chat.view_models.message_layout import Box, RowLayout, x_of_offset
from desktop_chat.view_models.message_rows import MessageRow
from desktop_chat.view_models.people import name_colour
from desktop_chat.view_models.ticks import Tick
from desktop_chat.widgets.avatars import draw_avatar
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.rounded_box import BoxStyle, draw_rounded_box

TICK_SIZE: Final = 16
BUBBLE_RADIUS: Final = 12


class Appearance(msgspec.Struct, frozen=True):
    """All that decides how a row looks: when it is equal, nothing has to be drawn again."""

    row: MessageRow
    width: int
    selected: tuple[int, int] | None
    has_focus: bool


class RowPainter:
    """Draws rows with one look on one canvas."""

    def __init__(self, canvas: tk.Canvas, look: Look) -> None:
        self._canvas = canvas
        self._look = look

    def draw(self, shown: Appearance, layout: RowLayout, top: int, tag: str) -> None:
        """Draw a row whose top is at `top`; every item carries the tag."""
        row, palette = shown.row, self._look.palette
        if layout.day_middle is not None:
            self._separator(row.day, shown.width, top + layout.day_middle, tag, palette.text_faint)
        if layout.new_middle is not None:
            middle = top + layout.new_middle
            self._separator(_("New messages"), shown.width, middle, tag, palette.bad)
        box = Box(
            layout.bubble.left,
            top + layout.bubble.top,
            layout.bubble.right,
            top + layout.bubble.bottom,
        )
        colour = palette.bubble_own if row.is_own else palette.bubble_other
        self._bubble(box, colour, shown.has_focus, tag)
        if layout.author_at is not None:
            self._author(row, layout, top, tag)
        if shown.selected is not None:
            self._selection(row, layout, top, shown.selected, tag)
        for number, line in enumerate(layout.lines):
            line_top = top + layout.text_top + number * layout.line_height
            for piece in line.pieces:
                self._piece(row, piece, layout, line_top, tag)
        self._meta(row, layout, top, tag)

    def _bubble(self, box: Box, colour: str, has_focus: bool, tag: str) -> None:
        window = self._look.palette.window
        if has_focus:
            # A ring around the bubble, with a thin gap.
            gap = self._look.pixels(3)
            ring = Box(box.left - gap, box.top - gap, box.right + gap, box.bottom + gap)
            edge = self._look.palette.accent_text
            style = BoxStyle(window, window, BUBBLE_RADIUS + 3, edge)
            draw_rounded_box(self._canvas, self._look, ring, style, tag)
        style = BoxStyle(colour, window, BUBBLE_RADIUS)
        draw_rounded_box(self._canvas, self._look, box, style, tag)

    def _separator(self, text: str, width: int, middle: int, tag: str, colour: str) -> None:
        look, canvas = self._look, self._canvas
        half = look.fonts["day"].measure(text) // 2 + look.pixels(12)
        margin = look.pixels(25)
        line = look.palette.line if colour == look.palette.text_faint else colour
        for start, end in ((margin, width // 2 - half), (width // 2 + half, width - look.pixels(29))):
            if end > start:
                canvas.create_line(start, middle, end, middle, fill=line, tags=tag)
        canvas.create_text(width // 2, middle, text=text, font=look.fonts["day"], fill=colour, tags=tag)

    def _author(self, row: MessageRow, layout: RowLayout, top: int, tag: str) -> None:
        assert layout.author_at is not None
        assert layout.avatar_at is not None
        look = self._look
        x, y = layout.author_at
        middle = top + y + look.measures.author_height // 2
        self._canvas.create_text(
            x,
            middle,
            text=row.author,
            font=look.fonts["author"],
            fill=name_colour(row.user, look.palette),
            anchor="w",
            tags=tag,
        )
        left, avatar_top = layout.avatar_at
        size = look.measures.avatar_size
        draw_avatar(
            self._canvas, look, row.user, row.author, (left, top + avatar_top), size=size,
            behind=look.palette.window, tag=tag,
        )  # fmt: skip

    def _selection(
        self, row: MessageRow, layout: RowLayout, top: int, part: tuple[int, int], tag: str
    ) -> None:
        palette = self._look.palette
        colour = palette.selection_own if row.is_own else palette.selection_other
        for number, line in enumerate(layout.lines):
            start, end = max(part[0], line.start), min(part[1], line.end)
            if start >= end:
                continue
            left = self._x_in(line, row, start, layout)
            right = min(self._x_in(line, row, end, layout), max(line.width, left))
            if right == left:
                # An empty line that is selected still shows that it is.
                right = left + self._look.pixels(5)
            y = top + layout.text_top + number * layout.line_height
            self._canvas.create_rectangle(
                layout.text_left + left, y, layout.text_left + right, y + layout.line_height,
                fill=colour, width=0, tags=tag,
            )  # fmt: skip

    def _x_in(self, line: Line, row: MessageRow, offset: int, layout: RowLayout) -> int:
        return x_of_offset(line, row.text, offset, self._look.measures, layout)

    def _piece(self, row: MessageRow, piece: Piece, layout: RowLayout, line_top: int, tag: str) -> None:
        look, palette = self._look, self._look.palette
        x, middle = layout.text_left + piece.x, line_top + layout.line_height // 2
        text = row.text[piece.start : piece.end]
        if piece.kind is Kind.EMOJI:
            picture = look.pictures.emoji(text, layout.emoji_size)
            self._canvas.create_image(x + look.pixels(1), middle, image=picture, anchor="w", tags=tag)
            return
        colour = palette.text_on_accent if row.is_own else palette.text
        if piece.kind is Kind.LINK:
            colour = palette.link_own if row.is_own else palette.link_other
            underline = middle + look.pixels(8)
            self._canvas.create_line(x, underline, x + piece.width, underline, fill=colour, tags=tag)
        self._canvas.create_text(
            x, middle, text=drawable(text), font=look.fonts["body"], fill=colour, anchor="w", tags=tag
        )

    def _meta(self, row: MessageRow, layout: RowLayout, top: int, tag: str) -> None:
        look, palette = self._look, self._look.palette
        colour = palette.meta_own if row.is_own else palette.text_faint
        middle = top + layout.time_middle
        self._canvas.create_text(
            layout.time_right,
            middle,
            text=row.time_text,
            font=look.fonts["meta"],
            fill=colour,
            anchor="e",
            tags=tag,
        )
        if row.tick is not None:
            size = look.pixels(TICK_SIZE if row.tick is not Tick.WAITING else 13)
            picture = look.pictures.icon(row.tick.value, size, colour)
            self._canvas.create_image(layout.tick_right, middle, image=picture, anchor="e", tags=tag)
