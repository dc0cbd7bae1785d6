"""The keyboard in the message list: moving, selecting, copying, opening."""

import tkinter as tk
from collections.abc import Callable

from desktop_chat.view_models.links import find_links
from desktop_chat.widgets.message_list import MessageListView
from desktop_chat.widgets.message_pointer import MessagePointer


class MessageKeys:
    """Binds the keys. `on_typing(text)` takes what is typed here into the composer."""

    def __init__(
        self,
        view: MessageListView,
        pointer: MessagePointer,
        on_link: Callable[[str], None],
        on_typing: Callable[[str], None],
    ) -> None:
        self._view = view
        self._pointer = pointer
        self._on_link = on_link
        self._on_typing = on_typing
        canvas = view.canvas
        moves = {"<Up>": -1, "<Down>": 1}
        for sequence, step in moves.items():
            canvas.bind(sequence, lambda _event, step=step: self._move_focus(step))  # type: ignore[misc]
        for sequence, pages in {"<Prior>": -0.9, "<Next>": 0.9}.items():
            canvas.bind(sequence, lambda _event, pages=pages: self._page(pages))  # type: ignore[misc]
        canvas.bind("<Home>", lambda _event: self._first())
        canvas.bind("<End>", lambda _event: view.scroll_to_end())
        canvas.bind("<Control-a>", lambda _event: pointer.select_all())
        canvas.bind("<Control-c>", lambda _event: view.copy())
        canvas.bind("<Return>", lambda _event: self._open_link())
        canvas.bind("<Menu>", lambda _event: self._context_menu())
        canvas.bind("<Shift-F10>", lambda _event: self._context_menu())
        canvas.bind("<Escape>", lambda _event: self._back_out())
        canvas.bind("<FocusIn>", lambda _event: view.refresh_soon())
        canvas.bind("<FocusOut>", lambda _event: view.refresh_soon())
        canvas.bind("<Key>", self._typed)

    def _move_focus(self, step: int) -> None:
        count = len(self._view.model) if self._view.model is not None else 0
        if count == 0:
            return
        current = self._view.focused_row
        row = count - 1 if current is None else min(max(0, current + step), count - 1)
        self._view.select(None)
        self._view.focus_row(row)

    def _page(self, pages: float) -> None:
        self._view.scroll_by(round(self._view.canvas.winfo_height() * pages))

    def _first(self) -> None:
        self._view.viewport.scroll_to_row(0)
        self._view.refresh_soon()

    def _open_link(self) -> None:
        if self._view.focused_row is not None and self._view.model is not None:
            text = self._view.model.text_of(self._view.focused_row)[1]
            for start, end in find_links(text)[:1]:
                self._on_link(text[start:end])

    def _context_menu(self) -> None:
        canvas = self._view.canvas
        self._pointer.open_menu(
            canvas.winfo_rootx() + canvas.winfo_width() // 2,
            canvas.winfo_rooty() + canvas.winfo_height() // 2,
        )

    def _back_out(self) -> None:
        self._view.focused_row = None
        self._view.select(None)
        self._on_typing("")

    def _typed(self, event: "tk.Event[tk.Misc]") -> None:
        """A letter typed over the messages is meant for the composer."""
        held = event.state if isinstance(event.state, int) else 0
        control_or_alt = 0x4 | 0x8
        if event.char and event.char.isprintable() and not held & control_or_alt:
            self._on_typing(event.char)
