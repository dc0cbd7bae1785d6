"""The left side: the chat's name and who one is in it, and the list of conversations."""

import tkinter as tk
from collections.abc import Callable
from typing import Final

from desktop_chat.widgets.avatars import draw_avatar, draw_presence
from desktop_chat.widgets.conversation_list import ConversationListView
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.text_line import draw_text_line

_WIDTH: Final = 309
_WIDTH_MIN: Final = 190


class Sidebar(tk.Frame):
    """Shows who one is above the conversations."""

    def __init__(self, parent: tk.Misc, look: Look, on_select: Callable[[str], None]) -> None:
        super().__init__(parent, background=look.palette.sidebar, width=look.pixels(_WIDTH))
        self.pack_propagate(False)
        self._look = look
        self._shown = ("", "", "", False)
        self._person = tk.Canvas(
            self, height=look.pixels(64), background=look.palette.sidebar, highlightthickness=0,
            borderwidth=0,
        )  # fmt: skip
        self._person.pack(fill="x")
        self._person.bind("<Configure>", lambda _event: self._draw())
        tk.Frame(self, background=look.palette.line, height=max(1, look.pixels(1))).pack(fill="x")
        self.conversations = ConversationListView(self, look, on_select)
        self.conversations.pack(fill="both", expand=True, pady=(look.pixels(6), 0))

    def set_width(self, window_width: int) -> None:
        """As wide as designed, or less than a third of a narrow window."""
        width = min(self._look.pixels(_WIDTH), max(self._look.pixels(_WIDTH_MIN), window_width * 3 // 10))
        if width != int(self.cget("width")):
            self.configure(width=width)

    def show_person(self, user: str, name: str, chat: str, is_online: bool) -> None:
        """Show who one is, and in which chat."""
        if (user, name, chat, is_online) != self._shown:
            self._shown = (user, name, chat, is_online)
            self._draw()

    def _draw(self) -> None:
        look, canvas, palette = self._look, self._person, self._look.palette
        user, name, chat, is_online = self._shown
        canvas.delete("all")
        if not name:
            return
        place, size = (look.pixels(15), look.pixels(12)), look.pixels(40)
        draw_avatar(canvas, look, user, name, place, size=size, behind=palette.sidebar, tag="person")
        if is_online:
            draw_presence(canvas, look, place, size=size, behind=palette.sidebar, tag="person")
        left = look.pixels(65)
        width = max(1, canvas.winfo_width() - left - look.pixels(12))
        draw_text_line(
            canvas, look, (left, look.pixels(22)), name, role="name_bold", colour=palette.text,
            width_max=width, tag="person",
        )  # fmt: skip
        draw_text_line(
            canvas, look, (left, look.pixels(44)), chat, role="preview", colour=palette.text_faint,
            width_max=width, tag="person",
        )  # fmt: skip
