"""The composer: a rounded field that grows with its text, and the Send button.

Enter sends, Shift+Enter breaks the line.
"""

import tkinter as tk
from collections.abc import Callable
from typing import Final

from desktop_chat.i18n.translation import _
from desktop_chat.view_models.message_layout import Box
from desktop_chat.widgets.emoji_text import EmojiText
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.round_button import RoundButton, accent_colours
from desktop_chat.widgets.rounded_box import BoxStyle, draw_rounded_box

_LINES_MAX: Final = 8


class Composer(tk.Frame):
    """Calls `on_send(text)` with a text that is not blank, and `on_change(text)` when it changes."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        on_send: Callable[[str], None],
        on_change: Callable[[str], None],
    ) -> None:
        super().__init__(parent, background=look.palette.window)
        self._look = look
        self._on_send = on_send
        self._on_change = on_change
        self._line_height = look.pixels(20)
        self._shown_content = ""
        self._button = RoundButton(
            self, look, accent_colours(look, look.palette.window), self.submit,
            text=_("Send"), icon="send", height=32,
        )  # fmt: skip
        self._button.pack(
            side="right", anchor="s", padx=(look.pixels(8), look.pixels(13)), pady=look.pixels(4)
        )
        self._field = tk.Canvas(
            self, highlightthickness=0, borderwidth=0, background=look.palette.window,
            height=self._field_height(1), takefocus=False, cursor="xterm",
        )  # fmt: skip
        self._field.pack(side="left", fill="both", expand=True, padx=(look.pixels(13), 0))
        self.text = EmojiText(self._field, look, look.palette.composer)
        self._window = self._field.create_window(0, 0, window=self.text, anchor="nw")
        self._placeholder = tk.Label(
            self.text, text=_("Write a message"), font=look.fonts["body"],
            background=look.palette.composer, foreground=look.palette.text_faint, padx=0, pady=0,
            borderwidth=0, cursor="xterm",
        )  # fmt: skip
        self._placeholder.bind("<ButtonPress-1>", lambda _event: self.text.focus_set())
        self._bind()
        self._show_placeholder()

    def set_content(self, text: str) -> None:
        """Show a draft."""
        self.text.set_content(text)
        self._changed()

    def content(self) -> str:
        """What stands in the box."""
        return self.text.content()

    def submit(self) -> None:
        """Give what was written away and clear the box at once."""
        text = self.text.content().strip()
        if text:
            self.text.set_content("")
            self._changed()
            self._on_send(text)
        self.text.focus_set()

    def type_text(self, text: str) -> None:
        """Go on typing here."""
        self.text.focus_set()
        if text:
            self.text.insert_text(text)

    def _bind(self) -> None:
        text = self.text
        text.bind("<Return>", self._return)
        text.bind("<KP_Enter>", self._return)
        text.bind("<<Changed>>", lambda _event: self._changed())
        text.bind("<KeyRelease>", lambda _event: self._changed(), add=True)
        text.bind("<ButtonRelease>", lambda _event: self._changed(), add=True)
        text.bind("<FocusIn>", lambda _event: self._draw_field())
        text.bind("<FocusOut>", lambda _event: self._draw_field())
        # Tab leaves the box: a message has no use for it, and the keyboard must get everywhere.
        text.bind("<Tab>", self._leave)
        self._field.bind("<Configure>", lambda _event: self._arrange())
        self._field.bind("<ButtonPress-1>", lambda _event: text.focus_set())

    def _return(self, event: "tk.Event[tk.Misc]") -> str | None:
        held = event.state if isinstance(event.state, int) else 0
        shift = 0x1
        if held & shift:
            self.text.insert_text("\n")
            return "break"
        self.submit()
        return "break"

    def _leave(self, event: "tk.Event[tk.Misc]") -> str:
        following = event.widget.tk_focusNext()
        if following is not None:
            following.focus_set()
        return "break"

    def _changed(self) -> None:
        content = self.text.content()
        self._show_placeholder()
        self._arrange()
        if content != self._shown_content:
            self._shown_content = content
            self._on_change(content)

    def _show_placeholder(self) -> None:
        if self.text.compare("end-1c", "==", "1.0"):
            self._placeholder.place(x=self._look.pixels(2), y=0)
        else:
            self._placeholder.place_forget()

    def _field_height(self, lines: int) -> int:
        return self._look.pixels(20) + lines * self._line_height

    def _arrange(self) -> None:
        """Give the field as many lines as the text takes on the screen."""
        look = self._look
        width = self._field.winfo_width()
        if width <= 1:
            return
        inner = width - look.pixels(28)
        self._field.itemconfigure(self._window, width=inner)
        counted = self.text.count("1.0", "end", "update", "displaylines")
        lines = counted[0] if isinstance(counted, tuple) else int(counted or 1)
        lines = max(1, min(lines, _LINES_MAX))
        height = self._field_height(lines)
        if int(self._field.cget("height")) != height:
            self._field.configure(height=height)
        self._field.coords(self._window, look.pixels(14), look.pixels(10))
        self._field.itemconfigure(self._window, height=lines * self._line_height)
        self._draw_field()

    def _draw_field(self) -> None:
        look, palette = self._look, self._look.palette
        width, height = self._field.winfo_width(), int(self._field.cget("height"))
        if width <= 1:
            return
        has_focus = self.focus_get() is self.text
        edge = palette.accent_text if has_focus else palette.line
        self._field.delete("ground")
        style = BoxStyle(palette.composer, palette.window, 10, edge)
        draw_rounded_box(self._field, look, Box(0, 0, width, height), style, "ground")
        self._field.tag_lower("ground")
