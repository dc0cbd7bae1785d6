"""The thin banner above the messages: one sentence and one button; nothing else stops working."""

import tkinter as tk
from collections.abc import Callable

from desktop_chat.view_models.banner import Banner
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.round_button import ButtonColours, RoundButton


class BannerView(tk.Frame):
    """Shows a `Banner`, or nothing. `on_action(name)` is called by its button."""

    def __init__(self, parent: tk.Misc, look: Look, on_action: Callable[[str], None]) -> None:
        super().__init__(parent, background=look.palette.banner)
        self._look = look
        self._on_action = on_action
        self._shown: Banner | None = None
        palette = look.palette
        icon = look.pictures.icon("alert", look.pixels(18), palette.banner_text)
        tk.Label(self, image=icon, background=palette.banner, borderwidth=0).pack(
            side="left", padx=(look.pixels(17), look.pixels(8)), pady=look.pixels(8)
        )
        colours = ButtonColours(
            palette.banner, palette.selected, palette.banner_text, palette.banner, palette.banner_text
        )
        self._button = RoundButton(self, look, colours, self._act, text=" ", height=28, role="label")
        self._button.pack(side="right", padx=look.pixels(12))
        self._label = tk.Label(
            self, font=look.fonts["subtitle"], background=palette.banner,
            foreground=palette.banner_text, anchor="w", justify="left", borderwidth=0,
        )  # fmt: skip
        self._label.pack(side="left", fill="both", expand=True)
        self._label.bind("<Configure>", lambda event: self._label.configure(wraplength=event.width))

    @property
    def text(self) -> str:
        """The sentence that is shown."""
        return self._shown.text if self._shown else ""

    def show(self, banner: Banner | None) -> None:
        """Show another banner, or none."""
        if banner == self._shown:
            return
        self._shown = banner
        if banner is not None:
            self._label.configure(text=banner.text)
            self._button.set_text(banner.action_label)

    def _act(self) -> None:
        if self._shown is not None and self._shown.action:
            self._on_action(self._shown.action)
