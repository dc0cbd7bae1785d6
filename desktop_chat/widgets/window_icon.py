"""The window's icon in the title bar and the task list."""

import tkinter as tk

from PIL import Image, ImageDraw, ImageTk

from desktop_chat.theme.palette import LIGHT
from desktop_chat.widgets.icons import draw_icon

_SIZES = (64, 32, 16)


def set_window_icon(root: tk.Tk) -> None:
    """Draw it in every size that window managers ask for."""
    photos = [ImageTk.PhotoImage(_draw(size), master=root) for size in _SIZES]
    root.iconphoto(True, *photos)  # type: ignore[arg-type]
    # Tk keeps no reference of its own.
    root.window_icons = photos  # type: ignore[attr-defined]


def _draw(size: int) -> Image.Image:
    side = size * 4
    ground = Image.new("RGBA", (side, side))
    ImageDraw.Draw(ground).rounded_rectangle((0, 0, side - 1, side - 1), side // 4, fill=LIGHT.accent)
    ground = ground.resize((size, size), Image.Resampling.LANCZOS)
    inner = size * 2 // 3
    bubble = draw_icon("chat", inner, LIGHT.text_on_accent)
    ground.alpha_composite(bubble, ((size - inner) // 2, (size - inner) // 2))
    return ground
