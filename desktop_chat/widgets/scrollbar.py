"""A thin scrollbar: a rounded thumb on the ground of its list, wider under the mouse."""

import tkinter as tk
from collections.abc import Callable
from typing import Final

from desktop_chat.widgets.look import Look

_THUMB_SHARE_MIN: Final = 0.06


class ThinScrollbar(tk.Canvas):
    """Shows which share of the rows is seen. `on_move(share)` is called while it is dragged."""

    def __init__(self, parent: tk.Misc, look: Look, ground: str, on_move: Callable[[float], None]) -> None:
        super().__init__(
            parent, width=look.pixels(10), highlightthickness=0, borderwidth=0, background=ground,
            takefocus=False,
        )  # fmt: skip
        self._look = look
        self._on_move = on_move
        self._first, self._last = 0.0, 1.0
        self._grip: float | None = None
        self._is_hovered = False
        self._thumb = self.create_line(0, 0, 0, 0, capstyle="round", state="hidden")
        self.bind("<ButtonPress-1>", self._press)
        self.bind("<B1-Motion>", self._drag)
        self.bind("<ButtonRelease-1>", self._release)
        self.bind("<Enter>", lambda _event: self._hover(True))
        self.bind("<Leave>", lambda _event: self._hover(False))
        self.bind("<Configure>", lambda _event: self._draw())

    def show(self, first: float, last: float) -> None:
        """Move the thumb."""
        if (first, last) != (self._first, self._last):
            self._first, self._last = first, last
            self._draw()

    @property
    def is_needed(self) -> bool:
        """Whether there is anything beyond what is seen."""
        return self._first > 0 or self._last < 1

    def _ends(self) -> tuple[float, float]:
        """Top and bottom of the thumb: never so small that it cannot be gripped."""
        height = max(1, self.winfo_height())
        size = max(self._last - self._first, _THUMB_SHARE_MIN)
        free = 1 - size
        rest = 1 - (self._last - self._first)
        top = self._first / rest * free if rest > 0 else 0.0
        return top * height, (top + size) * height

    def _draw(self) -> None:
        palette = self._look.palette
        is_busy = self._is_hovered or self._grip is not None
        width = self._look.pixels(7 if is_busy else 5)
        top, bottom = self._ends()
        x = self._look.pixels(10) - self._look.pixels(4)
        half = width / 2 + self._look.pixels(1)
        self.coords(self._thumb, x, top + half, x, max(top + half, bottom - half))
        self.itemconfigure(
            self._thumb,
            width=width,
            fill=palette.scrollbar_hovered if is_busy else palette.scrollbar,
            state="normal" if self.is_needed else "hidden",
        )

    def _hover(self, is_hovered: bool) -> None:
        self._is_hovered = is_hovered
        self._draw()

    def _press(self, event: "tk.Event[tk.Misc]") -> None:
        top, bottom = self._ends()
        # A click beside the thumb brings its middle there.
        self._grip = event.y - top if top <= event.y <= bottom else (bottom - top) / 2
        self._drag(event)

    def _drag(self, event: "tk.Event[tk.Misc]") -> None:
        if self._grip is None:
            return
        top, bottom = self._ends()
        height = max(1, self.winfo_height())
        free = height - (bottom - top)
        share = (event.y - self._grip) / free if free > 0 else 0.0
        rest = 1 - (self._last - self._first)
        self._on_move(min(1.0, max(0.0, share)) * rest)
        self._draw()

    def _release(self, _event: "tk.Event[tk.Misc]") -> None:
        self._grip = None
        self._draw()
