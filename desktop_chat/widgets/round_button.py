"""A rounded button with an icon, words, or both; takes the keyboard like every button."""

import tkinter as tk
from collections.abc import Callable

import msgspec

from desktop_chat.view_models.message_layout import Box
from desktop_chat.widgets.look import Look
from desktop_chat.widgets.rounded_box import BoxStyle, draw_rounded_box


class ButtonColours(msgspec.Struct, frozen=True):
    """Colours of a button at rest and under the mouse."""

    ground: str
    hovered: str
    ink: str
    behind: str
    ring: str


class RoundButton(tk.Canvas):
    """Calls `on_press` when it is clicked, or on Space or Return while it has the focus."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        colours: ButtonColours,
        on_press: Callable[[], None],
        *,
        text: str = "",
        icon: str = "",
        height: int = 32,
        role: str = "button",
        takes_focus: bool = True,
    ) -> None:
        self._look = look
        self._colours = colours
        self._on_press = on_press
        self._text = text
        self._icon = icon
        self._role = role
        self._height = look.pixels(height)
        self._is_hovered = False
        self._is_disabled = False
        super().__init__(
            parent, width=self._width(), height=self._height, background=colours.behind,
            highlightthickness=0, borderwidth=0, cursor="hand2", takefocus=takes_focus,
        )  # fmt: skip
        self.bind("<ButtonRelease-1>", self._released)
        self.bind("<Enter>", lambda _event: self._hover(True))
        self.bind("<Leave>", lambda _event: self._hover(False))
        self.bind("<FocusIn>", lambda _event: self._draw())
        self.bind("<FocusOut>", lambda _event: self._draw())
        self.bind("<space>", lambda _event: self.press())
        self.bind("<Return>", lambda _event: self.press())
        self._draw()

    def press(self) -> str:
        """Do what a click does."""
        if not self._is_disabled:
            self._on_press()
        return "break"

    def set_text(self, text: str) -> None:
        """Show other words."""
        if text != self._text:
            self._text = text
            self.configure(width=self._width())
            self._draw()

    def set_disabled(self, is_disabled: bool) -> None:
        """Take clicks or not."""
        if is_disabled != self._is_disabled:
            self._is_disabled = is_disabled
            self.configure(cursor="" if is_disabled else "hand2")
            self._draw()

    def _width(self) -> int:
        look = self._look
        width = look.fonts[self._role].measure(self._text) if self._text else 0
        if self._icon:
            width += self._icon_size()
        if self._icon and self._text:
            width += look.pixels(6)
        # An icon alone sits in a square.
        return width + 2 * look.pixels(13) if self._text else self._height

    def _icon_size(self) -> int:
        return self._look.pixels(16 if self._text else 20)

    def _draw(self) -> None:
        look, colours = self._look, self._colours
        self.delete("all")
        width, height = self._width(), self._height
        has_focus = self.focus_get() is self
        ground = colours.hovered if self._is_hovered and not self._is_disabled else colours.ground
        edge = colours.ring if has_focus else ""
        style = BoxStyle(ground, colours.behind, 8, edge)
        draw_rounded_box(self, look, Box(0, 0, width, height), style, "ground")
        x = (width - (self._width() - 2 * look.pixels(13))) // 2 if self._text else 0
        ink = look.palette.absent if self._is_disabled else colours.ink
        if self._icon:
            icon = look.pictures.icon(self._icon, self._icon_size(), ink)
            left = x if self._text else (width - self._icon_size()) // 2
            self.create_image(left, height // 2, image=icon, anchor="w")
            x = left + self._icon_size() + look.pixels(6)
        if self._text:
            self.create_text(
                x, height // 2, text=self._text, font=look.fonts[self._role], fill=ink, anchor="w"
            )

    def _hover(self, is_hovered: bool) -> None:
        self._is_hovered = is_hovered
        self._draw()

    def _released(self, event: "tk.Event[tk.Misc]") -> None:
        if 0 <= event.x < self.winfo_width() and 0 <= event.y < self.winfo_height():
            self.press()


def accent_colours(look: Look, behind: str) -> ButtonColours:
    """The main action of its place."""
    palette = look.palette
    return ButtonColours(palette.accent, palette.accent_pressed, palette.text_on_accent, behind, palette.text)


def quiet_colours(look: Look, behind: str) -> ButtonColours:
    """An action that does not call for attention."""
    palette = look.palette
    return ButtonColours(behind, palette.hovered, palette.text, behind, palette.accent_text)


def edged_colours(look: Look, behind: str) -> ButtonColours:
    """An action beside the main one."""
    palette = look.palette
    return ButtonColours(palette.hovered, palette.line, palette.text, behind, palette.accent_text)
