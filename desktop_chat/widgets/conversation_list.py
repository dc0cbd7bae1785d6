"""The list of conversations on the left: a canvas with one row a room."""

import tkinter as tk
from collections.abc import Callable, Sequence
from typing import Final

from desktop_chat.view_models.conversation_list import ConversationRow
from desktop_chat.view_models.message_layout import Box
from desktop_chat.widgets.avatars import draw_avatar
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.message_pointer import bind_wheel
from desktop_chat.widgets.rounded_box import BoxStyle, draw_rounded_box
from desktop_chat.widgets.scrollbar import ThinScrollbar
from desktop_chat.widgets.text_line import draw_text_line

_ROW: Final = 63
_INSET: Final = 6


class ConversationListView(tk.Frame):
    """Shows rows. `on_select(room)` is called by a click or the arrow keys."""

    def __init__(self, parent: tk.Misc, look: Look, on_select: Callable[[str], None]) -> None:
        super().__init__(parent, background=look.palette.sidebar)
        self._look = look
        self._on_select = on_select
        self._rows: Sequence[ConversationRow] = ()
        self._top = 0
        self._hovered = -1
        self.canvas = tk.Canvas(
            self, background=look.palette.sidebar, highlightthickness=0, borderwidth=0, takefocus=True
        )
        self.canvas.pack(fill="both", expand=True)
        self._scrollbar = ThinScrollbar(self, look, look.palette.sidebar, self._scroll_to_share)
        canvas = self.canvas
        canvas.bind("<Configure>", lambda _event: self._draw())
        canvas.bind("<ButtonPress-1>", self._press)
        canvas.bind("<Motion>", lambda event: self._hover(self._row_at(event.y)))
        canvas.bind("<Leave>", lambda _event: self._hover(-1))
        canvas.bind("<Up>", lambda _event: self.move_selection(-1))
        canvas.bind("<Down>", lambda _event: self.move_selection(1))
        canvas.bind("<FocusIn>", lambda _event: self._draw())
        canvas.bind("<FocusOut>", lambda _event: self._draw())
        bind_wheel(canvas, lambda steps: self._scroll_to(self._top + round(steps * self._row_height)))

    def show(self, rows: Sequence[ConversationRow]) -> None:
        """Show other rows; equal ones cost nothing."""
        if rows != self._rows:
            self._rows = rows
            self._draw()

    def move_selection(self, step: int) -> None:
        """Go to the conversation above or below."""
        places = [number for number, row in enumerate(self._rows) if row.is_selected]
        if not self._rows:
            return
        number = (places[0] if places else 0) + step
        number = min(max(0, number), len(self._rows) - 1)
        self._scroll_in_sight(number)
        self._on_select(self._rows[number].room)

    @property
    def _row_height(self) -> int:
        return self._look.pixels(_ROW)

    def _draw(self) -> None:
        self.canvas.delete("all")
        height = self.canvas.winfo_height()
        if height <= 1:
            return
        total = len(self._rows) * self._row_height
        self._top = max(0, min(self._top, total - height))
        for number, row in enumerate(self._rows):
            top = number * self._row_height - self._top
            if -self._row_height < top < height:
                self._draw_row(number, row, top)
        if total > height > 1:
            self._scrollbar.show(self._top / total, (self._top + height) / total)
            self._scrollbar.place(relx=1.0, x=0, y=0, anchor="ne", relheight=1.0)
        else:
            self._scrollbar.place_forget()

    def _draw_row(self, number: int, row: ConversationRow, top: int) -> None:
        look, palette, canvas = self._look, self._look.palette, self.canvas
        width = canvas.winfo_width()
        behind = palette.sidebar
        if row.is_selected or number == self._hovered:
            behind = palette.selected if row.is_selected else palette.hovered
            has_focus = row.is_selected and self.focus_get() is canvas
            inset = look.pixels(_INSET)
            box = Box(inset, top, width - inset, top + look.pixels(59))
            edge = palette.accent_text if has_focus else ""
            draw_rounded_box(canvas, look, box, BoxStyle(behind, palette.sidebar, 8, edge), "row")
        draw_avatar(
            canvas, look, row.room, row.initial_of, (look.pixels(15), top + look.pixels(9)),
            size=look.pixels(40), behind=behind, tag="row",
        )  # fmt: skip
        right = width - look.pixels(17)
        is_unread = bool(row.badge)
        time_left = right - look.fonts["meta"].measure(row.time_text)
        canvas.create_text(
            right, top + look.pixels(21), text=row.time_text, font=look.fonts["meta"], anchor="e",
            fill=palette.accent_text if is_unread else palette.text_faint,
        )  # fmt: skip
        left = look.pixels(65)
        role = "name_bold" if is_unread or row.is_selected else "name"
        draw_text_line(
            canvas, look, (left, top + look.pixels(21)), row.title, role=role,
            colour=palette.text, width_max=time_left - left - look.pixels(8), tag="row",
        )  # fmt: skip
        preview_right = self._draw_badge(row.badge, right, top + look.pixels(42), behind)
        draw_text_line(
            canvas, look, (left, top + look.pixels(42)), row.preview, role="preview",
            colour=palette.text_faint, width_max=preview_right - left, tag="row",
        )  # fmt: skip

    def _draw_badge(self, badge: str, right: int, middle: int, behind: str) -> int:
        """The unread count; gives where the preview must end."""
        if not badge:
            return right
        look = self._look
        height = look.pixels(20)
        width = max(height, look.fonts["badge"].measure(badge) + look.pixels(13))
        box = Box(right - width, middle - height // 2, right, middle + height - height // 2)
        style = BoxStyle(look.palette.badge, behind, 10)
        draw_rounded_box(self.canvas, look, box, style, "row")
        self.canvas.create_text(
            right - width // 2, middle, text=badge, font=look.fonts["badge"],
            fill=look.palette.text_on_accent,
        )  # fmt: skip
        return right - width - look.pixels(8)

    def _row_at(self, y: int) -> int:
        number = (y + self._top) // self._row_height
        return number if 0 <= number < len(self._rows) else -1

    def _press(self, event: "tk.Event[tk.Misc]") -> None:
        self.canvas.focus_set()
        number = self._row_at(event.y)
        if number >= 0:
            self._on_select(self._rows[number].room)

    def _hover(self, number: int) -> None:
        if number != self._hovered:
            self._hovered = number
            self.canvas.configure(cursor="hand2" if number >= 0 else "")
            self._draw()

    def _scroll_in_sight(self, number: int) -> None:
        top, height = number * self._row_height, self.canvas.winfo_height()
        if top < self._top:
            self._scroll_to(top)
        elif top + self._row_height > self._top + height:
            self._scroll_to(top + self._row_height - height)

    def _scroll_to(self, top: int) -> None:
        self._top = top
        self._draw()

    def _scroll_to_share(self, share: float) -> None:
        self._scroll_to(round(share * len(self._rows) * self._row_height))
