"""The header above the messages: the room, how many people are there, who they are, and the menu."""

import tkinter as tk
from collections.abc import Callable

from desktop_chat.i18n.translation import _
from desktop_chat.view_models.header import Header
from desktop_chat.widgets.avatars import draw_avatar
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.round_button import RoundButton, quiet_colours
from desktop_chat.widgets.text_line import draw_text_line
from desktop_chat.widgets.tooltip import Tooltip


class HeaderBar(tk.Frame):
    """Shows a `Header`."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        on_people: Callable[[], None],
        on_menu: Callable[[int, int], None],
    ) -> None:
        super().__init__(parent, background=look.palette.window)
        self._look = look
        self._room = ""
        self._header = Header("", "")
        height = look.pixels(64)
        self._line = tk.Frame(self, background=look.palette.line, height=max(1, look.pixels(1)))
        self._line.pack(side="bottom", fill="x")
        colours = quiet_colours(look, look.palette.window)
        self._menu = RoundButton(self, look, colours, self._open_menu, icon="menu", height=34)
        self._menu.pack(side="right", padx=(0, look.pixels(18)))
        self._on_menu = on_menu
        people = RoundButton(self, look, colours, on_people, icon="people", height=34)
        people.pack(side="right", padx=look.pixels(2))
        for button, words in ((people, _("People in this room")), (self._menu, _("Menu"))):
            _explain(button, look, words)
        self._canvas = tk.Canvas(
            self, height=height, background=look.palette.window, highlightthickness=0, borderwidth=0
        )
        self._canvas.pack(side="left", fill="both", expand=True)
        self._canvas.bind("<Configure>", lambda _event: self._draw())

    def show(self, room: str, header: Header) -> None:
        """Show another header."""
        if (room, header) != (self._room, self._header):
            self._room, self._header = room, header
            self._draw()

    def _draw(self) -> None:
        look, canvas = self._look, self._canvas
        canvas.delete("all")
        if not self._header.title:
            return
        size = look.pixels(40)
        draw_avatar(
            canvas, look, self._room, self._header.title, (look.pixels(17), look.pixels(12)),
            size=size, behind=look.palette.window, tag="header",
        )  # fmt: skip
        left = look.pixels(69)
        width = max(1, canvas.winfo_width() - left)
        draw_text_line(
            canvas, look, (left, look.pixels(22)), self._header.title, role="title",
            colour=look.palette.text, width_max=width, tag="header",
        )  # fmt: skip
        draw_text_line(
            canvas, look, (left, look.pixels(45)), self._header.subtitle, role="subtitle",
            colour=look.palette.text_faint, width_max=width, tag="header",
        )  # fmt: skip

    def _open_menu(self) -> None:
        button = self._menu
        self._on_menu(button.winfo_rootx(), button.winfo_rooty() + button.winfo_height())


def _explain(button: RoundButton, look: Look, words: str) -> None:
    tooltip = Tooltip(button, look)
    button.bind("<Motion>", lambda event: tooltip.show(words, event.x_root, event.y_root), add=True)
