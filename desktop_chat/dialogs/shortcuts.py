"""The sheet of keyboard shortcuts (F1)."""

import tkinter as tk
from collections.abc import Callable

from desktop_chat.dialogs.dialog import Dialog
from desktop_chat.i18n.translation import _
from desktop_chat.widgets.look import Look


def shortcuts() -> list[tuple[str, str]]:
    """Keys and what they do."""
    return [
        ("Enter", _("Send the message")),
        ("Shift+Enter", _("Begin a new line")),
        ("Alt+↑ / Alt+↓", _("Conversation above or below")),
        ("↑ / ↓", _("Go from message to message (in the messages)")),
        ("Ctrl+C", _("Copy the selection or the message")),
        ("Ctrl+A", _("Select all")),
        ("Page ↑ / Page ↓", _("Scroll the messages")),
        ("Ctrl++ / Ctrl+- / Ctrl+0", _("Larger, smaller, as it was")),
        ("Tab", _("Go to the next part of the window")),
        ("Esc", _("Back to writing")),
        ("F1", _("These shortcuts")),
    ]


class ShortcutsDialog(Dialog):
    """Shows the shortcuts in two columns."""

    def __init__(self, parent: tk.Misc, look: Look, on_closed: Callable[[], None]) -> None:
        super().__init__(parent, look, _("Keyboard shortcuts"), on_closed)
        self.add_text(_("Keyboard shortcuts"), "title")
        table = tk.Frame(self.body, background=look.palette.window)
        table.pack(fill="x")
        for number, (keys, words) in enumerate(shortcuts()):
            for column, text, role in ((0, keys, "label"), (1, words, "subtitle")):
                label = tk.Label(
                    table, text=text, font=look.fonts[role], background=look.palette.window,
                    foreground=look.palette.text, anchor="w",
                )  # fmt: skip
                label.grid(
                    row=number, column=column, sticky="w", padx=(0, look.pixels(24)), pady=look.pixels(3)
                )
        close = self.add_button(_("Close"), self.close, is_main=True)
        self.open(close)
