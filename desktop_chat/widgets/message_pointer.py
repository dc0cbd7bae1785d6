"""The mouse over the message list: selecting, links, tooltips, the wheel and the context menu."""

import sys
import tkinter as tk
from collections.abc import Callable
from typing import Final

from desktop_chat.i18n.translation import _
from desktop_chat.view_models.selection import Place, Selection, word_at
from desktop_chat.view_models.ticks import tick_words
from desktop_chat.view_models.time_texts import local_time, moment_text
from desktop_chat.widgets.menus import styled_menu
from desktop_chat.widgets.message_list import MessageListView
from desktop_chat.widgets.tooltip import Tooltip

_AUTOSCROLL_MS: Final = 30
_WHEEL_PIXELS: Final = 54
_DRAG_PIXELS: Final = 3


class MessagePointer:
    """Binds the mouse. `on_link(target)` is called for a clicked link."""

    def __init__(self, view: MessageListView, on_link: Callable[[str], None]) -> None:
        self._view = view
        self._on_link = on_link
        self._tooltip = Tooltip(view.canvas, view.look)
        self._origin: Place | None = None
        self._pressed_at = (0, 0)
        self._pointer = (0, 0)
        self._autoscroll: str | None = None
        canvas = view.canvas
        canvas.bind("<ButtonPress-1>", self._press)
        canvas.bind("<Double-ButtonPress-1>", self._double_press)
        canvas.bind("<Triple-ButtonPress-1>", self._triple_press)
        canvas.bind("<Shift-ButtonPress-1>", self._extend)
        canvas.bind("<B1-Motion>", self._drag)
        canvas.bind("<ButtonRelease-1>", self._release)
        canvas.bind("<Motion>", self._move)
        canvas.bind("<ButtonPress-3>", self._menu)
        canvas.bind("<Destroy>", lambda _event: self._stop_autoscroll(), add=True)
        bind_wheel(canvas, lambda steps: view.scroll_by(round(steps * view.look.pixels(_WHEEL_PIXELS))))

    @property
    def tooltip_text(self) -> str:
        """The words of the tooltip that is shown or about to be."""
        return self._tooltip.text

    def _press(self, event: "tk.Event[tk.Misc]") -> None:
        self._view.canvas.focus_set()
        self._pressed_at = (event.x, event.y)
        self._origin = self._view.place_at(event.x, event.y)
        self._view.focused_row = None
        self._view.select(None)

    def _double_press(self, event: "tk.Event[tk.Misc]") -> None:
        place = self._view.place_at(event.x, event.y)
        if place is not None and self._view.model is not None:
            start, end = word_at(self._view.model.text_of(place[0])[1], place[1])
            self._origin = (place[0], start)
            self._view.select(Selection(self._origin, (place[0], end)))

    def _triple_press(self, event: "tk.Event[tk.Misc]") -> None:
        place = self._view.place_at(event.x, event.y)
        if place is not None and self._view.model is not None:
            self._origin = (place[0], 0)
            end = len(self._view.model.text_of(place[0])[1])
            self._view.select(Selection(self._origin, (place[0], end)))

    def _extend(self, event: "tk.Event[tk.Misc]") -> None:
        place = self._view.place_at(event.x, event.y)
        if self._origin is not None and place is not None:
            self._view.select(Selection(self._origin, place))

    def _drag(self, event: "tk.Event[tk.Misc]") -> None:
        self._pointer = (event.x, event.y)
        moved = abs(event.x - self._pressed_at[0]) + abs(event.y - self._pressed_at[1])
        if self._origin is None or moved < self._view.look.pixels(_DRAG_PIXELS):
            return
        self._select_to_pointer()
        is_outside = not 0 <= event.y < self._view.canvas.winfo_height()
        if is_outside and self._autoscroll is None:
            self._autoscroll_step()
        elif not is_outside:
            self._stop_autoscroll()

    def _select_to_pointer(self) -> None:
        height = self._view.canvas.winfo_height()
        x, y = self._pointer
        place = self._view.place_at(x, min(max(0, y), height - 1))
        if self._origin is not None and place is not None:
            self._view.select(Selection(self._origin, place))

    def _autoscroll_step(self) -> None:
        """The mouse is held outside: scroll towards it, the faster the farther it is."""
        height = self._view.canvas.winfo_height()
        y = self._pointer[1]
        distance = y if y < 0 else y - height
        self._view.scroll_by(max(-60, min(60, distance)))
        self._select_to_pointer()
        self._autoscroll = self._view.after(_AUTOSCROLL_MS, self._autoscroll_step)

    def _stop_autoscroll(self) -> None:
        if self._autoscroll is not None:
            self._view.after_cancel(self._autoscroll)
            self._autoscroll = None

    def _release(self, event: "tk.Event[tk.Misc]") -> None:
        self._stop_autoscroll()
        if self._view.selection is None:
            link = self._view.link_at(event.x, event.y)
            if link:
                self._on_link(link)

    def _move(self, event: "tk.Event[tk.Misc]") -> None:
        link = self._view.link_at(event.x, event.y)
        self._view.canvas.configure(cursor="hand2" if link else self._cursor(event))
        self._tooltip.show(link or self._meta_words(event), event.x_root, event.y_root)

    def _cursor(self, event: "tk.Event[tk.Misc]") -> str:
        found = self._view.row_at(event.y)
        if found is None:
            return ""
        _number, top, _row, layout = found
        box = layout.bubble
        is_inside = box.left <= event.x < box.right and box.top <= event.y - top < box.bottom
        return "xterm" if is_inside else ""

    def _meta_words(self, event: "tk.Event[tk.Misc]") -> str:
        """The tick in words, and the whole date."""
        found = self._view.row_at(event.y)
        if found is None or self._view.model is None:
            return ""
        number, top, row, layout = found
        if not self._view.is_over_meta(layout, event.x, event.y - top):
            return ""
        moment = moment_text(local_time(self._view.model.message(number).time_ms))
        return f"{tick_words(row.tick)}\n{moment}" if row.tick else moment

    def _menu(self, event: "tk.Event[tk.Misc]") -> None:
        if self._view.selection is None:
            found = self._view.row_at(event.y)
            self._view.focus_row(found[0] if found else None)
            self._view.canvas.focus_set()
        self.open_menu(event.x_root, event.y_root, self._view.link_at(event.x, event.y))

    def open_menu(self, x_root: int, y_root: int, link: str = "") -> None:
        """The context menu at a point of the screen."""
        menu = self.build_menu(link)
        try:
            menu.tk_popup(x_root, y_root)
        finally:
            menu.grab_release()

    def build_menu(self, link: str = "") -> tk.Menu:
        """The entries that do something here."""
        look = self._view.look
        menu = styled_menu(self._view, look)
        if self._view.chosen_text():
            menu.add_command(label=_("Copy"), accelerator="Ctrl+C", command=self._view.copy)
        if link:
            menu.add_command(label=_("Open link…"), command=lambda: self._on_link(link))
            menu.add_command(label=_("Copy link"), command=lambda: self._copy_text(link))
        menu.add_command(label=_("Select all"), accelerator="Ctrl+A", command=self.select_all)
        return menu

    def select_all(self) -> None:
        """Select the whole conversation as far as it is here."""
        model = self._view.model
        if model is not None and len(model):
            last = len(model) - 1
            self._view.select(Selection((0, 0), (last, len(model.text_of(last)[1]))))

    def _copy_text(self, text: str) -> None:
        self._view.clipboard_clear()
        self._view.clipboard_append(text)


def bind_wheel(widget: tk.Misc, on_steps: Callable[[float], None]) -> None:
    """Call with the steps of the mouse wheel: positive is down."""
    if sys.platform == "darwin":
        widget.bind("<MouseWheel>", lambda event: on_steps(-event.delta))
    else:
        widget.bind("<MouseWheel>", lambda event: on_steps(-event.delta / 120))
    # X11 tells the wheel as two buttons.
    widget.bind("<ButtonPress-4>", lambda _event: on_steps(-1))
    widget.bind("<ButtonPress-5>", lambda _event: on_steps(1))
