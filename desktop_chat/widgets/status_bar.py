"""The status bar: the connection on the left, the archive's counters and both servers on the right.

Every part explains itself in a tooltip; a click opens the details.
"""

import tkinter as tk
from collections.abc import Callable

from desktop_chat.view_models.status_bar import StatusBar
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.tooltip import Tooltip


class StatusBarView(tk.Canvas):
    """Shows a `StatusBar`. `on_details` is called by a click, Space or Return."""

    def __init__(self, parent: tk.Misc, look: Look, on_details: Callable[[], None]) -> None:
        super().__init__(
            parent, height=look.pixels(33), background=look.palette.window, highlightthickness=0,
            borderwidth=0, cursor="hand2", takefocus=True,
        )  # fmt: skip
        self._look = look
        self._bar: StatusBar | None = None
        self._regions: list[tuple[int, int, str]] = []
        self._texts: list[tuple[int, str]] = []
        self._tooltip = Tooltip(self, look)
        self.bind("<Configure>", lambda _event: self._draw())
        self.bind("<Motion>", self._explain)
        for sequence in ("<ButtonRelease-1>", "<space>", "<Return>"):
            self.bind(sequence, lambda _event: on_details())
        self.bind("<FocusIn>", lambda _event: self._draw())
        self.bind("<FocusOut>", lambda _event: self._draw())

    @property
    def tooltip_text(self) -> str:
        """The words of the tooltip that is shown or about to be."""
        return self._tooltip.text

    def show(self, bar: StatusBar) -> None:
        """Show another state; equal ones cost nothing."""
        if bar != self._bar:
            self._bar = bar
            self._draw()

    def shown_texts(self) -> list[str]:
        """The texts on the bar from left to right."""
        return [text for _left, text in sorted(self._texts)]

    def _draw(self) -> None:
        self.delete("all")
        self._regions, self._texts = [], []
        if self._bar is None or self.winfo_width() <= 1:
            return
        look = self._look
        gap = look.pixels(22)
        x = self._draw_connection(self._bar, look.pixels(17))
        self._regions.append((0, x, self._bar.connection_words))
        right = self.winfo_width() - look.pixels(15)
        left = self._draw_servers(self._bar, right)
        self._regions.append((left, right, self._bar.servers_words))
        archive_right = left - gap
        if self._bar.archive and archive_right - self._measure(self._bar.archive) > x:
            left = self._text(self._bar.archive, archive_right, look.palette.text_faint)
            self._regions.append((left, archive_right, self._bar.archive_words))
        if self.focus_get() is self:
            self.create_rectangle(
                look.pixels(8), look.pixels(4), self.winfo_width() - look.pixels(8),
                self.winfo_height() - look.pixels(4), outline=look.palette.accent_text,
            )  # fmt: skip

    def _draw_connection(self, bar: StatusBar, x: int) -> int:
        look, palette = self._look, self._look.palette
        colour = {"good": palette.good, "warning": palette.warning, "bad": palette.bad}[bar.mood]
        self._dot(x, colour)
        x += look.pixels(17)
        width = self._measure(bar.connection)
        self._text(bar.connection, x + width, palette.text_faint)
        return x + width

    def _draw_servers(self, bar: StatusBar, right: int) -> int:
        """From the right: dots and names of the servers, and the words when one is away."""
        look, palette = self._look, self._look.palette
        x = right
        for server in reversed(bar.servers):
            colour = palette.absent
            if server.is_up is not None:
                colour = palette.good if server.is_up else palette.warning
            x -= look.pixels(8)
            self._dot(x, colour)
            x = self._text(server.name, x - look.pixels(5), palette.text_faint) - look.pixels(12)
        if bar.pair:
            x = self._text(bar.pair, x, palette.text_faint) - look.pixels(12)
        return x + look.pixels(12) if bar.servers else x

    def _dot(self, x: int, colour: str) -> None:
        picture = self._look.pictures.disc(self._look.pixels(8), colour, self._look.palette.window)
        self.create_image(x, self._middle(), image=picture, anchor="w")

    def _text(self, text: str, right: int, colour: str) -> int:
        """Draw a text that ends at `right`; gives where it begins."""
        self.create_text(
            right, self._middle(), text=text, font=self._look.fonts["status"], fill=colour, anchor="e"
        )
        left = right - self._measure(text)
        self._texts.append((left, text))
        return left

    def _measure(self, text: str) -> int:
        return self._look.fonts["status"].measure(text)

    def _middle(self) -> int:
        return self._look.pixels(17)

    def _explain(self, event: "tk.Event[tk.Misc]") -> None:
        words = next((words for left, right, words in self._regions if left <= event.x <= right), "")
        self._tooltip.show(words, event.x_root, event.y_root)
