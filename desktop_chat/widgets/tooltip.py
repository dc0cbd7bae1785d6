"""A tooltip: a few words beside the mouse after a short rest."""

import tkinter as tk
from typing import Final

from desktop_chat.widgets.look import Look

_REST_MS: Final = 450
_WIDTH_MAX: Final = 320


class Tooltip:
    """One tooltip for a widget. `show` asks for words (or none) whenever the mouse rests elsewhere."""

    def __init__(self, widget: tk.Misc, look: Look) -> None:
        self._widget = widget
        self._look = look
        self._timer: str | None = None
        self._window: tk.Toplevel | None = None
        self._text = ""
        widget.bind("<Leave>", lambda _event: self.hide(), add=True)
        widget.bind("<ButtonPress>", lambda _event: self.hide(), add=True)
        widget.bind("<Destroy>", lambda _event: self.hide(), add=True)

    @property
    def text(self) -> str:
        """The words that are shown or about to be."""
        return self._text

    def show(self, text: str, x_root: int, y_root: int) -> None:
        """Show these words soon, near a point of the screen; no words hide it."""
        if text == self._text:
            return
        self.hide()
        self._text = text
        if text:
            self._timer = self._widget.after(_REST_MS, self._open, text, x_root, y_root)

    def hide(self) -> None:
        """Take it away."""
        self._text = ""
        if self._timer is not None:
            self._widget.after_cancel(self._timer)
            self._timer = None
        if self._window is not None:
            self._window.destroy()
            self._window = None

    def _open(self, text: str, x_root: int, y_root: int) -> None:
        self._timer = None
        look, palette = self._look, self._look.palette
        window = self._window = tk.Toplevel(self._widget, background=palette.tooltip)
        window.wm_overrideredirect(True)
        label = tk.Label(
            window,
            text=text,
            font=look.fonts["subtitle"],
            background=palette.tooltip,
            foreground=palette.tooltip_text,
            wraplength=look.pixels(_WIDTH_MAX),
            justify="left",
            padx=look.pixels(9),
            pady=look.pixels(5),
        )
        label.pack()
        width, height = label.winfo_reqwidth(), label.winfo_reqheight()
        left = min(max(0, x_root - width // 2), window.winfo_screenwidth() - width)
        top = y_root + look.pixels(18)
        if top + height > window.winfo_screenheight():
            top = y_root - height - look.pixels(8)
        window.wm_geometry(f"+{left}+{top}")
