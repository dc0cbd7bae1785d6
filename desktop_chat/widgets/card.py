"""A rounded card that is as large as what lies in it."""

import tkinter as tk
from typing import Final

from desktop_chat.view_models.message_layout import Box
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.rounded_box import BoxStyle, draw_rounded_box

_RADIUS: Final = 14


class Card(tk.Canvas):
    """Put widgets into `inner`."""

    def __init__(self, parent: tk.Misc, look: Look, margin_x: int, margin_y: int) -> None:
        behind = str(parent.cget("background"))
        super().__init__(parent, background=behind, highlightthickness=0, borderwidth=0, takefocus=False)
        self._look = look
        self._behind = behind
        self._margins = (look.pixels(margin_x), look.pixels(margin_y))
        self.inner = tk.Frame(self, background=look.palette.window)
        self.create_window(*self._margins, window=self.inner, anchor="nw")
        self.inner.bind("<Configure>", self._fit)

    def _fit(self, event: "tk.Event[tk.Misc]") -> None:
        look = self._look
        width, height = event.width + 2 * self._margins[0], event.height + 2 * self._margins[1]
        self.configure(width=width, height=height)
        self.delete("ground")
        style = BoxStyle(look.palette.window, self._behind, _RADIUS, look.palette.line)
        draw_rounded_box(self, look, Box(0, 0, width, height), style, "ground")
        self.tag_lower("ground")
