"""What stands behind the status bar, in words: the connection, the archive, both servers."""

import tkinter as tk
from collections.abc import Callable

from desktop_chat.dialogs.dialog import Dialog
from desktop_chat.i18n.translation import _
from desktop_chat.view_models.server_details import Detail, ServerDetails
from desktop_chat.widgets.look import Look


class ServerDetailsDialog(Dialog):
    """Shows `ServerDetails`, and follows what happens while it is open."""

    def __init__(
        self, parent: tk.Misc, look: Look, details: ServerDetails, on_closed: Callable[[], None]
    ) -> None:
        super().__init__(parent, look, _("Connection and servers"), on_closed)
        self._shown: ServerDetails | None = None
        self.add_text(_("Connection and servers"), "title")
        self._table = tk.Frame(self.body, background=look.palette.window)
        self._table.pack(fill="x")
        self.show(details)
        close = self.add_button(_("Close"), self.close, is_main=True)
        self.open(close)

    def show(self, details: ServerDetails) -> None:
        """Show another state."""
        if details == self._shown:
            return
        self._shown = details
        for child in self._table.winfo_children():
            child.destroy()
        for number, detail in enumerate(details.rows):
            self._add_row(number, detail)

    def _add_row(self, number: int, detail: Detail) -> None:
        look, palette = self.look, self.look.palette
        for column, text, role, colour in (
            (0, detail.label, "subtitle", palette.text_faint),
            (1, detail.text, "label", palette.text),
        ):
            label = tk.Label(
                self._table, text=text, font=look.fonts[role], background=palette.window,
                foreground=colour, anchor="nw", justify="left", wraplength=look.pixels(300),
            )  # fmt: skip
            label.grid(row=number, column=column, sticky="nw", padx=(0, look.pixels(20)), pady=look.pixels(4))
