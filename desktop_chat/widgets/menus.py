"""Menus in the window's own colours."""

import tkinter as tk

from desktop_chat.widgets.look import Look


def styled_menu(parent: tk.Misc, look: Look) -> tk.Menu:
    """An empty pop-up menu."""
    palette = look.palette
    return tk.Menu(
        parent,
        tearoff=False,
        font=look.fonts["subtitle"],
        background=palette.hovered,
        foreground=palette.text,
        activebackground=palette.accent,
        activeforeground=palette.text_on_accent,
        selectcolor=palette.text,
        borderwidth=look.pixels(3),
        # The only way to give the entries of a Tk menu some room.
        activeborderwidth=look.pixels(4),
        relief="flat",
    )
