"""The message list: a canvas that holds only the rows in sight.

What is seen follows from the viewport (`view_models/viewport.py`); this file turns that into canvas
items: rows that stay are moved, rows that look different are drawn anew, the rest is left alone.
"""

import tkinter as tk
from collections.abc import Callable, Sequence
from typing import Final

from desktop_chat.i18n.translation import _
from desktop_chat.view_models.line_breaking import Kind
from desktop_chat.view_models.links import find_links
from desktop_chat.view_models.message_layout import Box, LayoutCache, RowLayout, offset_at
from desktop_chat.view_models.message_list import Change, Changed, Inserted, MessageList, Removed
from desktop_chat.view_models.message_rows import MessageRow
from desktop_chat.view_models.selection import Place, Selection, selected_text
from desktop_chat.view_models.viewport import Viewport
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.message_drawing import TICK_SIZE, Appearance, RowPainter
from desktop_chat.widgets.rounded_box import BoxStyle, draw_rounded_box
from desktop_chat.widgets.scrollbar import ThinScrollbar

# Older messages are asked for before the person reaches the first one.
_ROWS_AHEAD: Final = 20


class _DrawnRow:
    """A row on the canvas: what it looks like and where it is."""

    __slots__ = ("appearance", "tag", "top")

    def __init__(self, appearance: Appearance, tag: str, top: int) -> None:
        self.appearance = appearance
        self.tag = tag
        self.top = top


class MessageListView(tk.Frame):
    """Shows a `MessageList`. `on_older()` asks for older messages, `on_seen()` says the end is seen."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        on_older: Callable[[], None],
        on_end_seen: Callable[[], None],
    ) -> None:
        super().__init__(parent, background=look.palette.window)
        self.look = look
        self.model: MessageList | None = None
        self.selection: Selection | None = None
        self.focused_row: int | None = None
        self._on_older = on_older
        self._on_end_seen = on_end_seen
        self._layouts = LayoutCache(look.measures)
        self._drawn: dict[int, _DrawnRow] = {}
        self._next_tag = 0
        self._is_refresh_due = False
        self._asked_below: int | None = None
        self.canvas = tk.Canvas(
            self,
            background=look.palette.window,
            highlightthickness=0,
            borderwidth=0,
            takefocus=True,
            xscrollincrement=1,
            yscrollincrement=1,
        )
        self.canvas.pack(fill="both", expand=True)
        self._painter = RowPainter(self.canvas, look)
        self.scrollbar = ThinScrollbar(self, look, look.palette.window, self._scroll_to_share)
        self.viewport = Viewport(self._row_count, self.row_height)
        self.viewport.padding_bottom = look.pixels(12)
        self._make_down_button()
        self.canvas.bind("<Configure>", self._resized)

    def show(self, model: MessageList) -> None:
        """Show a conversation from its end, or from its first new message."""
        self.model = model
        self.selection = self.focused_row = self._asked_below = None
        self._forget_drawn()
        self.viewport.scroll_to_end()
        self.refresh_soon()

    def apply(self, changes: Sequence[Change]) -> None:
        """The model changed: keep what is seen where it is, redraw what is different."""
        for change in changes:
            if isinstance(change, Inserted):
                self._renumber(change.at, change.count)
                self.viewport.rows_inserted(change.at, change.count)
            elif isinstance(change, Removed):
                self._forget_rows(change.at, change.count)
                self.viewport.rows_removed(change.at, change.count)
            else:
                assert isinstance(change, Changed)
        if changes:
            self.refresh_soon()

    def select(self, selection: Selection | None) -> None:
        """Select a part of the conversation."""
        self.selection = selection if selection and not selection.is_empty else None
        self.refresh_soon()

    def focus_row(self, row: int | None) -> None:
        """Put the keyboard's focus on a message."""
        self.focused_row = row
        if row is not None:
            self.viewport.show_row(row)
        self.refresh_soon()

    def chosen_text(self) -> str:
        """What Ctrl+C copies: the selection, else the message that has the focus."""
        if self.model is None:
            return ""
        if self.selection is not None:
            return selected_text(self.selection, self.model.text_of)
        if self.focused_row is not None:
            return self.model.text_of(self.focused_row)[1]
        return ""

    def copy(self) -> None:
        """Put what is chosen into the clipboard."""
        text = self.chosen_text()
        if text:
            self.clipboard_clear()
            self.clipboard_append(text)

    def scroll_by(self, pixels: int) -> None:
        """Scroll down (positive) or up."""
        self.viewport.scroll_by(pixels)
        self.refresh_soon()

    def scroll_to_end(self) -> None:
        """Show the newest message."""
        self.viewport.scroll_to_end()
        self.refresh_soon()

    def row_at(self, y: int) -> tuple[int, int, MessageRow, RowLayout] | None:
        """The row at a height of the view: number, top, what it shows and where."""
        if self.model is None:
            return None
        for number, top in self.viewport.visible():
            if top <= y < top + self.row_height(number):
                row = self.model.row(number)
                return number, top, row, self._layout(row)
        return None

    def place_at(self, x: int, y: int) -> Place | None:
        """The place in the conversation nearest to a point: a row and an offset in its text."""
        if self.model is None or not len(self.model):
            return None
        found = self.row_at(y)
        if found is None:
            return (0, 0) if y < 0 else (len(self.model) - 1, len(self.model.text_of(len(self.model) - 1)[1]))
        number, top, row, layout = found
        return number, offset_at(layout, row, x, y - top, self.look.measures)

    def link_at(self, x: int, y: int) -> str:
        """The link under a point, or nothing."""
        found = self.row_at(y)
        if found is None:
            return ""
        _number, top, row, layout = found
        line_number = (y - top - layout.text_top) // layout.line_height
        if not 0 <= line_number < len(layout.lines):
            return ""
        for piece in layout.lines[line_number].pieces:
            left = layout.text_left + piece.x
            if piece.kind is Kind.LINK and left <= x < left + piece.width:
                spans = find_links(row.text)
                return next(
                    (row.text[a:b] for a, b in spans if a <= piece.start < b), ""
                )  # fmt: skip
        return ""

    def is_over_meta(self, layout: RowLayout, x: int, y: int) -> bool:
        """Whether a point of a row is over its time and ticks (y from the row's top)."""
        reach = self.look.pixels(TICK_SIZE)
        left = layout.time_right - self.look.pixels(40)
        return abs(y - layout.time_middle) <= reach and left <= x <= layout.tick_right

    def row_height(self, number: int) -> int:
        """The height of a row at the present width."""
        assert self.model is not None
        return self._layout(self.model.row(number)).height

    def refresh_soon(self) -> None:
        """Draw once when the present work is done, however much changed."""
        if not self._is_refresh_due:
            self._is_refresh_due = True
            self.after_idle(self._refresh_when_idle)

    def refresh(self) -> None:
        """Bring the canvas up to date now."""
        self._is_refresh_due = False
        if self.model is None or self.canvas.winfo_width() <= 1:
            return
        self._sync_rows(self.model)
        self._draw_empty_state()
        self._show_scrollbar()
        if self.viewport.anchor_row < _ROWS_AHEAD and self._asked_below != self.model.oldest_index:
            self._asked_below = self.model.oldest_index
            self._on_older()
        if self.viewport.is_at_end:
            self._down_button.place_forget()
            self._on_end_seen()
        else:
            self._down_button.place(
                relx=1.0, rely=1.0, x=-self.look.pixels(24), y=-self.look.pixels(14), anchor="se"
            )

    def ask_older_again(self) -> None:
        """A page of older messages did not come: ask again when they are needed."""
        self._asked_below = None

    def _refresh_when_idle(self) -> None:
        if self._is_refresh_due and self.winfo_exists():
            self.refresh()

    def _sync_rows(self, model: MessageList) -> None:
        visible = self.viewport.visible()
        numbers = {number for number, _top in visible}
        for number in [known for known in self._drawn if known not in numbers]:
            self.canvas.delete(self._drawn.pop(number).tag)
        for number, top in visible:
            shown = self._appearance(model, number)
            drawn = self._drawn.get(number)
            if drawn is not None and drawn.appearance == shown:
                if drawn.top != top:
                    self.canvas.move(drawn.tag, 0, top - drawn.top)
                    drawn.top = top
                continue
            if drawn is not None:
                self.canvas.delete(drawn.tag)
            tag = f"row{self._next_tag}"
            self._next_tag += 1
            self._painter.draw(shown, self._layout(shown.row), top, tag)
            self._drawn[number] = _DrawnRow(shown, tag, top)

    def _appearance(self, model: MessageList, number: int) -> Appearance:
        row = model.row(number)
        selected = self.selection.part_of(number, len(row.text)) if self.selection else None
        has_focus = number == self.focused_row and self.focus_get() == self.canvas
        return Appearance(row, self.canvas.winfo_width(), selected, has_focus)

    def _draw_empty_state(self) -> None:
        self.canvas.delete("empty")
        if self.model is None or len(self.model):
            return
        look, width = self.look, self.canvas.winfo_width()
        middle = self.canvas.winfo_height() // 2 - look.pixels(30)
        icon = look.pictures.icon("chat", look.pixels(56), look.palette.line)
        self.canvas.create_image(width // 2, middle, image=icon, tags="empty")
        texts = (
            (_("No messages yet"), "title", look.palette.text, 54),
            (_("Say hello: everybody in this room will see it."), "subtitle", look.palette.text_faint, 80),
        )  # fmt: skip
        for text, role, colour, below in texts:
            self.canvas.create_text(
                width // 2, middle + look.pixels(below), text=text, font=look.fonts[role],
                fill=colour, tags="empty",
            )  # fmt: skip

    def _show_scrollbar(self) -> None:
        self.scrollbar.show(*self.viewport.thumb())
        if self.scrollbar.is_needed:
            self.scrollbar.place(relx=1.0, x=0, y=0, anchor="ne", relheight=1.0)
        else:
            self.scrollbar.place_forget()

    def _make_down_button(self) -> None:
        look, size = self.look, self.look.pixels(36)
        palette = look.palette
        self._down_button = tk.Canvas(
            self, width=size, height=size, highlightthickness=0, borderwidth=0,
            background=palette.window, cursor="hand2", takefocus=False,
        )  # fmt: skip
        style = BoxStyle(palette.window, palette.window, 18, palette.line)
        draw_rounded_box(self._down_button, look, Box(0, 0, size, size), style, "ground")
        icon = look.pictures.icon("down", look.pixels(18), palette.text_faint)
        self._down_button.create_image(size // 2, size // 2 + look.pixels(1), image=icon)
        self._down_button.bind("<ButtonPress-1>", lambda _event: self.scroll_to_end())

    def _layout(self, row: MessageRow) -> RowLayout:
        return self._layouts.layout(row, self.canvas.winfo_width())

    def _row_count(self) -> int:
        return len(self.model) if self.model is not None else 0

    def _scroll_to_share(self, share: float) -> None:
        self.viewport.scroll_to_share(share)
        self.refresh()

    def _resized(self, event: "tk.Event[tk.Misc]") -> None:
        self.viewport.resize(event.height)
        self.refresh()

    def _forget_drawn(self) -> None:
        self.canvas.delete("all")
        self._drawn.clear()

    def _forget_rows(self, at: int, count: int) -> None:
        for number in [known for known in self._drawn if at <= known < at + count]:
            self.canvas.delete(self._drawn.pop(number).tag)
        self._drawn = {
            number - count if number >= at else number: drawn for number, drawn in self._drawn.items()
        }
        self.selection = None
        if self.focused_row is not None and self.focused_row >= at:
            self.focused_row = None

    def _renumber(self, at: int, count: int) -> None:
        """Rows were inserted: what is drawn keeps its items under a new number."""
        self._drawn = {
            number + count if number >= at else number: drawn for number, drawn in self._drawn.items()
        }
        if self.selection is not None:
            self.selection = self.selection.moved(at, count)
        if self.focused_row is not None and self.focused_row >= at:
            self.focused_row += count
