"""What all dialogs share: a window of its own above the main one, in the same look, closed by Escape."""

import tkinter as tk
from collections.abc import Callable

from desktop_chat.widgets.look import Look
from desktop_chat.widgets.round_button import RoundButton, accent_colours, edged_colours


class Dialog(tk.Toplevel):
    """Fill `body`, add buttons, then call `open`. `on_closed` is called when it goes, however."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        title: str,
        on_closed: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(parent, background=look.palette.window)
        self.withdraw()
        self.title(title)
        self.resizable(False, False)
        self.transient(parent.winfo_toplevel())
        self.look = look
        self._on_closed = on_closed
        margin = look.pixels(24)
        self.body = tk.Frame(self, background=look.palette.window)
        self.body.pack(fill="both", expand=True, padx=margin, pady=(margin, look.pixels(16)))
        self._buttons = tk.Frame(self, background=look.palette.window)
        self._buttons.pack(fill="x", padx=margin, pady=(0, margin))
        self.protocol("WM_DELETE_WINDOW", self.close)
        self.bind("<Escape>", lambda _event: self.close())
        self.bind("<Destroy>", self._destroyed)

    def add_button(self, text: str, on_press: Callable[[], None], *, is_main: bool = False) -> RoundButton:
        """Add a button; the first one stands on the right."""
        window = self.look.palette.window
        colours = accent_colours(self.look, window) if is_main else edged_colours(self.look, window)
        button = RoundButton(self._buttons, self.look, colours, on_press, text=text, height=34)
        button.pack(side="right", padx=(self.look.pixels(8), 0))
        return button

    def add_text(self, text: str, role: str = "subtitle", *, is_faint: bool = False) -> tk.Label:
        """Add a paragraph."""
        palette = self.look.palette
        label = tk.Label(
            self.body,
            text=text,
            font=self.look.fonts[role],
            background=palette.window,
            foreground=palette.text_faint if is_faint else palette.text,
            wraplength=self.look.pixels(420),
            justify="left",
            anchor="w",
        )
        label.pack(fill="x", pady=(0, self.look.pixels(8)))
        return label

    def open(self, focus: tk.Misc | None = None) -> None:
        """Show it in the middle of the main window, with the keyboard's focus."""
        self.update_idletasks()
        owner = self.master.winfo_toplevel()
        left = owner.winfo_rootx() + (owner.winfo_width() - self.winfo_reqwidth()) // 2
        top = owner.winfo_rooty() + (owner.winfo_height() - self.winfo_reqheight()) // 3
        self.geometry(f"+{max(0, left)}+{max(0, top)}")
        self.deiconify()
        self.lift()
        (focus or self).focus_force()

    def close(self) -> None:
        """Take it away."""
        self.destroy()

    def _destroyed(self, event: "tk.Event[tk.Misc]") -> None:
        if event.widget is self:
            self._on_closed()
