"""The thin banner above the messages: one sentence and one button; nothing else stops working."""

import tkinter as tk
from collections.abc import Callable

from desktop_chat.view_models.banner import Banner
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.round_button import ButtonColours, RoundButton


class BannerView(tk.Frame):
    """Shows a `Banner`, or nothing. `on_action(name)` is called by its button."""

    def __init__(self, parent: tk.Misc, look: Look, on_action: Callable[[str], None]) -> None:
        super().__init__(parent)
        self._look = look
        self._on_action = on_action
        self._shown: Banner | None = None
        self._label: tk.Label | None = None
        self._button: RoundButton | None = None

    @property
    def text(self) -> str:
        """The sentence that is shown."""
        return self._shown.text if self._shown else ""

    def show(self, banner: Banner | None) -> None:
        """Show another banner, or none."""
        if banner is None or banner == self._shown:
            self._shown = banner
            return
        if self._shown is None or self._shown.mood != banner.mood:
            self._build(banner.mood)
        self._shown = banner
        assert self._label is not None
        assert self._button is not None
        self._label.configure(text=banner.text)
        self._button.set_text(banner.action_label)

    def press(self) -> None:
        """Do what its button does."""
        if self._shown is not None:
            self._on_action(self._shown.action)

    def _build(self, mood: str) -> None:
        """The parts in the colours of a mood."""
        look = self._look
        ground, ink = _colours(look, mood)
        for child in self.winfo_children():
            child.destroy()
        self.configure(background=ground)
        icon = look.pictures.icon("alert", look.pixels(18), ink)
        tk.Label(self, image=icon, background=ground, borderwidth=0).pack(
            side="left", padx=(look.pixels(17), look.pixels(8)), pady=look.pixels(8)
        )
        colours = ButtonColours(ground, look.palette.selected, ink, ground, ink)
        self._button = RoundButton(self, look, colours, self.press, text=" ", height=28, role="label")
        self._button.pack(side="right", padx=look.pixels(12))
        label = self._label = tk.Label(
            self, font=look.fonts["subtitle"], background=ground, foreground=ink, anchor="w",
            justify="left", borderwidth=0, pady=look.pixels(8),
        )  # fmt: skip
        label.pack(side="left", fill="both", expand=True)
        label.bind("<Configure>", lambda event: label.configure(wraplength=event.width))


def _colours(look: Look, mood: str) -> tuple[str, str]:
    palette = look.palette
    return {
        "warning": (palette.banner_warning, palette.banner_warning_text),
        "bad": (palette.banner_bad, palette.banner_bad_text),
        "info": (palette.banner_info, palette.banner_info_text),
    }[mood]
