"""A field for one line of text, rounded like the composer."""

import tkinter as tk
from collections.abc import Callable

from desktop_chat.view_models.message_layout import Box
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.rounded_box import BoxStyle, draw_rounded_box


class TextField(tk.Canvas):
    """Use `variable` for its text; `on_return` is called by Return."""

    def __init__(
        self, parent: tk.Misc, look: Look, variable: tk.StringVar, on_return: Callable[[], None]
    ) -> None:
        palette = look.palette
        behind = str(parent.cget("background"))
        super().__init__(
            parent, height=look.pixels(40), width=look.pixels(390), background=behind,
            highlightthickness=0, borderwidth=0, takefocus=False, cursor="xterm",
        )  # fmt: skip
        self._look = look
        self._behind = behind
        self._has_mistake = False
        self.entry = tk.Entry(
            self,
            textvariable=variable,
            font=look.fonts["body"],
            background=palette.composer,
            foreground=palette.text,
            insertbackground=palette.text,
            selectbackground=palette.selection_other,
            selectforeground=palette.text,
            insertwidth=look.pixels(2),
            borderwidth=0,
            highlightthickness=0,
            relief="flat",
        )
        self._window = self.create_window(look.pixels(13), look.pixels(20), window=self.entry, anchor="w")
        self.entry.bind("<Return>", lambda _event: on_return())
        self.entry.bind("<Control-a>", self._select_all)
        self.entry.bind("<FocusIn>", lambda _event: self._draw())
        self.entry.bind("<FocusOut>", lambda _event: self._draw())
        self.bind("<ButtonPress-1>", lambda _event: self.entry.focus_set())
        self.bind("<Configure>", lambda _event: self._draw())

    def mark_mistake(self, has_mistake: bool) -> None:
        """Show that what stands here is wrong."""
        self._has_mistake = has_mistake
        self._draw()

    def _draw(self) -> None:
        look, palette = self._look, self._look.palette
        width = self.winfo_width()
        self.itemconfigure(self._window, width=max(1, width - look.pixels(26)))
        edge = palette.accent_text if self.focus_get() is self.entry else palette.line
        if self._has_mistake:
            edge = palette.bad
        self.delete("ground")
        style = BoxStyle(palette.composer, self._behind, 10, edge)
        draw_rounded_box(self, look, Box(0, 0, width, look.pixels(40)), style, "ground")
        self.tag_lower("ground")

    def _select_all(self, _event: "tk.Event[tk.Misc]") -> str:
        self.entry.selection_range(0, "end")
        return "break"
